//! The ways into a module that faults stand on: from callers in its process, from other processes, and for events.

use std::{future::Future, pin::Pin, sync::Arc};

use events::{Delivered, DeliveryError, Envelope, Subscriber};
use futures_util::future::BoxFuture;
use seam::{
    Breakdown, Call, Descriptor, guarded,
    wire::{Carrier, Codec, InMemory, Question, Reply, Routes},
};

use super::Hindrance;

/// The way of callers in the module's own process. Calls are written and read as on a hop, which costs some microseconds: processes
/// that are experimented with are never timed against those that are not.
pub struct HinderedCarrier {
    carrier: InMemory,
    hindrance: Hindrance,
}

impl HinderedCarrier {
    /// The way to `routes`, past the hindrance.
    pub fn new(routes: Arc<dyn Routes>, hindrance: Hindrance) -> Self {
        Self { carrier: InMemory::new(routes, Codec::default()), hindrance }
    }
}

impl Carrier for HinderedCarrier {
    fn carry<'a>(
        &'a self,
        question: Question<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
        Box::pin(async move {
            guarded(question.call.deadline(), self.hindrance.endure()).await?;
            self.carrier.carry(question).await
        })
    }
}

/// The way of callers in other processes.
pub struct HinderedRoutes {
    routes: Arc<dyn Routes>,
    hindrance: Hindrance,
}

impl HinderedRoutes {
    /// The way to `routes`, past the hindrance.
    pub fn new(routes: Arc<dyn Routes>, hindrance: Hindrance) -> Self {
        Self { routes, hindrance }
    }
}

impl Routes for HinderedRoutes {
    fn descriptor(&self) -> &'static Descriptor {
        self.routes.descriptor()
    }

    fn answer(
        &self,
        method: usize,
        call: Call,
        codec: Codec,
        arguments: &[u8],
    ) -> Pin<Box<dyn Future<Output = Reply> + Send>> {
        let (hindrance, deadline) = (self.hindrance.clone(), call.deadline());
        // The arguments are read here; nothing of the service runs before the answer is awaited.
        let answer = self.routes.answer(method, call, codec, arguments);
        Box::pin(async move {
            match guarded(deadline, hindrance.endure()).await {
                Ok(()) => answer.await,
                Err(breakdown) => Reply::of_breakdown(codec, &breakdown),
            }
        })
    }
}

/// The way of events.
pub struct HinderedSubscriber<S> {
    subscriber: S,
    hindrance: Hindrance,
}

impl<S> HinderedSubscriber<S> {
    /// The way to the inbox, past the hindrance.
    pub fn new(subscriber: S, hindrance: Hindrance) -> Self {
        Self { subscriber, hindrance }
    }
}

impl<S: Subscriber> Subscriber for HinderedSubscriber<S> {
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            self.hindrance.endure().await;
            self.subscriber.deliver(batch).await
        })
    }
}
