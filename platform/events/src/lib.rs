//! Facts that outlive the process that knew them.
//!
//! A publishing module writes an event in the transaction that makes it true ([`Outbox`]). A [`Relay`] hands it to each
//! [`Subscriber`], in order and at least once. A consuming module records what it has done in the transaction of the effect
//! ([`Inbox`]), so that the effect happens exactly once. Between the two may be nothing, HTTP or a broker: none of them has to
//! be trusted to deliver only once.
//!
//! - Each consumer has a position of its own: who is slow or away delays nobody else.
//! - Events arrive in the order of their commits. One that fails holds the consumer's later ones back for a few attempts, and is
//!   then laid aside as a dead letter, to be retried or discarded by hand.
//! - The tables are `migrations::standard`'s. Names of events are `module.what-happened`.
//!
//! Deliberately absent: any knowledge of the shop's events. They are plain types of the publishing module's contract.

mod audit;
mod envelope;
mod inbox;
mod outbox;
mod relay;
mod subscriber;

pub use audit::audit;
pub use envelope::Envelope;
pub use inbox::{ConsumeError, Consumer, DeadLetter, Inbox, InboxError};
pub use outbox::{Backlog, Outbox};
pub use relay::Relay;
pub use subscriber::{Delivered, DeliveryError, Subscriber};
