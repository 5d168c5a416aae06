//! The exchange office as callers see it, and the properties of its arithmetic.

use std::sync::Arc;

use currency_contract::{Currency as CurrencyContract, CurrencyError};
use proptest::prelude::*;
use runtime::{Durability, Runtime};
use seam::{Call, Edges, Fault, ModuleName, Seat};
use testkit::Folder;
use vocabulary::{Currency, Money};

use crate::{CurrencyModule, Rates, seed};

const TESTER: ModuleName = ModuleName::new("test");

async fn office() -> (Folder, Arc<dyn CurrencyContract>) {
    let folder = Folder::new();
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    let database =
        runtime.database::<migrations::currency::Migrator>("currency", Durability::Rebuildable).await.unwrap();
    seed::seed(&database).await.unwrap();
    seed::seed(&database).await.unwrap();
    let module = CurrencyModule::start(database).await.unwrap();
    (folder, Seat::here(Arc::new(module), &Edges::default()).asked_by(TESTER))
}

fn call() -> Call {
    Call::without_deadline(TESTER)
}

fn code(text: &str) -> Currency {
    text.parse().unwrap()
}

#[tokio::test]
async fn the_six_that_every_load_script_chooses_come_first() {
    let (_folder, office) = office().await;

    let supported = office.supported(&call()).await.unwrap();

    assert_eq!(supported[..6], ["EUR", "USD", "JPY", "CAD", "GBP", "TRY"].map(code));
    assert_eq!(supported.len(), 11);
}

#[tokio::test]
async fn amounts_are_converted_in_the_order_given_and_rounded_to_the_minor_unit() {
    let (_folder, office) = office().await;
    let amounts = vec![Money::new(1_999, Currency::USD), Money::new(0, Currency::USD), Money::new(100, Currency::EUR)];

    let yen = office.convert_many(&call(), amounts, Currency::JPY).await.unwrap();

    // 19.99 / 1.0842 * 163.25 = 3009.95
    assert_eq!(yen, [3_010, 0, 163].map(|minor| Money::new(minor, Currency::JPY)));
}

#[tokio::test]
async fn what_has_no_rate_is_named() {
    let (_folder, office) = office().await;
    let unsupported = |currency| Err(Fault::Domain(CurrencyError::Unsupported { currency }));

    assert_eq!(office.convert_many(&call(), vec![], code("XYZ")).await, unsupported(code("XYZ")));
    let odd = vec![Money::new(1, code("ISK"))];
    assert_eq!(office.convert_many(&call(), odd, Currency::EUR).await, unsupported(code("ISK")));
}

#[tokio::test]
async fn an_amount_that_would_not_fit_is_refused() {
    let (_folder, office) = office().await;
    let huge = vec![Money::new(i64::MAX, Currency::EUR)];

    let lira = office.convert_many(&call(), huge, code("TRY")).await;

    assert_eq!(lira, Err(Fault::Domain(CurrencyError::TooLarge)));
}

fn two_rates(dollars: i64, lira: i64) -> Rates {
    let rates = [(Currency::USD, dollars), (code("TRY"), lira)];
    Rates { shown: rates.map(|(currency, _)| currency).to_vec(), micros_per_euro: rates.into() }
}

proptest! {
    #[test]
    fn an_amount_in_its_own_currency_stays_what_it_is(minor in any::<i64>(), rate in 1_i64..1_000_000_000) {
        let money = Money::new(minor, Currency::USD);
        prop_assert_eq!(two_rates(rate, 1).convert(money, Currency::USD).unwrap(), money);
    }

    #[test]
    fn there_and_back_loses_half_a_cent_of_the_coarser_at_most(
        minor in -1_000_000_000_i64..1_000_000_000,
        dollars in 1_000_i64..1_000_000_000,
        factor in 1_i64..100,
    ) {
        let rates = two_rates(dollars, dollars * factor);
        let there = rates.convert(Money::new(minor, Currency::USD), code("TRY")).unwrap();
        let back = rates.convert(there, Currency::USD).unwrap();
        prop_assert_eq!(back.minor, minor);
    }
}
