//! The first tables of promotions.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, integer, integer_null, string, string_null, text},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Banners {
    Table,
    Position,
    Category,
    Text,
    Sku,
}

#[derive(DeriveIden)]
enum Coupons {
    Table,
    Code,
    Percent,
    EndsAt,
    Uses,
    MaxUses,
}

#[derive(DeriveIden)]
enum CouponAmounts {
    Table,
    Code,
    Currency,
    Minor,
}

#[derive(DeriveIden)]
enum Redemptions {
    Table,
    OrderId,
    Code,
    Currency,
    Minor,
    GivenBack,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Banners::Table)
                    .col(integer(Banners::Position).primary_key())
                    .col(string_null(Banners::Category))
                    .col(text(Banners::Text))
                    .col(string(Banners::Sku))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Coupons::Table)
                    .col(string(Coupons::Code).primary_key())
                    .col(integer_null(Coupons::Percent).check(Expr::col(Coupons::Percent).between(1, 100)))
                    .col(big_integer_null(Coupons::EndsAt))
                    .col(big_integer(Coupons::Uses).check(Expr::col(Coupons::Uses).gte(0)))
                    .col(big_integer(Coupons::MaxUses))
                    // A coupon is never used more often than it may be, whatever the service does.
                    .check(Expr::col(Coupons::Uses).lte(Expr::col(Coupons::MaxUses)))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(CouponAmounts::Table)
                    .col(string(CouponAmounts::Code))
                    .col(string(CouponAmounts::Currency))
                    .col(big_integer(CouponAmounts::Minor).check(Expr::col(CouponAmounts::Minor).gt(0)))
                    .primary_key(Index::create().col(CouponAmounts::Code).col(CouponAmounts::Currency))
                    .foreign_key(
                        ForeignKey::create()
                            .from(CouponAmounts::Table, CouponAmounts::Code)
                            .to(Coupons::Table, Coupons::Code),
                    )
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Redemptions::Table)
                    .col(string(Redemptions::OrderId).primary_key())
                    .col(string_null(Redemptions::Code))
                    .col(string_null(Redemptions::Currency))
                    .col(big_integer(Redemptions::Minor).check(Expr::col(Redemptions::Minor).gte(0)))
                    .col(boolean(Redemptions::GivenBack))
                    .col(big_integer(Redemptions::At))
                    .foreign_key(
                        ForeignKey::create()
                            .from(Redemptions::Table, Redemptions::Code)
                            .to(Coupons::Table, Coupons::Code),
                    )
                    .take(),
            )
            .await
    }
}
