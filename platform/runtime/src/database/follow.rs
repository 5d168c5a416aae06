//! Keeps memory in step with a file that several processes write.
//!
//! SQLite tells nobody, but keeps a number per connection that changes when anybody else has committed. It is asked on the writer's
//! connection, which hears of every other process; what this one commits, the writer knows itself. A look costs some microseconds.

use std::{fmt, future::Future, time::Duration};

use sea_orm::{ConnectionTrait as _, DatabaseBackend, DbErr, Statement};
use tokio::time::{MissedTickBehavior, interval};

use super::Database;
use crate::Shutdown;

/// How often the number is looked at: what a replica has written is seen at most this much later, and the time of one refreshing.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Database {
    /// Calls `refresh` once at the beginning and then after commits, by whichever process, until the shutdown is requested. Commits that
    /// come close together share one call. For services that answer from memory while replicas of them write the same file.
    pub async fn follow<F, R, E>(self, shutdown: Shutdown, refresh: F)
    where
        F: Fn() -> R,
        R: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = None;
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = looks.tick() => {}
            }
            let now = match self.version().await {
                Ok(now) if seen == Some(now) => continue,
                Ok(now) => now,
                Err(error) => {
                    tracing::warn!(module = self.module(), %error, "what replicas have written is not seen yet");
                    continue;
                }
            };
            match refresh().await {
                // Only now: what could not be read is read again at the next look.
                Ok(()) => seen = Some(now),
                Err(error) => {
                    tracing::warn!(module = self.module(), %error, "what replicas have written is not in memory yet");
                }
            }
        }
    }

    /// Two numbers of which one is another after every commit: that of the other processes, and that of this one.
    async fn version(&self) -> Result<(i64, u64), DbErr> {
        let own = *self.opened.commits.borrow();
        let statement = Statement::from_string(DatabaseBackend::Sqlite, "PRAGMA data_version");
        let row = self.opened.writer.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| DbErr::Custom("SQLite did not tell its data_version".to_owned()))?;
        Ok((row.try_get_by_index(0)?, own))
    }
}
