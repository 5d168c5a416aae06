//! What the attribute generates, as traits and descriptions that generic code can hold.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{Edge, Fault};

/// The answer to come of a contract method.
pub type Answer<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, Fault<E>>> + Send + 'a>>;

/// What a contract is called and what may be asked; read by graph, documentation, checks and prediction.
#[derive(Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The module's name: the trait's, in kebab case.
    pub module: &'static str,
    /// The trait's name.
    pub name: &'static str,
    /// The first sentence of the trait's documentation.
    pub summary: &'static str,
    /// The methods in the order they are written.
    pub methods: &'static [MethodDescriptor],
}

/// One method of a contract.
#[derive(Debug, PartialEq, Eq)]
pub struct MethodDescriptor {
    /// The method's name, which is also its path segment.
    pub name: &'static str,
    /// The first sentence of its documentation.
    pub summary: &'static str,
    /// Whether it may be repeated.
    pub repeat: Repeat,
    /// Names and types of the arguments after `call`, as written.
    pub arguments: &'static [(&'static str, &'static str)],
    /// The type of the answer, as written.
    pub answer: &'static str,
    /// The type of the domain error, as written.
    pub error: &'static str,
}

/// What may be done with a call that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Changes nothing: may be retried and hedged.
    Read,
    /// Repeating it has the effect of doing it once: may be retried.
    Idempotent,
    /// Runs at most once per attempt of the caller.
    Once,
}

/// The object-safe side of a contract; implemented for `dyn Inventory` and the like by the attribute.
pub trait Contract: Send + Sync + 'static {
    /// What may be asked.
    const DESCRIPTOR: &'static Descriptor;

    /// A client that asks over a carrier.
    #[cfg(feature = "split")]
    fn client(hop: crate::wire::Hop) -> Arc<Self>;

    /// The routes that answer for an implementation.
    #[cfg(feature = "split")]
    fn routes(answered_by: Arc<Self>) -> Arc<dyn crate::wire::Routes>;
}

/// Joins a service to the contract it answers; implemented for `dyn Inventory` and every `S: InventoryService`.
pub trait Provides<S>: Contract {
    /// The service in this process, as one caller sees it.
    fn here(service: Arc<S>, edge: Edge) -> Arc<Self>;
}
