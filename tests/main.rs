//! Everything that is tested from outside, in one binary: the structure of the checkout, the contracts in all places, and
//! what visitors do, in every topology.
//!
//! A shop in several processes needs the feature `split`: without it, the structure alone is tested.

#![cfg_attr(
    feature = "split",
    expect(
        clippy::unwrap_used,
        reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
    )
)]

mod architecture;
mod environment;

#[cfg(feature = "split")]
mod diverge;
#[cfg(feature = "split")]
mod faults;
#[cfg(feature = "split")]
mod journeys;
#[cfg(feature = "split")]
mod parity;
#[cfg(feature = "split")]
mod support;
