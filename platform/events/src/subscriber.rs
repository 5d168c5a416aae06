//! How a relay reaches a consumer, wherever it is.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Consumer, Envelope, Inbox};

/// The way to one consumer: its [`Inbox`] in this process, or something that carries the batch to it.
pub trait Subscriber: Send + Sync {
    /// Hands over events of one source in the order of their ids. Handing over again what was handed over before must do
    /// no harm, for a relay forgets when it dies.
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>>;
}

/// How far a consumer has come with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The id of the last event before which nothing of the batch is left to do; `None` when the first one failed.
    pub up_to: Option<i64>,
    /// Whether the one after it failed and is to be handed over again after a pause.
    pub held_back: bool,
}

/// Why a batch could not be handed over. The relay tries again, for as long as it takes.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct DeliveryError(pub String);

impl<C: Consumer> Subscriber for Inbox<C> {
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move { self.receive(batch).await.map_err(|error| DeliveryError(error.to_string())) })
    }
}

impl<S: Subscriber + ?Sized> Subscriber for Arc<S> {
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        (**self).deliver(batch)
    }
}
