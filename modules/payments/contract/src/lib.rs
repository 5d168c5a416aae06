//! What may be asked of the till: to authorise a card, to capture, to give back.
//!
//! All that moves money is keyed by the order: asking again does nothing twice. A card's number goes to the payment provider and
//! nowhere else; what is kept of it are its network and last four digits. [`Payments::void`] settles a payment whose fate is not
//! known: it is either captured, or can never be.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Card, Money, OrderId};

/// How the shop is paid.
#[seam::contract]
pub trait Payments {
    /// Asks the provider to set the amount aside. Asking again for the same order gives the same authorisation.
    #[idempotent]
    async fn authorize(
        &self,
        call: &Call,
        order: OrderId,
        amount: Money,
        card: Card,
    ) -> Result<Authorization, PaymentsError>;

    /// Takes the authorised amount. Asking again changes nothing.
    #[idempotent]
    async fn capture(&self, call: &Call, order: OrderId) -> Result<(), PaymentsError>;

    /// Gives up a payment that is not captured: it can be neither authorised nor captured from now on.
    ///
    /// A captured payment stays so, and the answer says it. Before anybody asked for the payment, this forbids to ask for it.
    #[idempotent]
    async fn void(&self, call: &Call, order: OrderId) -> Result<VoidOutcome, PaymentsError>;

    /// Gives a captured amount back, whole. Asking again changes nothing.
    #[idempotent]
    async fn refund(&self, call: &Call, order: OrderId) -> Result<(), PaymentsError>;

    /// What became of an order's payment; `None` when nothing was ever asked for.
    #[read]
    async fn look_up(&self, call: &Call, order: OrderId) -> Result<Option<Payment>, PaymentsError>;
}

/// An amount set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// What the provider knows it by.
    pub reference: String,
    /// The card's network, such as `Visa`.
    pub network: String,
    /// The card's last four digits.
    pub last_four: String,
}

/// What became of a payment that was to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VoidOutcome {
    /// No money is taken, and none will be: it never was, or it was given back since.
    Voided,
    /// It was captured before: the order is paid.
    AlreadyCaptured,
}

/// A payment as the till knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Of which order.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// How far it got.
    pub status: PaymentStatus,
}

/// How far a payment got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentStatus {
    /// Asked for, fate unknown.
    Pending,
    /// Set aside.
    Authorized,
    /// Refused by the provider.
    Declined,
    /// Taken.
    Captured,
    /// Given up before it was taken.
    Voided,
    /// Being given back: the provider was asked to, and will be asked until it says that it is done.
    Refunding,
    /// Given back.
    Refunded,
}

/// Why the till refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum PaymentsError {
    /// The card's details cannot be right; the field is named as in the check-out form.
    #[error("{reason}")]
    Card {
        /// The form's field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The provider refused.
    #[error("the card was declined: {reason}")]
    Declined {
        /// What the provider says.
        reason: String,
    },
    /// The order's payment was voided.
    #[error("the payment of order {order} was given up")]
    Voided {
        /// The order.
        order: OrderId,
    },
    /// There is nothing to capture or to give back.
    #[error("order {order} has no payment that this could be done to")]
    WrongState {
        /// The order.
        order: OrderId,
    },
    /// Asked again for the same order with another amount.
    #[error("order {order} was authorised with another amount")]
    OtherAmount {
        /// The order.
        order: OrderId,
    },
}
