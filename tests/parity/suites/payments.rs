//! Payments: authorised, taken, given back, given up and refused.

use vocabulary::{Card, Currency, Money};

use super::{card, late, order};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{DECLINED_CARD, GOOD_CARD},
};

const PRICE: Money = Money::new(4_711, Currency::EUR);

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let payments = place.ask(|seats| &seats.payments);
    let authorize = async |number, amount, card: Card| payments.authorize(&call(), order(number), amount, card).await;
    let look_up = async |number| payments.look_up(&call(), order(number)).await;

    told.answer("no payment", look_up(1).await);
    told.answer("an authorisation", authorize(1, PRICE, card(GOOD_CARD)).await);
    told.answer("the same", authorize(1, PRICE, card(GOOD_CARD)).await);
    told.answer("set aside", look_up(1).await);
    told.refusal("OtherAmount", authorize(1, Money::new(1, Currency::EUR), card(GOOD_CARD)).await);
    told.refusal("Card", authorize(2, PRICE, Card { expiration_month: 13, ..card(GOOD_CARD) }).await);
    told.refusal("Declined", authorize(3, PRICE, card(DECLINED_CARD)).await);
    told.answer("declined", look_up(3).await);

    told.refusal("WrongState", payments.refund(&call(), order(1)).await);
    told.answer("taken", payments.capture(&call(), order(1)).await);
    told.answer("too late to give up", payments.void(&call(), order(1)).await);
    told.answer("given back", payments.refund(&call(), order(1)).await);
    told.answer("paid and given back", look_up(1).await);
    told.refusal("WrongState", payments.capture(&call(), order(4)).await);

    told.answer("another authorisation", authorize(5, PRICE, card(GOOD_CARD)).await);
    told.answer("given up", payments.void(&call(), order(5)).await);
    told.refusal("Voided", payments.capture(&call(), order(5)).await);
    told.refusal("Voided", authorize(5, PRICE, card(GOOD_CARD)).await);
    told.too_late(payments.void(&late(), order(1)).await);
}
