//! Events that failed: counted while they are tried, then laid aside for a person to retry or discard.

use std::sync::Arc;

use runtime::clock;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use seam::Failure;

use super::{ATTEMPTS, Consumer, Inbox, InboxError, apply, record, tables::dead_letters, unavailable};
use crate::Envelope;

/// An event that was laid aside, and why.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The number to retry or discard it by.
    pub id: i64,
    /// The event.
    pub event: Envelope,
    /// How often it was tried.
    pub attempts: u32,
    /// What went wrong the last time.
    pub reason: String,
    /// When it was laid aside, in milliseconds since the epoch.
    pub at: i64,
}

impl<C: Consumer> Inbox<C> {
    /// The events that were laid aside, oldest first.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, InboxError> {
        let rows = dead_letters::Entity::find()
            .filter(dead_letters::Column::BuriedAt.is_not_null())
            .order_by_asc(dead_letters::Column::Id)
            .all(self.database.reader())
            .await
            .map_err(|error| self.unavailable(error.to_string()))?;
        rows.into_iter().map(|row| letter(row).map_err(|error| self.unavailable(error))).collect()
    }

    /// Tries a dead letter once more; it is gone when it had its effect. Later events of its aggregate may have been done before.
    ///
    /// # Errors
    /// When there is no such letter, when it fails again (and stays), or when the database cannot be used.
    pub async fn retry(&self, id: i64) -> Result<(), InboxError> {
        let module = self.module();
        let consumer = Arc::clone(&self.consumer);
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                let row = buried(tx, id).await.map_err(unavailable)?;
                let event =
                    letter(row.ok_or(InboxError::NoSuchLetter { module, id })?).map_err(Failure::Unavailable)?.event;
                apply(&*consumer, tx, &event).await.map_err(|(reason, _)| InboxError::FailedAgain(reason))?;
                dead_letters::Entity::delete_by_id(id).exec(tx).await.map_err(unavailable)?;
                Ok(event)
            })
        });
        let event = unit.await.map_err(|failure| self.inbox_error(failure))?;
        self.consumer.applied(&event);
        Ok(())
    }

    /// Forgets a dead letter.
    ///
    /// # Errors
    /// When there is no such letter, or the database cannot be used.
    pub async fn discard(&self, id: i64) -> Result<(), InboxError> {
        let module = self.module();
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                let row = buried(tx, id).await.map_err(unavailable)?;
                row.ok_or(InboxError::NoSuchLetter { module, id })?;
                dead_letters::Entity::delete_by_id(id).exec(tx).await.map_err(unavailable)?;
                Ok(())
            })
        });
        unit.await.map_err(|failure| self.inbox_error(failure))
    }

    /// Counts a failed attempt; says whether it was the last one and the event is now laid aside.
    pub(super) async fn record_failure(
        &self,
        event: &Envelope,
        reason: &str,
        poison: bool,
    ) -> Result<bool, InboxError> {
        let module = self.module();
        let (event, reason) = (event.clone(), reason.to_owned());
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                let attempts = count_attempt(tx, &event, &reason, poison).await.map_err(unavailable::<InboxError>)?;
                let buried = poison || attempts >= ATTEMPTS;
                if buried {
                    record(tx, &event).await.map_err(unavailable)?;
                    tracing::error!(
                        consumer = module,
                        source = event.source,
                        event = event.id,
                        kind = event.kind,
                        attempts,
                        reason,
                        "an event failed for good and is now a dead letter"
                    );
                } else {
                    tracing::warn!(
                        consumer = module,
                        source = event.source,
                        event = event.id,
                        kind = event.kind,
                        attempts,
                        reason,
                        "an event failed and will be tried again"
                    );
                }
                Ok(buried)
            })
        });
        unit.await.map_err(|failure| self.inbox_error(failure))
    }

    fn inbox_error(&self, failure: Failure<InboxError>) -> InboxError {
        match failure {
            Failure::Domain(error) => error,
            Failure::Unavailable(reason) => self.unavailable(reason),
        }
    }
}

async fn count_attempt(tx: &DatabaseTransaction, event: &Envelope, reason: &str, poison: bool) -> Result<i32, DbErr> {
    let before = dead_letters::Entity::find()
        .filter(dead_letters::Column::Source.eq(&event.source))
        .filter(dead_letters::Column::EventId.eq(event.id))
        .one(tx)
        .await?;
    let attempts = before.as_ref().map_or(0, |row| row.attempts) + 1;
    let buried_at = (poison || attempts >= ATTEMPTS).then(clock::now);
    if let Some(row) = before {
        let mut row: dead_letters::ActiveModel = row.into();
        row.attempts = Set(attempts);
        row.reason = Set(reason.to_owned());
        row.buried_at = Set(buried_at);
        row.update(tx).await?;
        return Ok(attempts);
    }
    let row = dead_letters::ActiveModel {
        source: Set(event.source.clone()),
        event_id: Set(event.id),
        attempts: Set(attempts),
        reason: Set(reason.to_owned()),
        envelope: Set(serde_json::to_string(event).map_err(|error| DbErr::Json(error.to_string()))?),
        first_at: Set(clock::now()),
        buried_at: Set(buried_at),
        ..Default::default()
    };
    dead_letters::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(attempts)
}

async fn buried(tx: &DatabaseTransaction, id: i64) -> Result<Option<dead_letters::Model>, DbErr> {
    dead_letters::Entity::find_by_id(id).filter(dead_letters::Column::BuriedAt.is_not_null()).one(tx).await
}

fn letter(row: dead_letters::Model) -> Result<DeadLetter, String> {
    Ok(DeadLetter {
        id: row.id,
        event: serde_json::from_str(&row.envelope)
            .map_err(|error| format!("dead letter {} is unreadable: {error}", row.id))?,
        attempts: row.attempts.unsigned_abs(),
        reason: row.reason,
        at: row.buried_at.unwrap_or(row.first_at),
    })
}
