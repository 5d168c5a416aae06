//! What the provider knows of each payment, and what it answers to a command: no file, no clock, no network.

use std::collections::HashMap;

use vocabulary::{Money, OrderId};

use crate::{
    api::{Answer, Standing},
    entry::{Account, Entry, EntryKind, Manner},
};

/// What the shop wants of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) order: OrderId,
    pub(crate) key: String,
    pub(crate) wish: Wish,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Authorize { amount: Money, manner: Manner },
    Capture { amount: Money },
    Void,
    Refund { amount: Money },
}

/// What a command comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It was done before, or cannot be done: nothing changes.
    Said(Answer),
    /// It is done when this is in the ledger.
    Written(Entry),
}

/// All payments.
#[derive(Debug, Default)]
pub(crate) struct Book {
    payments: HashMap<OrderId, Payment>,
    last_sequence: u64,
}

#[derive(Debug, Default)]
struct Payment {
    account: Account,
    manner: Manner,
    done: Vec<Done>,
}

/// A command that was done, for when it is repeated.
#[derive(Debug)]
struct Done {
    key: Box<str>,
    kind: EntryKind,
    amount: Option<Money>,
    sequence: u64,
}

impl Book {
    /// Decides; nothing is changed by it.
    pub(crate) fn decide(&self, command: &Command, at: i64) -> Decision {
        let payment = self.payments.get(&command.order);
        if let Some(done) = payment.and_then(|payment| payment.done.iter().find(|done| *done.key == *command.key)) {
            return Decision::Said(done.answer_to(&command.wish));
        }
        let account = payment.map(|payment| &payment.account);
        let voided = account.is_some_and(|account| account.voided);
        let captured = account.is_some_and(|account| account.captures > 0);
        let authorized = account.is_some_and(|account| account.authorizations > 0);
        let known_manner = payment.map_or(Manner::Plain, |payment| payment.manner);
        let (kind, amount, manner) = match command.wish {
            Wish::Authorize { .. } | Wish::Capture { .. } if voided => {
                return Decision::Said(Answer::refused(Standing::Voided, "the payment was voided"));
            }
            Wish::Authorize { amount, manner: Manner::Declining } => {
                (EntryKind::Declined, Some(amount), Manner::Declining)
            }
            Wish::Authorize { amount, manner } => (EntryKind::Authorized, Some(amount), manner),
            Wish::Capture { .. } if !authorized => {
                return Decision::Said(Answer::refused(Standing::Unknown, "nothing was authorised"));
            }
            Wish::Capture { amount } => (EntryKind::Captured, Some(amount), known_manner),
            Wish::Void if captured => {
                return Decision::Said(Answer::refused(Standing::Captured, "the payment was captured"));
            }
            Wish::Void => (EntryKind::Voided, None, known_manner),
            Wish::Refund { .. } if !captured => {
                return Decision::Said(Answer::refused(Standing::Unknown, "nothing was captured"));
            }
            Wish::Refund { amount } => (EntryKind::Refunded, Some(amount), known_manner),
        };
        let sequence = self.last_sequence + 1;
        Decision::Written(Entry {
            sequence,
            at,
            kind,
            order: command.order,
            amount,
            reference: reference(sequence),
            key: command.key.clone(),
            manner,
        })
    }

    /// Takes in what is in the ledger.
    pub(crate) fn enter(&mut self, entry: &Entry) {
        let payment = self.payments.entry(entry.order).or_default();
        payment.account.add(entry);
        payment.manner = entry.manner;
        payment.done.push(Done {
            key: entry.key.as_str().into(),
            kind: entry.kind,
            amount: entry.amount,
            sequence: entry.sequence,
        });
        self.last_sequence = entry.sequence;
    }

    /// What the entries of an order come to; `None` for one nobody has heard of.
    pub(crate) fn account(&self, order: OrderId) -> Option<&Account> {
        self.payments.get(&order).map(|payment| &payment.account)
    }
}

impl Done {
    fn answer_to(&self, wish: &Wish) -> Answer {
        let same = match (self.kind, *wish) {
            (EntryKind::Authorized | EntryKind::Declined, Wish::Authorize { amount, .. })
            | (EntryKind::Captured, Wish::Capture { amount })
            | (EntryKind::Refunded, Wish::Refund { amount }) => self.amount == Some(amount),
            (EntryKind::Voided, Wish::Void) => true,
            _ => false,
        };
        if same {
            Answer::done(self.kind, reference(self.sequence))
        } else {
            Answer::refused(Standing::Unknown, "the idempotency key was used for another command")
        }
    }
}

fn reference(sequence: u64) -> String {
    format!("pay-{sequence:08}")
}

#[cfg(test)]
mod tests {
    use vocabulary::Currency;

    use super::*;

    const AMOUNT: Money = Money::new(1_999, Currency::USD);
    const AUTHORIZE: Wish = Wish::Authorize { amount: AMOUNT, manner: Manner::Plain };
    const CAPTURE: Wish = Wish::Capture { amount: AMOUNT };
    const REFUND: Wish = Wish::Refund { amount: AMOUNT };

    /// Does what it is told, and says what came of it.
    fn tell(book: &mut Book, order: OrderId, key: &str, wish: Wish) -> Result<EntryKind, Answer> {
        match book.decide(&Command { order, key: key.to_owned(), wish }, 0) {
            Decision::Said(answer) => Err(answer),
            Decision::Written(entry) => {
                book.enter(&entry);
                Ok(entry.kind)
            }
        }
    }

    #[test]
    fn the_same_key_gets_the_same_answer_and_moves_nothing() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        assert_eq!(tell(&mut book, order, "a", AUTHORIZE), Ok(EntryKind::Authorized));
        assert_eq!(tell(&mut book, order, "c", CAPTURE), Ok(EntryKind::Captured));
        let repeated = tell(&mut book, order, "c", CAPTURE).unwrap_err();
        assert_eq!(repeated.reference.as_deref(), Some("pay-00000002"));
        assert_eq!(book.account(order).unwrap().captures, 1);
    }

    #[test]
    fn another_key_captures_again_so_that_it_shows() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        tell(&mut book, order, "a", AUTHORIZE).unwrap();
        tell(&mut book, order, "c1", CAPTURE).unwrap();
        tell(&mut book, order, "c2", CAPTURE).unwrap();
        assert_eq!(book.account(order).unwrap().captures, 2);
    }

    #[test]
    fn a_void_blocks_what_comes_later_also_for_an_unknown_order() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        assert_eq!(tell(&mut book, order, "v", Wish::Void), Ok(EntryKind::Voided));
        assert_eq!(tell(&mut book, order, "a", AUTHORIZE).unwrap_err().standing, Standing::Voided);
        assert_eq!(tell(&mut book, order, "c", CAPTURE).unwrap_err().standing, Standing::Voided);
    }

    #[test]
    fn a_captured_payment_is_not_voided_but_refunded() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        tell(&mut book, order, "a", AUTHORIZE).unwrap();
        assert_eq!(tell(&mut book, order, "r", REFUND).unwrap_err().standing, Standing::Unknown, "not captured yet");
        tell(&mut book, order, "c", CAPTURE).unwrap();
        assert_eq!(tell(&mut book, order, "v", Wish::Void).unwrap_err().standing, Standing::Captured);
        assert_eq!(tell(&mut book, order, "r", REFUND), Ok(EntryKind::Refunded));
        assert_eq!(book.account(order).unwrap().kept(), 0);
    }

    #[test]
    fn nothing_is_captured_that_was_not_authorised() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        assert!(tell(&mut book, order, "c", CAPTURE).is_err());
        let declining = Wish::Authorize { amount: AMOUNT, manner: Manner::Declining };
        assert_eq!(tell(&mut book, order, "a", declining), Ok(EntryKind::Declined));
        assert!(tell(&mut book, order, "c", CAPTURE).is_err());
    }

    #[test]
    fn a_key_is_not_good_for_two_different_commands() {
        let (mut book, order) = (Book::default(), OrderId::generate());
        tell(&mut book, order, "k", AUTHORIZE).unwrap();
        let other = Wish::Authorize { amount: Money::new(1, Currency::USD), manner: Manner::Plain };
        for wish in [CAPTURE, other, Wish::Void] {
            assert!(tell(&mut book, order, "k", wish).unwrap_err().reference.is_none(), "{wish:?}");
        }
    }
}
