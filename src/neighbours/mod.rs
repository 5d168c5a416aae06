//! The other processes of the topology, as this one knows them; nobody, in a binary without the remote half.

#[cfg(not(feature = "split"))]
mod nobody;
#[cfg(feature = "split")]
mod others;

use std::net::TcpListener;

#[cfg(not(feature = "split"))]
pub use nobody::{Hops, Neighbours};
#[cfg(feature = "split")]
pub use others::{Hops, Neighbours};

/// The listeners of a process, before anything answers on them.
#[derive(Debug)]
pub struct Listeners {
    /// The pages, in the process that has them.
    pub public: Option<TcpListener>,
    /// Hops, events, health, metrics.
    pub internal: Option<TcpListener>,
}
