//! The first tables of inventory: the shelf, what is held of it, and the deliveries that were counted.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Stock {
    Table,
    Sku,
    Initial,
    Restocked,
    OnHand,
    Held,
    Sold,
}

#[derive(DeriveIden)]
enum Holds {
    Table,
    OrderId,
    State,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum HoldLines {
    Table,
    OrderId,
    Sku,
    Quantity,
}

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    Delivery,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // That nothing is sold twice is a constraint, so that no mistake in the service can break it.
        let balance = Expr::col(Stock::Initial)
            .add(Expr::col(Stock::Restocked))
            .eq(Expr::col(Stock::OnHand).add(Expr::col(Stock::Held)).add(Expr::col(Stock::Sold)));
        let stock = Table::create()
            .table(Stock::Table)
            .col(string(Stock::Sku).primary_key())
            .col(units(Stock::Initial))
            .col(units(Stock::Restocked))
            .col(units(Stock::OnHand))
            .col(units(Stock::Held))
            .col(units(Stock::Sold))
            .check(balance)
            .take();
        manager.create_table(stock).await?;

        let holds = Table::create()
            .table(Holds::Table)
            .col(string(Holds::OrderId).primary_key())
            .col(string(Holds::State).check(Expr::col(Holds::State).is_in([
                "held",
                "committed",
                "released",
                "tombstone",
            ])))
            .col(big_integer(Holds::ExpiresAt))
            .take();
        manager.create_table(holds).await?;
        let by_expiry =
            Index::create().name("holds_expiry").table(Holds::Table).col(Holds::State).col(Holds::ExpiresAt).take();
        manager.create_index(by_expiry).await?;

        let hold_lines = Table::create()
            .table(HoldLines::Table)
            .col(string(HoldLines::OrderId))
            .col(string(HoldLines::Sku))
            .col(big_integer(HoldLines::Quantity).check(Expr::col(HoldLines::Quantity).gt(0)))
            .primary_key(Index::create().col(HoldLines::OrderId).col(HoldLines::Sku))
            .take();
        manager.create_table(hold_lines).await?;

        let deliveries = Table::create()
            .table(Deliveries::Table)
            .col(string(Deliveries::Delivery).primary_key())
            .col(big_integer(Deliveries::At))
            .take();
        manager.create_table(deliveries).await
    }
}

/// A number of units, which is never below zero.
fn units(column: Stock) -> ColumnDef {
    let column = column.into_iden();
    let not_negative = Expr::col(column.clone()).gte(0);
    big_integer(column).check(not_negative).take()
}
