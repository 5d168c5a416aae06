//! The promises of [`Database`](super::Database), on real files.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};
use sea_orm_migration::prelude::*;
use testkit::{Folder, eventually};
use tokio::sync::oneshot;

use super::*;
use crate::Shutdown;

#[derive(Debug, PartialEq)]
struct Refused;

/// A migrator whose list of migrations is given by name; `broken` fails after it has changed something.
macro_rules! migrator {
    ($migrator:ident, $($name:literal),+) => {
        struct $migrator;

        #[async_trait::async_trait]
        impl MigratorTrait for $migrator {
            fn migrations() -> Vec<Box<dyn MigrationTrait>> {
                vec![$(Box::new(Table($name))),+]
            }

            fn migration_table_name() -> DynIden {
                "till_migrations".into_iden()
            }
        }
    };
}

migrator!(First, "m0001_sales");
migrator!(Second, "m0001_sales", "m0002_refunds");
migrator!(Broken, "m0001_sales", "m0002_broken");

struct Table(&'static str);

impl MigrationName for Table {
    fn name(&self) -> &str {
        self.0
    }
}

#[expect(elided_lifetimes_in_paths, reason = "`async_trait` makes a written one early-bound, which sea-orm's is not")]
#[async_trait::async_trait]
impl MigrationTrait for Table {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let create =
            format!("CREATE TABLE {} (id INTEGER PRIMARY KEY, units INTEGER NOT NULL CHECK (units >= 0))", self.0);
        manager.get_connection().execute_unprepared(&create).await?;
        if self.0.ends_with("broken") { Err(DbErr::Custom("it breaks".to_owned())) } else { Ok(()) }
    }
}

async fn till(folder: &Folder) -> Database {
    let database = Database::open(folder.path(), "till", Durability::Full).await.unwrap();
    database.migrate::<First>().await.unwrap();
    database
}

async fn sell(on: &impl ConnectionTrait, units: i64) -> Result<(), DbErr> {
    let insert = "INSERT INTO m0001_sales (units) VALUES (?)";
    on.execute_raw(Statement::from_sql_and_values(DatabaseBackend::Sqlite, insert, [units.into()])).await.map(|_| ())
}

async fn sales(database: &Database) -> i64 {
    let count = Statement::from_string(DatabaseBackend::Sqlite, "SELECT count(*) AS sales FROM m0001_sales");
    let row = database.reader().query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "sales").unwrap()
}

#[tokio::test]
async fn a_unit_is_stored_when_it_answers_and_not_when_it_refuses() {
    let folder = Folder::new();
    let till = till(&folder).await;

    let answered: Result<i64, Failure<Refused>> =
        till.write(|tx| Box::pin(async move { sell(tx, 1).await.stored().map(|()| 7) })).await;
    let refused: Result<(), Failure<Refused>> = till
        .write(|tx| {
            Box::pin(async move {
                sell(tx, 1).await.stored()?;
                Err(Refused.into())
            })
        })
        .await;

    assert_eq!(answered.unwrap(), 7);
    assert!(matches!(refused, Err(Failure::Domain(Refused))), "{refused:?}");
    assert_eq!(sales(&till).await, 1);
}

#[tokio::test]
async fn a_unit_whose_caller_goes_away_is_stored_all_the_same() {
    let folder = Folder::new();
    let till = till(&folder).await;
    let (go_on, wait) = oneshot::channel::<()>();
    let (begin, begun) = oneshot::channel::<()>();

    let caller = tokio::spawn({
        let till = till.clone();
        async move {
            till.write::<(), Refused, _>(|tx| {
                Box::pin(async move {
                    sell(tx, 1).await.stored()?;
                    begin.send(()).unwrap();
                    wait.await.unwrap();
                    sell(tx, 2).await.stored()
                })
            })
            .await
        }
    });
    begun.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(sales(&till).await, 0, "nothing is seen before the commit");
    go_on.send(()).unwrap();

    eventually("both sales are stored", || async { sales(&till).await == 2 }).await;
}

#[tokio::test]
async fn a_unit_that_panics_is_rolled_back_and_the_next_one_works() {
    let folder = Folder::new();
    let till = till(&folder).await;

    let caller = tokio::spawn({
        let till = till.clone();
        async move {
            till.write::<(), Refused, _>(|tx| {
                Box::pin(async move {
                    sell(tx, 1).await.stored()?;
                    panic!("a defect")
                })
            })
            .await
        }
    });

    assert!(caller.await.unwrap_err().is_panic());
    till.write::<(), Refused, _>(|tx| Box::pin(async move { sell(tx, 1).await.stored() })).await.unwrap();
    assert_eq!(sales(&till).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_take_turns_also_between_processes() {
    let folder = Folder::new();
    let (one, other) = (till(&folder).await, till(&folder).await);

    let mut writers = tokio::task::JoinSet::new();
    for turn in 0..60 {
        let till = if turn % 2 == 0 { one.clone() } else { other.clone() };
        writers.spawn(async move {
            till.write::<(), Refused, _>(|tx| Box::pin(async move { sell(tx, 1).await.stored() })).await
        });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }

    assert_eq!(sales(&other).await, 60);
}

#[tokio::test]
async fn readers_refuse_to_write_and_do_not_wait_for_the_writer() {
    let folder = Folder::new();
    let till = till(&folder).await;
    let reading = till.clone();

    let refused = sell(till.reader(), 1).await.unwrap_err().to_string();
    assert!(refused.contains("readonly"), "{refused}");
    let seen = till
        .write::<i64, Refused, _>(move |tx| {
            Box::pin(async move {
                sell(tx, 1).await.stored()?;
                Ok(sales(&reading).await)
            })
        })
        .await;
    assert_eq!(seen.unwrap(), 0);
}

#[tokio::test]
async fn what_a_constraint_forbids_is_not_stored() {
    let folder = Folder::new();
    let till = till(&folder).await;

    let broken = till.write::<(), Refused, _>(|tx| Box::pin(async move { sell(tx, -1).await.stored() })).await;

    let Err(Failure::Unavailable(reason)) = broken else { panic!("{broken:?}") };
    assert!(reason.contains("CHECK"), "{reason}");
}

#[tokio::test]
async fn a_commit_rings_and_a_roll_back_does_not() {
    let folder = Folder::new();
    let till = till(&folder).await;
    let mut commits = till.commits();

    let _ = till.write::<(), _, _>(|_| Box::pin(async move { Err(Refused.into()) })).await;
    assert!(futures_util::FutureExt::now_or_never(commits.next()).is_none());
    till.write::<(), Refused, _>(|_| Box::pin(async move { Ok(()) })).await.unwrap();
    commits.next().await;
}

#[tokio::test]
async fn migrations_are_applied_once_and_added_to() {
    let folder = Folder::new();
    let database = Database::open(folder.path(), "till", Durability::Full).await.unwrap();

    assert!(database.migrate::<First>().await.unwrap());
    assert!(!database.migrate::<First>().await.unwrap());
    assert!(database.migrate::<Second>().await.unwrap());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    let till = till(&folder).await;

    let error = till.migrate::<Broken>().await.unwrap_err();

    assert!(matches!(error, DatabaseError::Migration { .. }), "{error}");
    assert!(till.migrate::<Second>().await.unwrap(), "nothing of the broken one is left");
    let left = till.reader().execute_unprepared("SELECT * FROM m0002_broken").await;
    assert!(left.unwrap_err().to_string().contains("no such table"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    till(&folder).await.migrate::<Second>().await.unwrap();

    let database = Database::open(folder.path(), "till", Durability::Full).await.unwrap();
    let error = database.migrate::<First>().await.unwrap_err().to_string();

    assert!(error.contains("newer version") && error.contains("m0002_refunds") && error.contains("till.db"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path().join("till.db");
    fs::write(&path, "these are my holiday plans").unwrap();

    let error = Database::open(folder.path(), "till", Durability::Full).await.unwrap_err();

    assert!(matches!(error, DatabaseError::NotADatabase { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "these are my holiday plans");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("till.db")).unwrap();

    let error = Database::open(folder.path(), "till", Durability::Full).await.unwrap_err();

    assert!(matches!(error, DatabaseError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("till.db"), "{error}");
}

#[tokio::test]
async fn a_path_may_have_any_letter() {
    let folder = Folder::new();
    let odd = folder.path().join("50% off? #1 & more");
    fs::create_dir(&odd).unwrap();

    Database::open(&odd, "till", Durability::Rebuildable).await.unwrap().migrate::<First>().await.unwrap();

    assert!(odd.join("till.db").exists());
}

#[tokio::test]
async fn closing_folds_the_log_into_the_file() {
    let folder = Folder::new();
    let till = till(&folder).await;
    till.write::<(), Refused, _>(|tx| Box::pin(async move { sell(tx, 1).await.stored() })).await.unwrap();
    assert_eq!(sales(&till).await, 1);

    till.close().await.unwrap();

    assert!(!folder.path().join("till.db-wal").exists());
    let after = till.write::<(), Refused, _>(|_| Box::pin(async move { Ok(()) })).await;
    assert!(matches!(after, Err(Failure::Unavailable(_))), "{after:?}");
}

#[tokio::test]
async fn memory_follows_what_any_process_commits() {
    let folder = Folder::new();
    let mine = till(&folder).await;
    // A second pool of connections is what another process has.
    let theirs = Database::open(folder.path(), "till", Durability::Full).await.unwrap();
    let (known, shutdown) = (Arc::new(AtomicI64::new(-1)), Shutdown::by_hand(Duration::from_secs(5)));
    let following = {
        let (database, known) = (mine.clone(), known.clone());
        let refresh = move || {
            let (database, known) = (database.clone(), known.clone());
            async move {
                known.store(sales(&database).await, Relaxed);
                Ok::<_, DbErr>(())
            }
        };
        tokio::spawn(mine.clone().follow(shutdown.clone(), refresh))
    };

    for (database, sold) in [(&theirs, 1), (&mine, 2), (&theirs, 3)] {
        database.store(|tx| Box::pin(sell(tx, 1))).await.unwrap();
        eventually("memory has what was committed", || async { known.load(Relaxed) == sold }).await;
    }
    shutdown.request();
    following.await.unwrap();
}
