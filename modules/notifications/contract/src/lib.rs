//! What may be asked about mails: which were sent.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{OrderId, SessionId};

/// What was written to whom.
#[seam::contract]
pub trait Notifications {
    /// The mails about the orders of a session, newest first, at most 50.
    #[read]
    async fn sent_to(&self, call: &Call, session: SessionId) -> Result<Vec<Mail>, NotificationsError>;
}

/// A mail as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// About which order.
    pub order: OrderId,
    /// What it is for.
    pub kind: MailKind,
    /// Its subject.
    pub subject: String,
    /// Its body as HTML.
    pub html: String,
    /// Its body as text.
    pub text: String,
    /// When it was sent, in milliseconds since the epoch.
    pub sent_at: i64,
}

/// What a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailKind {
    /// The order was placed.
    OrderConfirmation,
    /// The order was taken back.
    OrderCancelled,
}

/// Why there is no answer; there is no reason yet, and callers must be ready for one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NotificationsError {}
