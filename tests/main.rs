//! Everything that is tested from outside, in one binary: the structure of the checkout, the contracts in all places, and
//! what visitors do, in every topology.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod architecture;
#[cfg(feature = "split")]
mod diverge;
mod faults;
mod journeys;
#[cfg(feature = "split")]
mod parity;
mod support;
