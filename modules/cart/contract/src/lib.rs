//! What may be asked of the carts: what is in one, and to change it.
//!
//! There is no cap on a line but what an order can hold: 1,000,000 units. The version of a cart grows with each change.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{CartId, Sku};

/// What visitors mean to buy.
#[seam::contract]
pub trait Cart {
    /// What is in a cart; a cart nobody has put anything into is empty.
    #[read]
    async fn get(&self, call: &Call, cart: CartId) -> Result<CartContents, CartError>;

    /// Puts more units of a product in, and says what is in the cart then.
    ///
    /// Fails with [`CartError::Quantity`] and [`CartError::Full`]; nothing has changed then.
    #[once]
    async fn add(&self, call: &Call, cart: CartId, sku: Sku, quantity: u32) -> Result<CartContents, CartError>;

    /// Sets how many units of a product are in; zero takes the line out. Fails as `add` does.
    #[idempotent]
    async fn set(&self, call: &Call, cart: CartId, sku: Sku, quantity: u32) -> Result<CartContents, CartError>;

    /// Takes out what was in the cart at `version`; what was put in later stays. Without a version, all.
    ///
    /// A line that was changed later stays as it is: nobody loses what they asked for last.
    #[idempotent]
    async fn clear(&self, call: &Call, cart: CartId, version: Option<u64>) -> Result<(), CartError>;

    /// Moves all lines of one cart into another, adding up as far as a line can hold; the first is empty then.
    ///
    /// Fails with [`CartError::Full`] when the second cannot take them all; both stay as they were then.
    #[idempotent]
    async fn merge(&self, call: &Call, from: CartId, into: CartId) -> Result<CartContents, CartError>;
}

/// What is in a cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartContents {
    /// The lines in the order their products were first put in.
    pub lines: Vec<CartLine>,
    /// Grows with each change; zero for a cart that never had any.
    pub version: u64,
}

impl CartContents {
    /// Units in the cart, of all lines together.
    pub fn units(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.quantity)).sum()
    }
}

/// So many units of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The product.
    pub sku: Sku,
    /// How many units, at least one.
    pub quantity: u32,
}

/// Why a cart refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CartError {
    /// Zero units, or more than a line can hold.
    #[error("a quantity is 1 to 1,000,000")]
    Quantity,
    /// More different products than a cart holds.
    #[error("a cart holds at most {limit} different products")]
    Full {
        /// How many it holds.
        limit: u32,
    },
}
