//! The first tables of orders, and the outbox of its events.

use sea_orm_migration::prelude::*;

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        standard::outbox(manager).await
    }
}
