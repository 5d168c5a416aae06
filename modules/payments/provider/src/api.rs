//! What travels between the shop and the provider.

use serde::{Deserialize, Serialize};
use vocabulary::{Card, Money, OrderId};

use crate::entry::{Account, EntryKind};

#[derive(Debug, Deserialize)]
pub(crate) struct Authorize {
    pub(crate) order: OrderId,
    pub(crate) amount: Money,
    pub(crate) card: Card,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Move {
    pub(crate) order: OrderId,
    pub(crate) amount: Money,
}

#[derive(Debug, Deserialize)]
pub(crate) struct GiveUp {
    pub(crate) order: OrderId,
}

/// The answer to a command. Done: 200; declined: 402; refused: 409.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    /// Where the payment stands, as far as it matters to the command.
    pub(crate) standing: Standing,
    /// Whether the command did what it is for, now or when its key was first seen.
    pub(crate) done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    Unknown,
    Authorized,
    Declined,
    Captured,
    Voided,
    Refunded,
}

impl Answer {
    pub(crate) fn done(kind: EntryKind, reference: String) -> Self {
        let (standing, reason) = match kind {
            EntryKind::Authorized => (Standing::Authorized, None),
            EntryKind::Declined => (Standing::Declined, Some("the bank refused the card")),
            EntryKind::Captured => (Standing::Captured, None),
            EntryKind::Voided => (Standing::Voided, None),
            EntryKind::Refunded => (Standing::Refunded, None),
        };
        Self { standing, done: kind != EntryKind::Declined, reference: Some(reference), reason }
    }

    pub(crate) fn refused(standing: Standing, reason: &'static str) -> Self {
        Self { standing, done: false, reference: None, reason: Some(reason) }
    }
}

/// What `GET /payments/{order}` says.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    order: OrderId,
    authorizations: u32,
    captures: u32,
    captured: Option<Money>,
    refunds: u32,
    refunded: Option<Money>,
    voided: bool,
}

impl Statement {
    pub(crate) fn of(order: OrderId, account: &Account) -> Self {
        Self {
            order,
            authorizations: account.authorizations,
            captures: account.captures,
            captured: account.captured,
            refunds: account.refunds,
            refunded: account.refunded,
            voided: account.voided,
        }
    }
}
