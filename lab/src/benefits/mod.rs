//! What a split may buy: how faults are made and undone, and what is read from what visitors then got.
//!
//! Everything here is either pure or undoes itself: a fault is over when its [`FaultInForce`] is dropped, whatever happens.

mod changes;
mod faults;
mod limits;
mod outcome;

pub(crate) use changes::{Begun, Changes, Copy as CheckoutCopy, Shape};
pub use faults::{FAULTS_VARIABLE, FaultInForce, Faults, Refused};
pub use outcome::{Window, book, goodput, recovered_after};
