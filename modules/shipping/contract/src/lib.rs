//! What may be asked of the parcel desk: what it costs to send something, to send it, and where it is.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Address, Money, OrderId, Sku};

/// How things get to people.
#[seam::contract]
pub trait Shipping {
    /// What it would cost to send so many units to an address, in US dollars. Without an address: to the nearest zone.
    ///
    /// Fails with [`ShippingError::Nothing`] for no units, and with [`ShippingError::Address`].
    #[read]
    async fn quote(&self, call: &Call, address: Option<Address>, units: u64) -> Result<Quote, ShippingError>;

    /// Sends an order on its way. Asking again for the same order gives the same shipment.
    ///
    /// Fails with [`ShippingError::CalledBack`] for an order that was called back, also when that was before it was ever sent.
    #[idempotent]
    async fn ship(
        &self,
        call: &Call,
        order: OrderId,
        address: Address,
        lines: Vec<ShippingLine>,
    ) -> Result<Shipment, ShippingError>;

    /// Where an order's parcel is; `None` when it was not sent.
    #[read]
    async fn track(&self, call: &Call, order: OrderId) -> Result<Option<Shipment>, ShippingError>;

    /// Calls a parcel back; nothing happens when it was called back already. An order that was not sent yet never will be.
    #[idempotent]
    async fn call_back(&self, call: &Call, order: OrderId) -> Result<(), ShippingError>;
}

/// What sending costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// In US dollars.
    pub cost: Money,
    /// Days until it arrives, the most.
    pub days: u8,
}

/// So many units of one product in a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingLine {
    /// The product.
    pub sku: Sku,
    /// How many units.
    pub quantity: u32,
}

/// A parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Of which order.
    pub order: OrderId,
    /// What the carrier knows it by, such as `CV-8F3K-22M9-Q1`.
    pub tracking_id: String,
    /// Where it is.
    pub status: ShipmentStatus,
    /// When it was handed over, in milliseconds since the epoch.
    pub sent_at: i64,
}

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShipmentStatus {
    /// On its way.
    Sent,
    /// Called back before it arrived.
    CalledBack,
}

/// Why the parcel desk refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ShippingError {
    /// An address nothing can be sent to.
    #[error("{part} of the address must be filled in")]
    Address {
        /// Which part.
        part: String,
    },
    /// Nothing to send.
    #[error("there is nothing to send")]
    Nothing,
    /// The parcel was called back; an order is sent once.
    #[error("the parcel of order {order} was called back")]
    CalledBack {
        /// The order.
        order: OrderId,
    },
}
