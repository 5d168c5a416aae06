//! Brings a database up to date, quickly when there is nothing to do.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait as _, DatabaseBackend, DbErr, QueryResult, Statement, TransactionTrait as _};
use sea_orm_migration::MigratorTrait;

use super::{Database, DatabaseError, immediate};

impl Database {
    /// Applies the migrations that are missing, all in one transaction; returns whether there were any.
    ///
    /// # Errors
    /// When the database was written by a newer version, or a migration fails: the file is then as it was before.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<bool, DatabaseError> {
        let failed = |source| DatabaseError::Migration { path: self.path().to_owned(), source };
        let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        let applied = self.applied::<M>().await?;
        if let Some(unknown) = applied.iter().find(|name| !known.contains(name)) {
            return Err(DatabaseError::Newer { path: self.path().to_owned(), unknown: unknown.clone() });
        }
        if known.iter().all(|name| applied.contains(name)) {
            return Ok(false);
        }
        // A replica that starts at the same time waits here and then finds nothing left to do.
        let transaction = self.opened.writer.begin_with_options(immediate()).await.map_err(failed)?;
        M::up(&transaction, None).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// The names of the applied migrations, without the several statements that the migrator would need to find out.
    async fn applied<M: MigratorTrait>(&self) -> Result<BTreeSet<String>, DatabaseError> {
        let table = M::migration_table_name().to_string();
        let statement = Statement::from_string(DatabaseBackend::Sqlite, format!("SELECT version FROM \"{table}\""));
        match self.opened.writer.query_all_raw(statement).await {
            Ok(rows) => rows.iter().map(version).collect::<Result<_, _>>().map_err(|source| self.failed(source)),
            Err(error) if error.to_string().contains("no such table") => Ok(BTreeSet::new()),
            Err(error) if error.to_string().contains("file is not a database") => {
                Err(DatabaseError::NotADatabase { path: self.path().to_owned() })
            }
            Err(source) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: DbErr) -> DatabaseError {
        DatabaseError::Failed { path: self.path().to_owned(), source }
    }
}

fn version(row: &QueryResult) -> Result<String, DbErr> {
    row.try_get("", "version")
}
