//! The tables that modules which publish or consume events have in common; `platform/events` reads and writes them.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, string, text},
};

#[derive(DeriveIden)]
enum Outbox {
    Table,
    Id,
    Aggregate,
    Sequence,
    Kind,
    Payload,
    Trace,
    At,
}

#[derive(DeriveIden)]
enum OutboxSequences {
    Table,
    Aggregate,
    Last,
}

#[derive(DeriveIden)]
enum OutboxPositions {
    Table,
    Consumer,
    Position,
}

#[derive(DeriveIden)]
enum Inbox {
    Table,
    Source,
    EventId,
}

#[derive(DeriveIden)]
enum DeadLetters {
    Table,
    Id,
    Source,
    EventId,
    Attempts,
    Reason,
    Envelope,
    FirstAt,
    BuriedAt,
}

/// Makes the tables of a module that publishes: events, the last number given out per aggregate, and how far each
/// consumer has come.
///
/// # Errors
/// When the database refuses a statement.
pub async fn outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // AUTOINCREMENT, so that the id of a pruned event is never given out again: consumers know events by it.
    manager
        .create_table(
            Table::create()
                .table(Outbox::Table)
                .col(ColumnDef::new(Outbox::Id).big_integer().not_null().auto_increment().primary_key())
                .col(string(Outbox::Aggregate))
                .col(big_integer(Outbox::Sequence))
                .col(string(Outbox::Kind))
                .col(text(Outbox::Payload))
                .col(string(Outbox::Trace))
                .col(big_integer(Outbox::At))
                .take(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(OutboxSequences::Table)
                .col(string(OutboxSequences::Aggregate).primary_key())
                .col(big_integer(OutboxSequences::Last))
                .take(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(OutboxPositions::Table)
                .col(string(OutboxPositions::Consumer).primary_key())
                .col(big_integer(OutboxPositions::Position))
                .take(),
        )
        .await
}

/// Makes the tables of a module that consumes: which events had their effect, and which could not have it.
///
/// # Errors
/// When the database refuses a statement.
pub async fn inbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table(Inbox::Table)
                .col(string(Inbox::Source))
                .col(big_integer(Inbox::EventId))
                .primary_key(Index::create().col(Inbox::Source).col(Inbox::EventId))
                .take(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table(DeadLetters::Table)
                .col(ColumnDef::new(DeadLetters::Id).big_integer().not_null().auto_increment().primary_key())
                .col(string(DeadLetters::Source))
                .col(big_integer(DeadLetters::EventId))
                .col(integer(DeadLetters::Attempts))
                .col(text(DeadLetters::Reason))
                .col(text(DeadLetters::Envelope))
                .col(big_integer(DeadLetters::FirstAt))
                .col(ColumnDef::new(DeadLetters::BuriedAt).big_integer().null())
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("dead_letters_event")
                .table(DeadLetters::Table)
                .col(DeadLetters::Source)
                .col(DeadLetters::EventId)
                .unique()
                .take(),
        )
        .await
}
