//! Hands events to consumers in other processes: a contract like any other, so that it has their lines, keys and deadlines.
#![cfg(feature = "split")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use events::{Delivered, DeliveryError, Envelope, Subscriber};
use futures_util::future::BoxFuture;
use seam::{Call, Failure, ModuleName, Outcome, Seat};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a batch may take before the relay tries again.
const WITHIN: Duration = Duration::from_secs(10);

/// What a relay asks of the process that has a consumer.
#[seam::contract]
pub(super) trait EventDelivery {
    /// Hands a batch of one source to a consumer; handing it over again does no harm.
    #[idempotent]
    async fn deliver(
        &self,
        call: &Call,
        consumer: String,
        batch: Vec<Envelope>,
    ) -> Result<Delivered, EventDeliveryError>;
}

/// Why a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub(super) enum EventDeliveryError {
    /// The consumer is not in this process.
    #[error("{consumer} is not in this process")]
    NotHere {
        /// Who was to have it.
        consumer: String,
    },
}

/// Takes events in for the consumers of this process.
pub(super) struct Doormat {
    consumers: BTreeMap<&'static str, Arc<dyn Subscriber>>,
}

impl Doormat {
    pub(super) fn new(consumers: BTreeMap<&'static str, Arc<dyn Subscriber>>) -> Self {
        Self { consumers }
    }
}

impl EventDeliveryService for Doormat {
    async fn deliver(
        &self,
        _call: &Call,
        consumer: String,
        batch: Vec<Envelope>,
    ) -> Outcome<Delivered, EventDeliveryError> {
        let Some(inbox) = self.consumers.get(consumer.as_str()) else {
            return Err(EventDeliveryError::NotHere { consumer }.into());
        };
        inbox.deliver(&batch).await.map_err(Failure::unavailable)
    }
}

/// The way to a consumer in another process.
pub(super) struct Push {
    source: ModuleName,
    consumer: ModuleName,
    way: Arc<dyn EventDelivery>,
}

impl Push {
    /// Tells on behalf of the module whose events they are.
    pub(super) fn new(source: ModuleName, consumer: ModuleName, way: &Seat<dyn EventDelivery>) -> Self {
        Self { source, consumer, way: way.asked_of(consumer, source) }
    }
}

impl Subscriber for Push {
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            let call = Call::new(self.source, WITHIN);
            let delivered = self.way.deliver(&call, self.consumer.as_str().to_owned(), batch.to_vec()).await;
            delivered.map_err(|fault| DeliveryError(format!("{}: {fault}", self.consumer)))
        })
    }
}
