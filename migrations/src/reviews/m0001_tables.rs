//! The first tables of reviews, and the inbox of the events it is fed by.

use sea_orm_migration::prelude::*;

use crate::standard;

#[derive(Debug, DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        standard::inbox(manager).await
    }
}
