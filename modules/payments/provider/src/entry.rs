//! What the ledger says, and what it comes to per order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vocabulary::{Money, OrderId};

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the ledger: 1, 2, 3, without gaps.
    pub sequence: u64,
    /// When it was written, in milliseconds since the epoch. For people: the order is that of the sequence.
    pub at: i64,
    /// What happened.
    pub kind: EntryKind,
    /// To the payment of which order.
    pub order: OrderId,
    /// How much; nothing for a void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What the shop may refer to it by.
    pub reference: String,
    /// The idempotency key of the command.
    pub key: String,
    /// How the card of the payment is treated.
    #[serde(default, skip_serializing_if = "Manner::is_plain")]
    pub manner: Manner,
}

/// What happened to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The amount was set aside.
    Authorized,
    /// The card was refused.
    Declined,
    /// The amount was taken.
    Captured,
    /// The payment was given up before it was taken.
    Voided,
    /// The amount was given back.
    Refunded,
}

/// How the provider treats what is paid with a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// As it should be.
    #[default]
    Plain,
    /// Refuses.
    Declining,
    /// Does what it is told, and closes the connection instead of answering the first time.
    LosingAnswers,
    /// Takes its time to authorise.
    Slow,
}

impl Manner {
    fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }
}

/// What the ledger comes to for one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How often an amount was set aside.
    pub authorizations: u32,
    /// How often an amount was taken: once at most, if the shop is sound.
    pub captures: u32,
    /// All that was taken; amounts of different currencies are never mixed, see [`Account::mixed_currencies`].
    pub captured: Option<Money>,
    /// How often an amount was given back.
    pub refunds: u32,
    /// All that was given back.
    pub refunded: Option<Money>,
    /// Whether the payment was given up.
    pub voided: bool,
    /// Whether amounts came in more than one currency, or beyond what can be added: the sums are not to be trusted then.
    pub mixed_currencies: bool,
}

impl Account {
    /// Minor units taken and not given back.
    pub fn kept(&self) -> i64 {
        let minor = |sum: Option<Money>| sum.map_or(0, |money| money.minor);
        minor(self.captured).saturating_sub(minor(self.refunded))
    }

    pub(crate) fn add(&mut self, entry: &Entry) {
        match entry.kind {
            EntryKind::Authorized => self.authorizations += 1,
            EntryKind::Declined => {}
            EntryKind::Voided => self.voided = true,
            EntryKind::Captured => {
                self.captures += 1;
                self.captured = self.sum(self.captured, entry.amount);
            }
            EntryKind::Refunded => {
                self.refunds += 1;
                self.refunded = self.sum(self.refunded, entry.amount);
            }
        }
    }

    fn sum(&mut self, sum: Option<Money>, amount: Option<Money>) -> Option<Money> {
        let (Some(before), Some(amount)) = (sum, amount) else { return sum.or(amount) };
        let sum = before.plus(amount);
        self.mixed_currencies |= sum.is_err();
        Some(sum.unwrap_or(before))
    }
}

/// What a ledger comes to, order by order.
pub fn accounts(entries: &[Entry]) -> BTreeMap<OrderId, Account> {
    let mut accounts = BTreeMap::<_, Account>::new();
    for entry in entries {
        accounts.entry(entry.order).or_default().add(entry);
    }
    accounts
}
