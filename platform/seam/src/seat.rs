//! Where a module is answered, and how each caller gets its own way there.

use std::{fmt, sync::Arc};

use crate::{Contract, Edge, Edges, ModuleName, Provides};

/// A module as the composition root holds it: asked for by callers, never called itself.
pub struct Seat<C: ?Sized> {
    way: Arc<dyn Fn(Edge) -> Arc<C> + Send + Sync>,
    edges: Edges,
}

impl<C: Contract + ?Sized> Seat<C> {
    /// The module is answered in this process.
    pub fn here<S>(service: Arc<S>, edges: &Edges) -> Self
    where
        C: Provides<S>,
        S: Send + Sync + 'static,
    {
        Self { way: Arc::new(move |edge| C::here(service.clone(), edge)), edges: edges.clone() }
    }

    /// The module is answered wherever `carrier` leads.
    #[cfg(feature = "split")]
    pub fn over(carrier: Arc<dyn crate::wire::Carrier>, edges: &Edges) -> Self {
        Self {
            way: Arc::new(move |edge| C::client(crate::wire::Hop::new(carrier.clone(), edge))),
            edges: edges.clone(),
        }
    }

    /// The contract as callers in other processes ask it.
    pub fn asked_from_outside(&self) -> Arc<C> {
        (self.way)(self.edges.incoming(C::DESCRIPTOR))
    }

    /// What answers for this module when other processes ask.
    #[cfg(feature = "split")]
    pub fn routes(&self) -> Arc<dyn crate::wire::Routes> {
        C::routes(self.asked_from_outside())
    }

    /// The contract as `caller` asks it.
    pub fn asked_by(&self, caller: ModuleName) -> Arc<C> {
        (self.way)(self.edges.edge(caller, C::DESCRIPTOR))
    }

    /// The same where several answer one contract, and this way leads to `callee`: accounts are kept under its name.
    pub fn asked_of(&self, callee: ModuleName, caller: ModuleName) -> Arc<C> {
        (self.way)(self.edges.edge_to(caller, callee.as_str(), C::DESCRIPTOR))
    }
}

impl<C: ?Sized> Clone for Seat<C> {
    fn clone(&self) -> Self {
        Self { way: self.way.clone(), edges: self.edges.clone() }
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Seat<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Seat({})", C::DESCRIPTOR.module)
    }
}
