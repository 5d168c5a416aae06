//! The first tables of accounts: people, what they may do, their sessions and where they live.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string, text},
};

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum People {
    Table,
    Id,
    Email,
    EmailKey,
    Name,
    PasswordHash,
    MadeAt,
}

#[derive(DeriveIden)]
enum Roles {
    Table,
    Person,
    Role,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    TokenHash,
    Person,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Addresses {
    Table,
    Person,
    Digest,
    Address,
    Used,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The address as it was typed is where mails go; its key, in small letters, is what makes it one person's.
        let people = Table::create()
            .table(People::Table)
            .col(string(People::Id).primary_key())
            .col(string(People::Email))
            .col(string(People::EmailKey).unique_key())
            .col(string(People::Name))
            .col(string(People::PasswordHash))
            .col(big_integer(People::MadeAt))
            .take();
        manager.create_table(people).await?;

        let roles = Table::create()
            .table(Roles::Table)
            .col(string(Roles::Person))
            .col(string(Roles::Role))
            .primary_key(Index::create().col(Roles::Person).col(Roles::Role))
            .take();
        manager.create_table(roles).await?;

        let sessions = Table::create()
            .table(Sessions::Table)
            .col(string(Sessions::TokenHash).primary_key())
            .col(string(Sessions::Person))
            .col(big_integer(Sessions::ExpiresAt))
            .take();
        manager.create_table(sessions).await?;
        let by_expiry = Index::create().name("sessions_expiry").table(Sessions::Table).col(Sessions::ExpiresAt).take();
        manager.create_index(by_expiry).await?;

        // `used` counts up per person, so that the one used last is known whatever the clock did.
        let addresses = Table::create()
            .table(Addresses::Table)
            .col(string(Addresses::Person))
            .col(string(Addresses::Digest))
            .col(text(Addresses::Address))
            .col(big_integer(Addresses::Used))
            .primary_key(Index::create().col(Addresses::Person).col(Addresses::Digest))
            .take();
        manager.create_table(addresses).await
    }
}
