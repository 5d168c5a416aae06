//! The rates the shop opens with.

use runtime::Database;
use sea_orm::DbErr;

use crate::table;

/// Millionths of a currency for one euro, in the order in which visitors are shown them. Fixed, so that prices are the same in
/// every run.
const RATES: [(&str, i64); 11] = [
    ("EUR", 1_000_000),
    ("USD", 1_084_200),
    ("JPY", 163_250_000),
    ("CAD", 1_476_300),
    ("GBP", 842_100),
    ("TRY", 35_120_000),
    ("CHF", 954_400),
    ("SEK", 11_287_000),
    ("NOK", 11_620_500),
    ("DKK", 7_460_400),
    ("AUD", 1_631_500),
];

/// Fills an empty table of rates; one with rates is left as it is.
///
/// # Errors
/// When the database refuses.
pub async fn seed(database: &Database) -> Result<(), DbErr> {
    database
        .store(|tx| {
            Box::pin(async move {
                if table::load(tx).await?.is_empty() {
                    table::insert(tx, &RATES).await?;
                }
                Ok(())
            })
        })
        .await
}
