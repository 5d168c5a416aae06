//! How the connections of a database are opened, and what is said when they cannot be.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, sqlx::sqlite::SqliteConnectOptions};
use thiserror::Error;

use super::Durability;

/// How long a writer in another process may hold the file before ours gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a statement may wait for its turn on a connection.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);
/// SQLite has a thread and a cache per connection, so that readers exist only while there is something to read.
const READER_IDLE: Duration = Duration::from_secs(20);
const MAX_READERS: u32 = 3;
/// Pages come from the operating system's cache through the map; the connection's own cache holds what is being changed.
const MAPPED_BYTES: &str = "67108864";
const CACHE_KIB: &str = "-512";
/// A write-ahead log that grew in a burst is cut back to this.
const WAL_BYTES: &str = "4194304";

/// Why a database cannot be used.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The file or its folder cannot be read and written.
    #[error("the database {} cannot be opened: {source}; check who owns it and its folder", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a SQLite database; move it away, or choose another data folder with --data", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A newer version has changed the tables in a way this one does not know.
    #[error(
        "the database {} was written by a newer version (it has {unknown}, which this one does not know); run that version, or choose another data folder with --data",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The applied migration that is not known here.
        unknown: String,
    },
    /// A migration failed; the file is as it was before.
    #[error("the database {} could not be brought up to date and is unchanged: {source}", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: DbErr,
    },
    /// Anything else.
    #[error("the database {} failed: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: DbErr,
    },
}

/// Opens the writer and prepares the readers, which open when they are needed.
pub(super) async fn open(
    path: &Path,
    durability: Durability,
) -> Result<(DatabaseConnection, DatabaseConnection), DatabaseError> {
    look_at_file(path)?;
    let failed = |source| DatabaseError::Failed { path: path.to_owned(), source };
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Rebuildable => "NORMAL",
    };

    let mut writer = pool(path, move |sqlite| {
        sqlite
            .create_if_missing(true)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
            .pragma("journal_size_limit", WAL_BYTES)
    });
    writer.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None);

    let mut readers = pool(path, |sqlite| sqlite.pragma("query_only", "ON"));
    readers.max_connections(MAX_READERS).min_connections(0).idle_timeout(READER_IDLE).max_lifetime(None);
    readers.connect_lazy(true);

    let writer = Database::connect(writer).await.map_err(failed)?;
    let readers = Database::connect(readers).await.map_err(failed)?;
    Ok((writer, readers))
}

fn pool(
    path: &Path,
    options: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    let path = path.to_owned();
    // The path goes in as it is below: as part of an address, a `?` or a `%` in it would mean something.
    let mut connect = ConnectOptions::new("sqlite:");
    connect
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .acquire_timeout(TURN_TIMEOUT)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let common = sqlite
                .filename(&path)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .pragma("temp_store", "MEMORY")
                .pragma("cache_size", CACHE_KIB)
                .pragma("mmap_size", MAPPED_BYTES);
            options(common)
        });
    connect
}

/// Finds what SQLite would only find at the first statement, and say in few words.
fn look_at_file(path: &Path) -> Result<(), DatabaseError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";

    let unreadable = |source| DatabaseError::Unreadable { path: path.to_owned(), source };
    let mut file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Made here, so that a folder that cannot be written is told apart from a broken database.
            File::options().write(true).create(true).truncate(false).open(path).map_err(unreadable)?;
            return Ok(());
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut head = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head.is_empty() || head == MAGIC {
        return Ok(());
    }
    Err(DatabaseError::NotADatabase { path: path.to_owned() })
}
