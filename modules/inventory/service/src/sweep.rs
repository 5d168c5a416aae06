//! Releases holds whose time is over: the order that wanted the units was lost on the way.

use std::{convert::Infallible, sync::Arc};

use runtime::{Shutdown, Stored as _};
use seam::{Failure, Outcome};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    InventoryModule,
    store::{self, Place},
    tables::HoldState,
};

/// How many holds are released in one unit of writing, so that no order waits long for its turn.
const AT_ONCE: u64 = 200;

impl InventoryModule {
    /// Releases every hold that is over at `now` (milliseconds since the epoch) and says how many there were.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when the database cannot be used; what was released until then stays released.
    pub async fn release_expired(&self, now: i64) -> Outcome<u64, Infallible> {
        let mut released = 0;
        // A look through a reader costs nobody anything, and nearly always finds nothing.
        while !store::expired(self.database.reader(), now, 1).await.stored()?.is_empty() {
            released += self.release_some(now).await?;
        }
        Ok(released)
    }

    /// Releases expired holds again and again until the process is asked to end. To be run in the background, once.
    pub async fn run(self: Arc<Self>, shutdown: Shutdown) {
        let mut turns = interval(self.settings.sweep_every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = turns.tick() => {}
            }
            match self.release_expired(self.clock.now()).await {
                Ok(0) => {}
                Ok(released) => tracing::info!(released, "holds were over and have been released"),
                Err(Failure::Unavailable(reason)) => tracing::warn!(reason, "expired holds wait for the next turn"),
                Err(Failure::Domain(never)) => match never {},
            }
        }
    }

    async fn release_some(&self, now: i64) -> Outcome<u64, Infallible> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let orders = store::expired(tx, now, AT_ONCE).await.stored()?;
                    if orders.is_empty() {
                        return Ok(0);
                    }
                    let released =
                        store::advance_all(tx, &orders, HoldState::Held, HoldState::Released).await.stored()?;
                    let lines = store::lines(tx, &orders).await.stored()?;
                    if !store::shift(tx, &lines, Place::Held, Place::Shelf).await.stored()? {
                        return Err(Failure::unavailable("the stock does not have what was held for expired orders"));
                    }
                    Ok(released)
                })
            })
            .await
    }
}
