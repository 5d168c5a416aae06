//! The boundary between modules: what one may ask of another, and how the question gets there.
//!
//! A [`contract`] is a trait. Callers hold it as `Arc<dyn Inventory>` and cannot tell whether the answer comes from a function
//! call (*here*) or from another process (*at* an address). What must be equal in both, and is proved by the parity tests:
//!
//! - arguments and answers are owned values, so nothing can be shared by accident;
//! - a domain error arrives with its type and fields, as [`Fault::Domain`]; all that can go wrong in between is the closed set
//!   [`Breakdown`], each of which says whether the call may have executed;
//! - a [`Call`] carries deadline, trace, caller, principal, criticality, idempotency key and attempt;
//! - a caller's wait ends at its deadline, and a call whose deadline has passed is not made;
//! - a panic is a fault of one call.
//!
//! What is deliberately absent: any knowledge of the shop, of actix and of databases. The remote half exists only under the
//! feature `split`.

mod call;
pub mod clock;
mod contract;
mod edge;
mod fault;
mod guard;
mod seat;
pub mod spans;
mod visit;
#[cfg(feature = "split")]
pub mod wire;

pub use call::{Call, Criticality, ModuleName, Principal, Trace};
pub use contract::{Answer, Contract, Descriptor, MethodDescriptor, Provides, Repeat};
pub use edge::{Edge, EdgeFigures, Edges, MethodFigures};
pub use fault::{Breakdown, Failure, Fault, MayHaveExecuted, Outcome};
pub use guard::{Guarded, guarded};
pub use seam_macros::contract;
pub use seat::Seat;
pub use visit::Visit;

/// What the expansion of [`contract`] needs of other crates, so that a contract's manifest need not name them.
#[doc(hidden)]
pub mod expansion {
    pub use serde;
}

/// Keeps its body when the remote half is compiled in, and drops it otherwise.
///
/// The attribute wraps what belongs to the remote half in this macro, so that the decision is taken by seam's own feature and no
/// contract needs a feature of its own.
#[cfg(feature = "split")]
#[doc(hidden)]
#[macro_export]
macro_rules! when_split {
    ($($item:tt)*) => { $($item)* };
}

/// Keeps its body when the remote half is compiled in, and drops it otherwise.
#[cfg(not(feature = "split"))]
#[doc(hidden)]
#[macro_export]
macro_rules! when_split {
    ($($item:tt)*) => {};
}
