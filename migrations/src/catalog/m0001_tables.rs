//! The first tables of catalog, and the outbox of its events.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, string, text},
};

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Products {
    Table,
    Sku,
    Position,
    Name,
    Description,
    PriceCents,
    Shape,
    Hue,
    Variant,
}

#[derive(DeriveIden)]
enum Categories {
    Table,
    Slug,
    Position,
    Name,
}

#[derive(DeriveIden)]
enum ProductCategories {
    Table,
    Sku,
    Position,
    Slug,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Products::Table)
                    .col(string(Products::Sku).primary_key())
                    .col(big_integer(Products::Position).unique_key())
                    .col(string(Products::Name))
                    .col(text(Products::Description))
                    .col(big_integer(Products::PriceCents).check(Expr::col(Products::PriceCents).gte(0)))
                    .col(string(Products::Shape))
                    .col(integer(Products::Hue).check(Expr::col(Products::Hue).between(0, 359)))
                    .col(integer(Products::Variant).check(Expr::col(Products::Variant).gte(0)))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(Categories::Table)
                    .col(string(Categories::Slug).primary_key())
                    .col(integer(Categories::Position))
                    .col(string(Categories::Name))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(ProductCategories::Table)
                    .col(string(ProductCategories::Sku))
                    .col(integer(ProductCategories::Position))
                    .col(string(ProductCategories::Slug))
                    .primary_key(Index::create().col(ProductCategories::Sku).col(ProductCategories::Position))
                    .foreign_key(
                        ForeignKey::create()
                            .from(ProductCategories::Table, ProductCategories::Sku)
                            .to(Products::Table, Products::Sku),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from(ProductCategories::Table, ProductCategories::Slug)
                            .to(Categories::Table, Categories::Slug),
                    )
                    .take(),
            )
            .await?;
        standard::outbox(manager).await
    }
}
