//! Settles what a crash, or a module that was away, left behind.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use runtime::{Shutdown, Stored as _, clock};
use seam::Outcome;
use tokio::time::{MissedTickBehavior, interval, timeout};
use vocabulary::OrderId;

use crate::{
    Desk, OrdersModule,
    asks::Circumstances,
    saga::{NotNow, Settled},
    store,
    tables::Status,
};

/// How many orders are settled side by side.
const AT_ONCE: usize = 8;

/// Which unsettled orders are nobody else's business.
///
/// Settling the order of a check-out that still runs elsewhere does no harm, but to its visitor, who is told that it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// All that this process is not working on: no other process uses the database.
    AtOnce,
    /// Those that nothing has happened to for so long: other processes use the database, and end each check-out sooner.
    After(Duration),
}

impl OrdersModule {
    /// Settles what was left behind, at once and then again and again until the process is asked to end; then waits for the
    /// check-outs in hand. To be run in the background, once.
    pub async fn run(self, shutdown: Shutdown) {
        let mut turns = interval(self.desk.settings.look_every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                _ = turns.tick() => {}
                () = self.desk.left_over.notified() => turns.reset(),
            }
            tokio::select! {
                () = shutdown.requested() => break,
                () = self.settle_and_report() => {}
            }
        }
        if timeout(shutdown.time_left(), self.desk.in_hand.none_left()).await.is_err() {
            tracing::warn!("some check-outs have not ended in time; the next process settles them");
        }
    }

    /// Looks once for orders that were left behind, and settles those that can be. Says how many are left.
    ///
    /// # Errors
    /// [`seam::Failure::Unavailable`] when the database cannot be read.
    pub async fn settle_once(&self) -> Outcome<usize, std::convert::Infallible> {
        let mut found = store::unsettled(self.desk.database.reader()).await.stored()?;
        if let Recovery::After(bound) = self.desk.settings.recovery {
            let before = clock::now() - i64::try_from(bound.as_millis()).unwrap_or(i64::MAX);
            found.retain(|(_, changed_at)| *changed_at <= before);
        }
        let settled = stream::iter(found).map(|(order, _)| {
            let desk = self.desk.clone();
            async move { desk.settle_left_over(order).await }
        });
        let settled: Vec<bool> = settled.buffer_unordered(AT_ONCE).collect().await;
        Ok(settled.into_iter().filter(|settled| !settled).count())
    }

    async fn settle_and_report(&self) {
        if let Err(failure) = self.settle_once().await {
            tracing::warn!(?failure, "orders that were left behind wait for the next turn");
        }
    }
}

impl Desk {
    /// Says whether nothing is left to be done about the order, or somebody else does it.
    async fn settle_left_over(self: Arc<Self>, order: OrderId) -> bool {
        let Some(_held) = self.in_hand.take(order) else { return true };
        match self.settle_held(order).await {
            Ok(()) => true,
            Err(NotNow(why)) => {
                tracing::warn!(%order, why, "an order that was left behind cannot be settled yet");
                false
            }
        }
    }

    async fn settle_held(&self, order: OrderId) -> Result<(), NotNow> {
        // Read again in hand: whoever had it before may have settled it.
        let found = store::find(self.database.reader(), order).await.map_err(|error| NotNow(error.to_string()))?;
        let Some(found) = found else { return Ok(()) };
        let circumstances = Circumstances::of_nobody();
        match found.status {
            Status::Pending => {
                let settled = self.settle(&circumstances, &found, None).await?;
                let confirmed = matches!(settled, Settled::Confirmed(_));
                tracing::info!(%order, confirmed, "settled a check-out that was left behind");
            }
            Status::Cancelling => {
                self.finish_cancelling(&circumstances, &found).await?;
                tracing::info!(%order, "completed a cancellation that was left behind");
            }
            Status::Confirmed | Status::Failed | Status::Cancelled => {}
        }
        Ok(())
    }
}
