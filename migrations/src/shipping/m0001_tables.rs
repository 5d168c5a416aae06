//! The first table of shipping: what was sent, and what may not be sent any more.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, string_null, text_null},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Shipments {
    Table,
    OrderId,
    Status,
    TrackingId,
    Address,
    Contents,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Number, address and contents are missing where an order was called back before it was ever sent.
        let shipments = Table::create()
            .table(Shipments::Table)
            .col(string(Shipments::OrderId).primary_key())
            .col(string(Shipments::Status).check(Expr::col(Shipments::Status).is_in([
                "sent",
                "called-back",
                "tombstone",
            ])))
            .col(string_null(Shipments::TrackingId))
            .col(text_null(Shipments::Address))
            .col(text_null(Shipments::Contents))
            .col(big_integer(Shipments::At))
            .take();
        manager.create_table(shipments).await
    }
}
