//! The publishing side: an event is written in the transaction that makes it true.

mod tables;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use runtime::{Database, clock};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};
use serde::Serialize;
use serde_json::Value;

use crate::Envelope;
use tables::outbox_positions;
pub(crate) use tables::{outbox, outbox_sequences};

/// The events of one module, in its own database. Cheap to clone; a service and its [`Relay`](crate::Relay) share one.
///
/// ```ignore
/// let outbox = self.outbox.clone();
/// self.database
///     .write(move |tx| Box::pin(async move {
///         store::insert(tx, &order).await.stored()?;
///         outbox.publish(tx, "orders.placed", &order.id.to_string(), &OrderPlaced::from(&order)).await.stored()?;
///         Ok(order)
///     }))
///     .await
/// ```
#[derive(Clone, Debug)]
pub struct Outbox {
    database: Database,
    trace: Option<Arc<str>>,
    /// Set by a unit of writing that published, so that the relay looks only after commits that matter to it.
    fresh: Arc<AtomicBool>,
}

/// How many events one consumer has not been handed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The consumer.
    pub consumer: String,
    /// The id up to which it has everything.
    pub position: i64,
    /// Events after that.
    pub waiting: u64,
}

impl Outbox {
    /// The outbox in this module's database, which has the tables of `migrations::standard::outbox`.
    #[must_use]
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone(), trace: None, fresh: Arc::default() }
    }

    /// The same outbox, whose events carry the `traceparent` of the call that causes them.
    #[must_use]
    pub fn traced(&self, traceparent: impl Into<Arc<str>>) -> Self {
        Self { trace: Some(traceparent.into()), ..self.clone() }
    }

    /// Publishes that `kind` (`module.what-happened`) happened to `aggregate` when the transaction commits, and never if it does
    /// not. The transaction must be one of the outbox's own database. Returns the event's id.
    ///
    /// # Errors
    /// When the database refuses, or the event cannot be written as JSON.
    pub async fn publish(
        &self,
        tx: &DatabaseTransaction,
        kind: &'static str,
        aggregate: &str,
        event: &(impl Serialize + Sync),
    ) -> Result<i64, DbErr> {
        let payload = serde_json::to_string(event).map_err(|error| DbErr::Json(error.to_string()))?;
        let sequence = next_sequence(tx, aggregate).await?;
        let row = outbox::ActiveModel {
            aggregate: Set(aggregate.to_owned()),
            sequence: Set(sequence),
            kind: Set(kind.to_owned()),
            payload: Set(payload),
            trace: Set(self.trace.as_deref().unwrap_or_default().to_owned()),
            at: Set(clock::now()),
            ..Default::default()
        };
        let id = outbox::Entity::insert(row).exec(tx).await?.last_insert_id;
        self.fresh.store(true, Ordering::Release);
        Ok(id)
    }

    /// How far each consumer has come. Everybody has everything when `waiting` is 0 for all.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn backlog(&self) -> Result<Vec<Backlog>, DbErr> {
        let reader = self.database.reader();
        let positions = outbox_positions::Entity::find().order_by_asc(outbox_positions::Column::Consumer).all(reader);
        let mut backlog = Vec::new();
        for position in positions.await? {
            let waiting = count_after(reader, position.position).await?;
            backlog.push(Backlog { consumer: position.consumer, position: position.position, waiting });
        }
        Ok(backlog)
    }

    /// Whether every consumer has been handed everything.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn is_drained(&self) -> Result<bool, DbErr> {
        Ok(self.backlog().await?.iter().all(|consumer| consumer.waiting == 0))
    }

    /// Removes events that all consumers have and that are older than `before` (milliseconds since the epoch). Returns how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune(&self, before: i64) -> Result<u64, DbErr> {
        let removed = self.database.write(move |tx| {
            Box::pin(async move {
                let everybody_has = Query::select()
                    .expr(Expr::col(outbox_positions::Column::Position).min())
                    .from(outbox_positions::Entity)
                    .take();
                let removed = outbox::Entity::delete_many()
                    .filter(Expr::col(outbox::Column::Id).lte(Expr::SubQuery(None, Box::new(everybody_has.into()))))
                    .filter(outbox::Column::At.lt(before))
                    .exec(tx)
                    .await;
                removed.map(|removed| removed.rows_affected).map_err(seam::Failure::Domain)
            })
        });
        removed.await.map_err(flatten)
    }

    /// The database that the events are written to, which is its module's.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Says whether something was published since it was asked last.
    pub(crate) fn take_fresh(&self) -> bool {
        self.fresh.swap(false, Ordering::AcqRel)
    }

    /// The id of the newest event; `None` when there is none.
    pub(crate) async fn newest(&self) -> Result<Option<i64>, DbErr> {
        let newest = outbox::Entity::find().select_only().column_as(outbox::Column::Id.max(), "newest");
        Ok(newest.into_tuple::<Option<i64>>().one(self.database.reader()).await?.flatten())
    }

    /// How far a consumer has come; `None` when it is not known yet.
    pub(crate) async fn position(&self, consumer: &str) -> Result<Option<i64>, DbErr> {
        let row = outbox_positions::Entity::find_by_id(consumer).one(self.database.reader()).await?;
        Ok(row.map(|row| row.position))
    }

    /// The next events after a position, oldest first.
    pub(crate) async fn after(&self, position: i64, limit: u64) -> Result<Vec<Envelope>, DbErr> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Id.gt(position))
            .order_by_asc(outbox::Column::Id)
            .limit(limit)
            .all(self.database.reader())
            .await?;
        Ok(rows.into_iter().map(|row| self.envelope(row)).collect())
    }

    /// Marks how far consumers have come. No position goes back, whoever else relays.
    pub(crate) async fn advance(&self, marks: Vec<(String, i64)>) -> Result<(), DbErr> {
        let marked = self.database.write(move |tx| {
            Box::pin(async move {
                for (consumer, position) in marks {
                    advance(tx, consumer, position).await.map_err(seam::Failure::Domain)?;
                }
                Ok(())
            })
        });
        marked.await.map_err(flatten)
    }

    fn envelope(&self, row: outbox::Model) -> Envelope {
        Envelope {
            source: self.database.module().to_owned(),
            id: row.id,
            aggregate: row.aggregate,
            sequence: row.sequence,
            kind: row.kind,
            // What was written is JSON; if the file was changed by hand, the consumer lays the letter aside.
            payload: serde_json::from_str(&row.payload).unwrap_or(Value::String(row.payload)),
            trace: row.trace,
            at: row.at,
        }
    }
}

/// Counts on from the last event about the aggregate, also when that has been pruned.
async fn next_sequence(tx: &DatabaseTransaction, aggregate: &str) -> Result<i64, DbErr> {
    let statement = Query::insert()
        .into_table(outbox_sequences::Entity)
        .columns([outbox_sequences::Column::Aggregate, outbox_sequences::Column::Last])
        .values_panic([aggregate.into(), 1_i64.into()])
        .on_conflict(
            OnConflict::column(outbox_sequences::Column::Aggregate)
                .value(
                    outbox_sequences::Column::Last,
                    Expr::col((outbox_sequences::Entity, outbox_sequences::Column::Last)).add(1),
                )
                .to_owned(),
        )
        .returning_col(outbox_sequences::Column::Last)
        .take();
    let row = tx.query_one(&statement).await?;
    row.ok_or_else(|| DbErr::RecordNotInserted)?.try_get("", "last")
}

async fn advance(tx: &DatabaseTransaction, consumer: String, position: i64) -> Result<(), DbErr> {
    let row = outbox_positions::ActiveModel { consumer: Set(consumer), position: Set(position) };
    let forward = OnConflict::column(outbox_positions::Column::Consumer)
        .update_column(outbox_positions::Column::Position)
        .action_and_where(
            Expr::col((outbox_positions::Entity, outbox_positions::Column::Position)).lt(Expr::value(position)),
        )
        .to_owned();
    outbox_positions::Entity::insert(row).on_conflict(forward).exec_without_returning(tx).await.map(|_| ())
}

async fn count_after(reader: &impl ConnectionTrait, position: i64) -> Result<u64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        waiting: i64,
    }
    let count = outbox::Entity::find()
        .select_only()
        .column_as(outbox::Column::Id.count(), "waiting")
        .filter(outbox::Column::Id.gt(position))
        .into_model::<Count>()
        .one(reader)
        .await?;
    Ok(count.map_or(0, |count| count.waiting.unsigned_abs()))
}

fn flatten(failure: seam::Failure<DbErr>) -> DbErr {
    match failure {
        seam::Failure::Domain(error) => error,
        seam::Failure::Unavailable(reason) => DbErr::Custom(reason),
    }
}
