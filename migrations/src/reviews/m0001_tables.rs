//! The first tables of reviews, and the inbox of the events it hears.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, boolean, integer, string, text},
};

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Reviews {
    Table,
    Sku,
    Author,
    Name,
    Stars,
    Text,
    Verified,
    PostedAt,
}

#[derive(DeriveIden)]
enum Purchases {
    Table,
    Buyer,
    Sku,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Reviews::Table)
                    .col(string(Reviews::Sku))
                    .col(string(Reviews::Author))
                    .col(string(Reviews::Name))
                    .col(integer(Reviews::Stars).check(Expr::col(Reviews::Stars).between(1, 5)))
                    .col(text(Reviews::Text))
                    .col(boolean(Reviews::Verified))
                    .col(big_integer(Reviews::PostedAt))
                    .primary_key(Index::create().col(Reviews::Sku).col(Reviews::Author))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("reviews_latest")
                    .table(Reviews::Table)
                    .col(Reviews::Sku)
                    .col((Reviews::PostedAt, IndexOrder::Desc))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Purchases::Table)
                    .col(string(Purchases::Buyer))
                    .col(string(Purchases::Sku))
                    .primary_key(Index::create().col(Purchases::Buyer).col(Purchases::Sku))
                    .take(),
            )
            .await?;
        standard::inbox(manager).await
    }
}
