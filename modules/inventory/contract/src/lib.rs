//! What may be asked of the stock room: what is free to sell, and to hold some of it for an order.
//!
//! A hold is made, then committed or released; one that is neither when its time is over is released by the service. All that
//! changes a hold is keyed by the order, so that a saga may repeat any step.

use std::collections::BTreeMap;

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{OrderId, Sku};

/// What the shop may ask of the stock room.
#[seam::contract]
pub trait Inventory {
    /// Units free to sell. SKUs nobody knows are absent from the answer.
    #[read]
    async fn available(&self, call: &Call, skus: Vec<Sku>) -> Result<BTreeMap<Sku, u32>, InventoryError>;

    /// Holds units for an order until it is committed, released or expires: all lines or none.
    ///
    /// Asking again for the same order gives the same hold, also when it has been committed since. For an order whose hold was
    /// released, or that was released before it was ever reserved, this fails with [`InventoryError::Released`].
    #[idempotent]
    async fn reserve(&self, call: &Call, order: OrderId, lines: Vec<StockLine>) -> Result<Hold, InventoryError>;

    /// The held units are sold; asking again changes nothing.
    ///
    /// Fails with [`InventoryError::NoHold`] when nothing was ever held for the order, and with [`InventoryError::Released`] when
    /// its hold was released or its time was over.
    #[idempotent]
    async fn commit(&self, call: &Call, order: OrderId) -> Result<(), InventoryError>;

    /// The held units are free again, and the order can hold none from now on. Units already sold come back on the shelf.
    /// Asking again changes nothing, and neither does it when nothing was held.
    #[idempotent]
    async fn release(&self, call: &Call, order: OrderId) -> Result<(), InventoryError>;

    /// Puts units on the shelf; `delivery` names the delivery, and the same delivery counts once. A product that had no place
    /// on the shelf gets one.
    #[idempotent]
    async fn restock(&self, call: &Call, delivery: String, lines: Vec<StockLine>) -> Result<(), InventoryError>;
}

/// So many units of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    /// The product.
    pub sku: Sku,
    /// How many units, at least one.
    pub quantity: u32,
}

/// Units put aside for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// For which order.
    pub order: OrderId,
    /// When it is released if nothing happens, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// Why the stock room refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum InventoryError {
    /// Fewer units are free than were asked for.
    #[error("only {available} of {sku} are left, {requested} were asked for")]
    OutOfStock {
        /// The first product there is not enough of.
        sku: Sku,
        /// How many were asked for.
        requested: u32,
        /// How many are free.
        available: u32,
    },
    /// No such product on any shelf.
    #[error("{sku} is not on any shelf")]
    UnknownSku {
        /// The product.
        sku: Sku,
    },
    /// A line of zero units, or no line at all.
    #[error("ask for at least one unit")]
    Nothing,
    /// Nothing is held for the order.
    #[error("nothing is held for order {order}")]
    NoHold {
        /// The order.
        order: OrderId,
    },
    /// The order's hold was released.
    #[error("the hold of order {order} was released")]
    Released {
        /// The order.
        order: OrderId,
    },
}
