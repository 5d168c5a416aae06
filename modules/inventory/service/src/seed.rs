//! What is on the shelf on the first day.

use std::convert::Infallible;

use runtime::{Database, Stored as _};
use sea_orm::{ActiveValue::Set, DbErr, EntityTrait as _, PaginatorTrait as _};
use seam::Failure;
use vocabulary::Sku;

use crate::tables::stock;

/// The products of the boutique that published workloads buy: there are always enough of them.
const BOUTIQUE: [&str; 9] = [
    "OLJCESPC7Z",
    "66VCHSJNUP",
    "1YMWWN1N4O",
    "L9ECAV7KIM",
    "2ZYFJ3GM2N",
    "0PUK6V6EV0",
    "LS4PSXUNUM",
    "9SIQT8TOJO",
    "6E92ZMYYFZ",
];

/// Units of each product of the boutique.
const BOUTIQUE_UNITS: i64 = 1_000_000_000;

/// Products per statement: six values each, and SQLite takes 32,766 values at most.
const ROWS_AT_ONCE: usize = 1_000;

/// How many units of a product there are on the first day: 1,000,000,000 of the nine of the boutique, and 20 to 500 of any
/// other, always the same for the same product.
#[must_use]
pub fn initial_units(sku: &Sku) -> i64 {
    if BOUTIQUE.contains(&sku.as_str()) {
        return BOUTIQUE_UNITS;
    }
    // FNV-1a: any hash would do that stays the same for ever, which those of the standard library need not.
    let hash = sku
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    20 + i64::try_from((hash >> 17) % 481).expect("a remainder of 481 fits")
}

/// Puts the first units of all products on the shelf. Does nothing when there is anything on it already.
///
/// # Errors
/// When the database refuses; nothing has been stored then.
pub async fn seed(database: &Database, skus: &[Sku]) -> Result<(), DbErr> {
    if stock::Entity::find().count(database.reader()).await? > 0 {
        return Ok(());
    }
    let skus = skus.to_vec();
    let stored = database.write(move |tx| {
        Box::pin(async move {
            for some in skus.chunks(ROWS_AT_ONCE) {
                let rows = some.iter().map(first_day);
                let once = stock::Entity::insert_many(rows).on_conflict_do_nothing_on([stock::Column::Sku]);
                once.exec_without_returning(tx).await.stored()?;
            }
            Ok(())
        })
    });
    stored.await.map_err(|failure: Failure<Infallible>| match failure {
        Failure::Unavailable(reason) => DbErr::Custom(reason),
        Failure::Domain(never) => match never {},
    })
}

fn first_day(sku: &Sku) -> stock::ActiveModel {
    let units = initial_units(sku);
    stock::ActiveModel {
        sku: Set(sku.to_string()),
        initial: Set(units),
        restocked: Set(0),
        on_hand: Set(units),
        held: Set(0),
        sold: Set(0),
    }
}
