//! A module's database: one SQLite file, one writer, a few readers.
//!
//! - **One writer.** SQLite lets one connection write at a time. Writers that wait in our queue are served in turn; writers
//!   that fight for the file's lock sleep and starve.
//! - **Units of writing are never dropped.** A caller may go away at any await; the unit runs in a task of its own and
//!   ends in a commit or a roll-back.
//! - **Small caches.** Thirteen processes with their readers fit a laptop; what is read often lives in a service's memory.

mod follow;
mod migrate;
mod open;
mod stored;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use seam::Failure;
use tokio::sync::watch;

pub use open::DatabaseError;
pub use stored::Stored;

/// What the loss of the machine's power may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged: each commit waits for the disk. For orders, payments, stock, and all that publishes.
    Full,
    /// The last commits, never the file: for what can be made again from elsewhere. The loss of a process takes nothing.
    Rebuildable,
}

/// The database of one module. Cheap to clone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let folder = testkit::Folder::new();
/// use runtime::{Database, Durability, Stored as _};
/// use seam::Failure;
/// use sea_orm::ConnectionTrait as _;
///
/// # #[derive(Debug)] struct SoldOut;
/// let database = Database::open(folder.path(), "inventory", Durability::Full).await.unwrap();
/// let left: Result<i64, Failure<SoldOut>> = database
///     .write(|tx| {
///         Box::pin(async move {
///             tx.execute_unprepared("CREATE TABLE stock (sku TEXT PRIMARY KEY, units INTEGER)").await.stored()?;
///             if false {
///                 return Err(SoldOut.into());          // rolls back
///             }
///             Ok(7)                                    // commits
///         })
///     })
///     .await;
/// assert_eq!(left.unwrap(), 7);
/// # }
/// ```
#[derive(Clone)]
pub struct Database {
    opened: Arc<Opened>,
}

struct Opened {
    module: &'static str,
    path: PathBuf,
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    commits: watch::Sender<u64>,
}

impl Database {
    /// Opens `<folder>/<module>.db`, which is made when missing. Its tables come from [`migrate`](Self::migrate).
    ///
    /// # Errors
    /// When the file cannot be read or written, or is no database.
    pub async fn open(folder: &Path, module: &'static str, durability: Durability) -> Result<Self, DatabaseError> {
        let path = folder.join(format!("{module}.db"));
        let (writer, readers) = open::open(&path, durability).await?;
        Ok(Self { opened: Arc::new(Opened { module, path, writer, readers, commits: watch::Sender::new(0) }) })
    }

    /// The connections for reading. They see what was committed when their statement began, wait for no writer, and
    /// refuse to write.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.opened.readers
    }

    /// Runs a unit of writing: all of it is stored when it answers `Ok`, nothing when it answers `Err` or panics.
    ///
    /// The unit runs in a task of its own and ends even when the caller has gone. It must not call another module: it
    /// holds the module's only writer, so that what it reads cannot change before it commits.
    ///
    /// # Errors
    /// Those of the unit; [`Failure::Unavailable`] when the database cannot be written.
    ///
    /// # Panics
    /// When the unit does, after it has been rolled back.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, Failure<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'tx> FnOnce(&'tx DatabaseTransaction) -> BoxFuture<'tx, Result<T, Failure<E>>> + Send + 'static,
    {
        let opened = Arc::clone(&self.opened);
        match tokio::spawn(opened.unit(unit)).await {
            Ok(ended) => ended,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Failure::unavailable("the process is ending")),
            },
        }
    }

    /// Runs a unit of writing that nobody can refuse but the database: what seeds and tools do. See [`write`](Self::write).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn store<T, F>(&self, unit: F) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: for<'tx> FnOnce(&'tx DatabaseTransaction) -> BoxFuture<'tx, Result<T, DbErr>> + Send + 'static,
    {
        let unit = self.write(move |tx| Box::pin(async move { unit(tx).await.map_err(Failure::Domain) }));
        unit.await.map_err(|failure| match failure {
            Failure::Domain(error) => error,
            Failure::Unavailable(reason) => DbErr::Custom(reason),
        })
    }

    /// A bell that rings after every commit made through this handle or its clones.
    #[must_use]
    pub fn commits(&self) -> Commits {
        Commits(self.opened.commits.subscribe())
    }

    /// The module this is the database of.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.opened.module
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// Waits for work in hand and closes all connections, so that the write-ahead log is folded into the file.
    ///
    /// # Errors
    /// When a connection cannot be closed in order; nothing that was committed is lost.
    pub async fn close(&self) -> Result<(), DatabaseError> {
        let failed = |source| DatabaseError::Failed { path: self.opened.path.clone(), source };
        self.opened.readers.close_by_ref().await.map_err(failed)?;
        self.opened.writer.close_by_ref().await.map_err(failed)
    }
}

impl Opened {
    async fn unit<T, E, F>(self: Arc<Self>, unit: F) -> Result<T, Failure<E>>
    where
        F: for<'tx> FnOnce(&'tx DatabaseTransaction) -> BoxFuture<'tx, Result<T, Failure<E>>> + Send,
    {
        let transaction = self.writer.begin_with_options(immediate()).await.stored()?;
        match unit(&transaction).await {
            Ok(answer) => {
                transaction.commit().await.stored()?;
                self.commits.send_modify(|count| *count += 1);
                Ok(answer)
            }
            Err(error) => {
                if let Err(problem) = transaction.rollback().await {
                    tracing::error!(module = self.module, %problem, "a unit of writing could not be rolled back");
                }
                Err(error)
            }
        }
    }
}

/// Takes the write lock at the beginning: a transaction that begins as a reader and then writes fails at once when
/// another has written in between, whatever `busy_timeout` says.
fn immediate() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.opened.path).finish_non_exhaustive()
    }
}

/// Rings after every commit to a database. See [`Database::commits`].
#[derive(Clone, Debug)]
pub struct Commits(watch::Receiver<u64>);

impl Commits {
    /// Waits for a commit that was made after the last wait ended; waits forever once the database is closed.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests;
