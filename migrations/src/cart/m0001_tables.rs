//! The first tables of cart: the carts with their versions, and what is in them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Carts {
    Table,
    Cart,
    Version,
}

#[derive(DeriveIden)]
enum CartLines {
    Table,
    Cart,
    Sku,
    Quantity,
    Position,
    ChangedVersion,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An emptied cart keeps its row: were its version to start anew, a late `clear` could take out what came since.
        let carts = Table::create()
            .table(Carts::Table)
            .col(string(Carts::Cart).primary_key())
            .col(big_integer(Carts::Version))
            .take();
        manager.create_table(carts).await?;

        let lines = Table::create()
            .table(CartLines::Table)
            .col(string(CartLines::Cart))
            .col(string(CartLines::Sku))
            .col(big_integer(CartLines::Quantity).check(Expr::col(CartLines::Quantity).gt(0)))
            .col(big_integer(CartLines::Position))
            .col(big_integer(CartLines::ChangedVersion))
            .primary_key(Index::create().col(CartLines::Cart).col(CartLines::Sku))
            .take();
        manager.create_table(lines).await
    }
}
