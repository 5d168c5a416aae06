//! Money: in other money.

use vocabulary::{Currency, Money};

use super::{currency, late};
use crate::parity::{Place, call, transcript::Transcript};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let rates = place.ask(|seats| &seats.currency);
    let prices = || vec![Money::new(1_999, Currency::USD), Money::new(-5, Currency::EUR), Money::zero(Currency::JPY)];

    told.answer("currencies", rates.supported(&call()).await);
    told.answer("prices in yen", rates.convert_many(&call(), prices(), Currency::JPY).await);
    told.answer("nothing", rates.convert_many(&call(), Vec::new(), Currency::EUR).await);
    told.refusal("Unsupported", rates.convert_many(&call(), prices(), currency("XXX")).await);
    let fortune = vec![Money::new(i64::MAX, Currency::EUR)];
    told.refusal("TooLarge", rates.convert_many(&call(), fortune, Currency::JPY).await);
    told.too_late(rates.supported(&late()).await);
}
