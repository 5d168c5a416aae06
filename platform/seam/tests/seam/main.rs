//! The seam from outside: what must be equal wherever a contract is answered, and what a hop does when things go wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod circumstances;
mod far;
mod going_wrong;
mod parity;
mod probe;
mod refusals;
mod replicas;
mod sealed;
mod strangers;
