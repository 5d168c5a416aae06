//! The schema of the cart module.

use sea_orm_migration::prelude::*;

mod m0001_tables;

/// Brings the database of cart up to date.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_tables::Migration)]
    }

    fn migration_table_name() -> DynIden {
        "cart_migrations".into_iden()
    }
}
