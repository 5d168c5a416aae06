//! What may be asked of the order desk: to turn a cart into an order, and what became of it.
//!
//! A check-out is a saga. An order that was acknowledged stays; one whose check-out failed or was cut off is taken back in every
//! module it had reached. The same key gives the same order.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Address, Card, CartId, Currency, Email, Money, OrderId, SessionId, Sku};

/// How a cart becomes an order.
#[seam::contract]
pub trait Orders {
    /// Turns what is in the cart into a paid order, or leaves everything as it was.
    ///
    /// The same key gives the same order; the same key with other contents is refused. While the first is still running, the
    /// second is told so.
    #[idempotent]
    async fn check_out(&self, call: &Call, wanted: CheckOut) -> Result<Order, OrdersError>;

    /// An order of this session; to anybody else it is not there.
    #[read]
    async fn get(&self, call: &Call, session: SessionId, order: OrderId) -> Result<Order, OrdersError>;

    /// The session's orders, newest first, at most 50.
    #[read]
    async fn history(&self, call: &Call, session: SessionId) -> Result<Vec<Order>, OrdersError>;

    /// Takes an order back: stock returns to the shelf, money to the card. Asking again changes nothing.
    #[idempotent]
    async fn cancel(&self, call: &Call, session: SessionId, order: OrderId) -> Result<Order, OrdersError>;
}

/// All that is needed to turn a cart into an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOut {
    /// By which a repetition is known, 1 to 100 characters; per session.
    pub key: String,
    /// Whose order it will be.
    pub session: SessionId,
    /// Which cart.
    pub cart: CartId,
    /// In which currency it is paid.
    pub currency: Currency,
    /// Where the confirmation goes.
    pub email: Email,
    /// Where the parcel goes.
    pub address: Address,
    /// How it is paid.
    pub card: Card,
    /// A coupon's code, if any.
    pub coupon: Option<String>,
}

/// An order as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// How far it is.
    pub status: OrderStatus,
    /// When it was placed, in milliseconds since the epoch.
    pub placed_at: i64,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// All lines together.
    pub items: Money,
    /// What sending costs.
    pub shipping: Money,
    /// What a coupon took off; zero without one.
    pub discount: Money,
    /// What was paid.
    pub total: Money,
    /// Where the confirmation went.
    pub email: Email,
    /// Where the parcel goes.
    pub address: Address,
    /// What the carrier knows the parcel by; `None` until it is sent.
    pub tracking_id: Option<String>,
    /// The card it was paid with, such as `Visa ending in 1111`.
    pub paid_with: Option<String>,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub sku: Sku,
    /// Its name at the time.
    pub name: String,
    /// How many units.
    pub quantity: u32,
    /// Price of one at the time, in the order's currency.
    pub price: Money,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderStatus {
    /// Being checked out.
    Pending,
    /// Paid and sent.
    Confirmed,
    /// The check-out failed; nothing was paid.
    Failed,
    /// Taken back after it was confirmed; the money was given back.
    Cancelled,
}

/// Why the order desk refuses. Nothing was bought and nothing paid.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum OrdersError {
    /// There is nothing in the cart.
    #[error("the cart is empty")]
    EmptyCart,
    /// A form field that cannot be right; the field is named as in the check-out form.
    #[error("{reason}")]
    Field {
        /// The form's field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A product in the cart is not sold any more.
    #[error("{sku} is not sold any more: take it out of the cart")]
    Gone {
        /// The product.
        sku: Sku,
    },
    /// Not enough is left.
    #[error("only {available} of {name} are left")]
    OutOfStock {
        /// The product.
        sku: Sku,
        /// Its name.
        name: String,
        /// How many are left.
        available: u32,
    },
    /// The card was refused.
    #[error("the card was declined: {reason}")]
    Declined {
        /// What the provider says.
        reason: String,
    },
    /// The coupon was refused.
    #[error("{reason}")]
    Coupon {
        /// Why.
        reason: String,
    },
    /// The same key is being checked out at this moment.
    #[error("this order is being placed right now: look again in a moment")]
    InProgress,
    /// The same key came with other contents.
    #[error("this order was placed before with other contents: start again from the cart")]
    KeyReused,
    /// No such order, or not of this session.
    #[error("there is no such order")]
    NotFound,
    /// The check-out under this key failed before: nothing was bought.
    #[error("this check-out did not go through: start again from the cart")]
    FailedBefore,
    /// The order cannot be taken back at this stage.
    #[error("this order cannot be cancelled any more")]
    TooLate,
}

/// The events of an order, in the order they happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum OrderEvent {
    /// Paid and sent.
    Placed {
        /// The order.
        order: Order,
        /// Whose it is.
        session: SessionId,
    },
    /// Taken back; the money was given back.
    Cancelled {
        /// The order.
        order: Order,
        /// Whose it is.
        session: SessionId,
    },
}
