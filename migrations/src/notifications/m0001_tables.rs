//! The first table of notifications, the mails, and the inbox of the events they are written for.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, text},
};

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Mails {
    Table,
    OrderId,
    Kind,
    Session,
    Recipient,
    Subject,
    Html,
    Text,
    SentAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        standard::inbox(manager).await?;

        // One mail per order and kind, by the primary key.
        let mails = Table::create()
            .table(Mails::Table)
            .col(string(Mails::OrderId))
            .col(string(Mails::Kind))
            .col(string(Mails::Session))
            .col(string(Mails::Recipient))
            .col(string(Mails::Subject))
            .col(text(Mails::Html))
            .col(text(Mails::Text))
            .col(big_integer(Mails::SentAt))
            .primary_key(Index::create().col(Mails::OrderId).col(Mails::Kind))
            .take();
        manager.create_table(mails).await?;
        let by_session =
            Index::create().name("mails_session").table(Mails::Table).col(Mails::Session).col(Mails::SentAt).take();
        manager.create_index(by_session).await
    }
}
