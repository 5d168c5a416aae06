//! The first tables of currency.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, string},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Rates {
    Table,
    Currency,
    Position,
    MicrosPerEuro,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Rates::Table)
                    .col(string(Rates::Currency).primary_key())
                    .col(integer(Rates::Position))
                    .col(big_integer(Rates::MicrosPerEuro).check(Expr::col(Rates::MicrosPerEuro).gt(0)))
                    .take(),
            )
            .await
    }
}
