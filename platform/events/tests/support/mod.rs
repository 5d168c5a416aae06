//! Two modules to test with: a till that publishes sales, and a ledger that adds them up.

#![expect(clippy::unwrap_used, reason = "in a test, the panic is the message")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use events::{ConsumeError, Consumer, Envelope, Inbox, Outbox};
use runtime::{Database, Durability, Runtime, Stored as _};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, DatabaseTransaction, FromQueryResult, Statement};
use sea_orm_migration::prelude::*;
use seam::Failure;
use serde::{Deserialize, Serialize};
use testkit::Folder;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sale {
    pub(crate) units: i64,
}

/// The publisher: its outbox, in a database of its own.
pub(crate) struct Till {
    pub(crate) database: Database,
    pub(crate) outbox: Outbox,
}

impl Till {
    pub(crate) async fn open(folder: &Folder) -> Self {
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database = runtime.database::<TillTables>("till", Durability::Full).await.unwrap();
        Self { outbox: Outbox::new(&database), database }
    }

    /// Publishes sales of these aggregates and units, all in one transaction.
    pub(crate) async fn sell(&self, sales: Vec<(String, i64)>) {
        let outbox = self.outbox.clone();
        let sold: Result<(), Failure<()>> = self
            .database
            .write(move |tx| {
                Box::pin(async move {
                    for (aggregate, units) in sales {
                        outbox.publish(tx, "till.sold", &aggregate, &Sale { units }).await.stored()?;
                    }
                    Ok(())
                })
            })
            .await;
        sold.unwrap();
    }

    /// Everything that was published, as a relay would hand it over.
    pub(crate) async fn history(&self) -> Vec<Envelope> {
        let select = "SELECT id, aggregate, sequence, kind, payload, trace, at FROM outbox ORDER BY id";
        let rows = self.database.reader().query_all_raw(sql(select, [])).await.unwrap();
        rows.iter()
            .map(|row| Envelope {
                source: "till".to_owned(),
                id: row.try_get("", "id").unwrap(),
                aggregate: row.try_get("", "aggregate").unwrap(),
                sequence: row.try_get("", "sequence").unwrap(),
                kind: row.try_get("", "kind").unwrap(),
                payload: serde_json::from_str(&row.try_get::<String>("", "payload").unwrap()).unwrap(),
                trace: row.try_get("", "trace").unwrap(),
                at: row.try_get("", "at").unwrap(),
            })
            .collect()
    }

    /// Does by hand what must never happen: one number twice, and the last event gone.
    pub(crate) async fn break_history(&self) {
        let broken: Result<(), Failure<()>> = self
            .database
            .write(|tx| {
                Box::pin(async move {
                    tx.execute_unprepared("UPDATE outbox SET sequence = 2 WHERE id = 1").await.stored()?;
                    tx.execute_unprepared("DELETE FROM outbox WHERE id = 6").await.stored()?;
                    Ok(())
                })
            })
            .await;
        broken.unwrap();
    }
}

/// The consumer: it books every sale, and is upset by negative ones (an error) and by zero (a panic).
pub(crate) struct Ledger {
    pub(crate) database: Database,
    pub(crate) inbox: Arc<Inbox<Books>>,
    pub(crate) books: Arc<Books>,
}

/// What the ledger does with events, and how often it was asked to.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) forgiving: std::sync::atomic::AtomicBool,
    pub(crate) attempts_on_bad: AtomicUsize,
    pub(crate) told: AtomicUsize,
}

/// One booked sale.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Booked {
    pub(crate) aggregate: String,
    pub(crate) sequence: i64,
}

impl Consumer for Books {
    fn module(&self) -> &'static str {
        "ledger"
    }

    async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
        let sale: Sale = event.open()?;
        let insert = "INSERT INTO booked (aggregate, sequence, units) VALUES (?, ?, ?)";
        let values = [event.aggregate.clone().into(), event.sequence.into(), sale.units.into()];
        tx.execute_raw(sql(insert, values)).await?;
        if sale.units > 0 || self.forgiving.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.attempts_on_bad.fetch_add(1, Ordering::Relaxed);
        assert_ne!(sale.units, 0, "a sale of nothing upsets the ledger");
        Err(ConsumeError::Failed("negative sales are not booked".to_owned()))
    }

    fn applied(&self, _event: &Envelope) {
        self.told.fetch_add(1, Ordering::Relaxed);
    }
}

impl Ledger {
    pub(crate) async fn open(folder: &Folder) -> Self {
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database = runtime.database::<LedgerTables>("ledger", Durability::Rebuildable).await.unwrap();
        let books = Arc::new(Books::default());
        Self { inbox: Arc::new(Inbox::new(&database, Arc::clone(&books))), database, books }
    }

    /// What is booked, in the order it was.
    pub(crate) async fn booked(&self) -> Vec<Booked> {
        let rows = sql("SELECT aggregate, sequence FROM booked ORDER BY id", []);
        Booked::find_by_statement(rows).all(self.database.reader()).await.unwrap()
    }
}

fn sql<const N: usize>(text: &str, values: [sea_orm::Value; N]) -> Statement {
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, text, values)
}

pub(crate) struct TillTables;
pub(crate) struct LedgerTables;
struct MakeTill;
struct MakeLedger;

#[async_trait::async_trait]
impl MigratorTrait for TillTables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(MakeTill)]
    }
}

#[async_trait::async_trait]
impl MigratorTrait for LedgerTables {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(MakeLedger)]
    }
}

impl MigrationName for MakeTill {
    fn name(&self) -> &'static str {
        "m0001_tables"
    }
}

impl MigrationName for MakeLedger {
    fn name(&self) -> &'static str {
        "m0001_tables"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "`async_trait` makes a written one early-bound, which sea-orm's is not")]
#[async_trait::async_trait]
impl MigrationTrait for MakeTill {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        migrations::standard::outbox(manager).await
    }
}

#[expect(elided_lifetimes_in_paths, reason = "`async_trait` makes a written one early-bound, which sea-orm's is not")]
#[async_trait::async_trait]
impl MigrationTrait for MakeLedger {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let booked =
            "CREATE TABLE booked (id INTEGER PRIMARY KEY, aggregate TEXT, sequence INTEGER, units INTEGER NOT NULL)";
        manager.get_connection().execute_unprepared(booked).await?;
        migrations::standard::inbox(manager).await
    }
}
