//! What the lab needs of the program that it measures: costs and faults of known size, spans, and the program's own part of the ladder.
//!
//! Nothing of this is on any call's way unless a setting under `lab` asks for it.

mod beside_pages;
#[cfg(feature = "lab")]
pub mod delay;
pub mod faults;
#[cfg(feature = "lab")]
mod hops;
#[cfg(feature = "lab")]
pub mod probe;
pub mod spans;

pub use beside_pages::BesidePages;
