//! The first tables of payments: one row per order that was to be paid.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, string, string_null},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Payments {
    Table,
    OrderId,
    Status,
    AmountMinor,
    Currency,
    Network,
    LastFour,
    Reference,
    Reason,
    AskedAt,
    ChangedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let known = ["pending", "authorized", "declined", "captured", "voided", "refunding", "refunded"];
        // A payment that was given up before it was asked for has no amount; every other one has.
        let has_amount =
            Expr::col(Payments::AmountMinor).is_not_null().and(Expr::col(Payments::Currency).is_not_null());
        let payments = Table::create()
            .table(Payments::Table)
            .col(string(Payments::OrderId).primary_key())
            .col(string(Payments::Status).check(Expr::col(Payments::Status).is_in(known)))
            .col(big_integer_null(Payments::AmountMinor).check(Expr::col(Payments::AmountMinor).gte(0)))
            .col(string_null(Payments::Currency))
            .col(string_null(Payments::Network))
            // Four digits, so that nobody ever stores the rest.
            .col(
                string_null(Payments::LastFour)
                    .check(Expr::expr(Func::char_length(Expr::col(Payments::LastFour))).eq(4)),
            )
            .col(string_null(Payments::Reference))
            .col(string_null(Payments::Reason))
            .col(big_integer(Payments::AskedAt))
            .col(big_integer(Payments::ChangedAt))
            .check(Expr::col(Payments::Status).eq("voided").or(has_amount))
            .take();
        manager.create_table(payments).await
    }
}
