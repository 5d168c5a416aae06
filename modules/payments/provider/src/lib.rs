//! A stand-in for a payment provider, with a ledger of its own.
//!
//! It plays the part of the world outside: it shares no table and no code path with the shop, and its ledger is what the shop is
//! judged by. Therefore it is forgiving where a guard of its own would hide a fault of ours: a second capture under another
//! idempotency key is accepted and written down, so that it shows.
//!
//! - `POST /authorizations` `{order, amount, card}`, `/captures` `{order, amount}`, `/voids` `{order}`, `/refunds` `{order,
//!   amount}`, each with the header `Idempotency-Key`: the same key of the same order gets the same answer and moves nothing.
//! - `GET /payments/{order}` tells where a payment stands.
//! - A void, also of an order nobody has heard of, blocks every later authorisation and capture of that order.
//! - Every card whose number passes its check digit is good, but for [`DECLINED_CARD`], [`LOST_ANSWER_CARD`] and [`SLOW_CARD`].
//!
//! An entry is in the file before its answer leaves. It survives the death of the process, not that of the machine.

mod api;
mod book;
mod cards;
mod entry;
mod ledger;
mod server;

pub use cards::{DECLINED_CARD, LOST_ANSWER_CARD, SLOW_CARD};
pub use entry::{Account, Entry, EntryKind, Manner, accounts};
pub use ledger::{LEDGER_FILE, LedgerError, read_ledger};
pub use server::{ProviderError, run};
