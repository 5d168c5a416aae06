//! Everything that is tested from outside, in one binary: the structure of the checkout, the contracts in all places, and
//! what visitors do, in every topology.

mod architecture;
mod faults;
mod journeys;
mod support;
