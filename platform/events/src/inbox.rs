//! The consuming side: what was done with an event is recorded in the transaction of its effect.

mod dead_letters;
mod tables;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use runtime::Database;
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait as _, TryInsertResult};
use seam::Failure;
use thiserror::Error;

use crate::{Delivered, Envelope};
pub use dead_letters::DeadLetter;
pub(crate) use tables::inbox;

/// How often an event is tried before it is laid aside.
const ATTEMPTS: i32 = 5;

/// What a module does with the events of others.
///
/// ```
/// use events::{ConsumeError, Consumer, Envelope};
/// use sea_orm::DatabaseTransaction;
///
/// struct Mails;
///
/// impl Consumer for Mails {
///     fn module(&self) -> &'static str { "notifications" }
///
///     async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
///         match event.kind.as_str() {
///             "orders.placed" => {
///                 let placed: serde_json::Value = event.open()?;
///                 // store::queue_mail(tx, ...).await?;
///                 Ok(())
///             }
///             _ => Ok(()),                 // of no interest here, also when it is new
///         }
///     }
/// }
/// ```
pub trait Consumer: Send + Sync + 'static {
    /// The module that consumes: its name is the consumer's.
    fn module(&self) -> &'static str;

    /// Gives the event its effect, in the transaction that records it as done: all of it, or an error. Kinds that are of no
    /// interest are `Ok(())`.
    ///
    /// # Errors
    /// When the event cannot have its effect. It is tried again, some times, and then laid aside.
    fn apply(
        &self,
        tx: &DatabaseTransaction,
        event: &Envelope,
    ) -> impl Future<Output = Result<(), ConsumeError>> + Send;

    /// Is told of each event whose effect has been committed, to bring memory up to date. May be told late, never twice;
    /// not at all when the process dies in between, so memory is filled from the database at start.
    fn applied(&self, event: &Envelope) {
        let _ = event;
    }
}

/// Why an event could not have its effect.
#[derive(Debug, Error)]
pub enum ConsumeError {
    /// It never will: it is laid aside at once.
    #[error("it cannot be understood: {0}")]
    Poison(String),
    /// Another try may help: something is not there yet.
    #[error("{0}")]
    Failed(String),
    /// The database refused.
    #[error("the database refused: {0}")]
    Database(#[from] DbErr),
}

impl From<serde_json::Error> for ConsumeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Poison(error.to_string())
    }
}

/// Why a batch could not be taken at all.
#[derive(Debug, Error)]
pub enum InboxError {
    /// The consumer's database is away.
    #[error("the inbox of {module} cannot be used: {reason}")]
    Unavailable {
        /// The consumer.
        module: &'static str,
        /// What the database says.
        reason: String,
    },
    /// There is no dead letter of that number (any more).
    #[error("{module} has no dead letter {id}: `list` shows those that are there")]
    NoSuchLetter {
        /// The consumer.
        module: &'static str,
        /// What was asked for.
        id: i64,
    },
    /// A retried dead letter failed again and stays.
    #[error("the event failed again and stays a dead letter: {0}")]
    FailedAgain(String),
}

/// The door of a consuming module. Cheap to clone.
pub struct Inbox<C> {
    database: Database,
    consumer: Arc<C>,
}

/// Why a unit of applying was rolled back.
enum Stop {
    /// This event failed, for this reason; it will never succeed if `poison`.
    At { index: usize, reason: String, poison: bool },
}

impl<C: Consumer> Inbox<C> {
    /// The inbox in this module's database, which has the tables of `migrations::standard::inbox`.
    #[must_use]
    pub fn new(database: &Database, consumer: Arc<C>) -> Self {
        debug_assert_eq!(database.module(), consumer.module(), "a consumer's inbox is in its own database");
        Self { database: database.clone(), consumer }
    }

    /// The consuming module.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.consumer.module()
    }

    /// Gives each event of the batch its effect, unless it has had it. Normally all in one transaction.
    ///
    /// When one fails, those before it are kept and those after it wait; after some attempts it is laid aside.
    ///
    /// # Errors
    /// When the database cannot be used: nothing of the batch has been done that is not recorded as done.
    pub async fn receive(&self, batch: &[Envelope]) -> Result<Delivered, InboxError> {
        let mut done = 0;
        while done < batch.len() {
            match self.apply_all(batch[done..].to_vec()).await? {
                Ok(()) => break,
                Err(Stop::At { index, reason, poison }) => {
                    // What was before it has been rolled back with it, and is done again without it.
                    let good = batch[done..done + index].to_vec();
                    if !good.is_empty() && self.apply_all(good).await?.is_err() {
                        // It went well a moment ago: leave it to the next delivery to find out.
                        return Ok(Delivered { up_to: last_id(&batch[..done]), held_back: true });
                    }
                    done += index;
                    if !self.record_failure(&batch[done], &reason, poison).await? {
                        return Ok(Delivered { up_to: last_id(&batch[..done]), held_back: true });
                    }
                    done += 1;
                }
            }
        }
        Ok(Delivered { up_to: last_id(batch), held_back: false })
    }

    /// All or nothing: records and applies, and tells memory after the commit.
    async fn apply_all(&self, events: Vec<Envelope>) -> Result<Result<(), Stop>, InboxError> {
        let consumer = Arc::clone(&self.consumer);
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                let mut fresh = Vec::with_capacity(events.len());
                for (index, event) in events.iter().enumerate() {
                    if !record(tx, event).await.map_err(unavailable)? {
                        continue;
                    }
                    apply(&*consumer, tx, event).await.map_err(|(reason, poison)| Stop::At {
                        index,
                        reason,
                        poison,
                    })?;
                    fresh.push(index);
                }
                Ok((events, fresh))
            })
        });
        match unit.await {
            Ok((events, fresh)) => {
                for index in fresh {
                    self.consumer.applied(&events[index]);
                }
                Ok(Ok(()))
            }
            Err(Failure::Domain(stop)) => Ok(Err(stop)),
            Err(Failure::Unavailable(reason)) => Err(self.unavailable(reason)),
        }
    }

    fn unavailable(&self, reason: String) -> InboxError {
        InboxError::Unavailable { module: self.module(), reason }
    }
}

/// Notes that the event is done; says whether it had not been before.
async fn record(tx: &DatabaseTransaction, event: &Envelope) -> Result<bool, DbErr> {
    use sea_orm::ActiveValue::Set;

    let row = inbox::ActiveModel { source: Set(event.source.clone()), event_id: Set(event.id) };
    let once = inbox::Entity::insert(row).on_conflict_do_nothing_on([inbox::Column::Source, inbox::Column::EventId]);
    match once.exec_without_returning(tx).await? {
        TryInsertResult::Inserted(rows) => Ok(rows > 0),
        TryInsertResult::Conflicted | TryInsertResult::Empty => Ok(false),
    }
}

/// Applies one event; a panic is a failed attempt, so that a poisonous event cannot take the consumer down.
async fn apply<C: Consumer>(consumer: &C, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), (String, bool)> {
    match AssertUnwindSafe(consumer.apply(tx, event)).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err((error.to_string(), matches!(error, ConsumeError::Poison(_)))),
        Err(_) => Err(("the consumer panicked".to_owned(), false)),
    }
}

fn last_id(done: &[Envelope]) -> Option<i64> {
    done.last().map(|event| event.id)
}

fn unavailable<E>(error: DbErr) -> Failure<E> {
    Failure::unavailable(error)
}

impl<C> Clone for Inbox<C> {
    fn clone(&self) -> Self {
        Self { database: self.database.clone(), consumer: Arc::clone(&self.consumer) }
    }
}

impl<C> fmt::Debug for Inbox<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("database", &self.database).finish_non_exhaustive()
    }
}
