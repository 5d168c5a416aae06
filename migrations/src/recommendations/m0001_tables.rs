//! The first tables of recommendations, and the inbox of the events it hears.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
};

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum BoughtTogether {
    Table,
    One,
    Other,
    Times,
}

#[derive(DeriveIden)]
enum Neighbourhood {
    Table,
    Sku,
    Position,
    Street,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(BoughtTogether::Table)
                    .col(string(BoughtTogether::One))
                    .col(string(BoughtTogether::Other))
                    .col(big_integer(BoughtTogether::Times).check(Expr::col(BoughtTogether::Times).gt(0)))
                    .primary_key(Index::create().col(BoughtTogether::One).col(BoughtTogether::Other))
                    // A pair is kept once, the smaller id first.
                    .check(Expr::col(BoughtTogether::One).lt(Expr::col(BoughtTogether::Other)))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Neighbourhood::Table)
                    .col(string(Neighbourhood::Sku).primary_key())
                    .col(big_integer(Neighbourhood::Position))
                    .col(string(Neighbourhood::Street))
                    .take(),
            )
            .await?;
        standard::inbox(manager).await
    }
}
