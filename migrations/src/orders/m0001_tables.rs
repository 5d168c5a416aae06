//! The first tables of orders: what was ordered and how far it got, and the outbox of its events.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, string_null, text, text_null},
};

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Orders {
    Table,
    Id,
    Session,
    Key,
    Fingerprint,
    Status,
    PlacedAt,
    ChangedAt,
    Currency,
    ItemsMinor,
    ShippingMinor,
    DiscountMinor,
    TotalMinor,
    Email,
    Address,
    Lines,
    Cart,
    CartVersion,
    Coupon,
    PaidWith,
    TrackingId,
    Failure,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let known = ["pending", "confirmed", "failed", "cancelling", "cancelled"];
        let total =
            Expr::col(Orders::ItemsMinor).add(Expr::col(Orders::ShippingMinor)).sub(Expr::col(Orders::DiscountMinor));
        let orders = Table::create()
            .table(Orders::Table)
            .col(string(Orders::Id).primary_key())
            .col(string(Orders::Session))
            .col(string(Orders::Key))
            .col(string(Orders::Fingerprint))
            .col(string(Orders::Status).check(Expr::col(Orders::Status).is_in(known)))
            .col(big_integer(Orders::PlacedAt))
            .col(big_integer(Orders::ChangedAt))
            .col(string(Orders::Currency))
            .col(big_integer(Orders::ItemsMinor).check(Expr::col(Orders::ItemsMinor).gte(0)))
            .col(big_integer(Orders::ShippingMinor).check(Expr::col(Orders::ShippingMinor).gte(0)))
            .col(big_integer(Orders::DiscountMinor).check(Expr::col(Orders::DiscountMinor).gte(0)))
            .col(big_integer(Orders::TotalMinor).check(Expr::col(Orders::TotalMinor).gte(0)))
            .col(string(Orders::Email))
            .col(text(Orders::Address))
            .col(text(Orders::Lines))
            .col(string(Orders::Cart))
            .col(big_integer(Orders::CartVersion))
            .col(string_null(Orders::Coupon))
            .col(string(Orders::PaidWith))
            .col(string_null(Orders::TrackingId))
            .col(text_null(Orders::Failure))
            .check(Expr::col(Orders::TotalMinor).eq(total))
            .take();
        manager.create_table(orders).await?;

        // One order per key is a constraint, so that two that arrive at once cannot both be placed.
        let keys = Index::create()
            .name("orders_session_key")
            .table(Orders::Table)
            .col(Orders::Session)
            .col(Orders::Key)
            .unique()
            .take();
        manager.create_index(keys).await?;

        // Recovery looks every second, and nearly always there is nothing in here.
        let unsettled = Index::create()
            .name("orders_unsettled")
            .table(Orders::Table)
            .col(Orders::Status)
            .and_where(Expr::col(Orders::Status).is_in(["pending", "cancelling"]))
            .take();
        manager.create_index(unsettled).await?;

        standard::outbox(manager).await
    }
}
