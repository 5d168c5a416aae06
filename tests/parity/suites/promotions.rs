//! Banners and coupons.

use vocabulary::{Currency, Money};

use super::{currency, late, order};
use crate::parity::{Place, call, transcript::Transcript};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let promotions = place.ask(|seats| &seats.promotions);
    let redeem = async |number, code: &str, currency: Currency| {
        promotions.redeem(&call(), order(number), code.to_owned(), Money::new(10_000, currency)).await
    };

    told.answer("banners", promotions.for_context(&call(), vec!["kitchen".to_owned()], 3).await);
    told.answer("any banners", promotions.for_context(&call(), Vec::new(), 20).await);
    told.answer("a tenth", redeem(1, "WELCOME10", Currency::EUR).await);
    told.answer("the same tenth", redeem(1, "WELCOME10", Currency::EUR).await);
    told.refusal("UnknownCoupon", redeem(2, "NONE \u{1f9e6}", Currency::EUR).await);
    told.refusal("OtherCurrency", redeem(2, "CLEAVE5", currency("CZK")).await);
    told.answer("the only use", redeem(3, "ONLYONE", Currency::EUR).await);
    told.refusal("UsedUp", redeem(4, "ONLYONE", Currency::EUR).await);
    told.answer("given back", promotions.give_back(&call(), order(3)).await);
    told.answer("used by another", redeem(5, "ONLYONE", Currency::EUR).await);
    told.refusal("UsedUp", redeem(6, "SUMMER24", Currency::EUR).await);
    told.too_late(promotions.give_back(&late(), order(5)).await);
}
