//! What is known before anything is bought: the catalogue's order, and what belongs together in it.

use runtime::Database;
use sea_orm::DbErr;
use vocabulary::Sku;

use crate::table;

/// Fills an empty table with the products in the catalogue's order, each with its first category; a table with products is left
/// as it is.
///
/// # Errors
/// When the database refuses.
pub async fn seed(database: &Database, products: &[(Sku, String)]) -> Result<(), DbErr> {
    let products = products.to_vec();
    database
        .store(move |tx| {
            Box::pin(async move {
                if table::neighbourhood(tx).await?.is_empty() {
                    table::insert_neighbourhood(tx, &products).await?;
                }
                Ok(())
            })
        })
        .await
}
