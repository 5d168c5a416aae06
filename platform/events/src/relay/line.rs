//! The way of one outbox to one consumer.

use std::{sync::Arc, time::Duration};

use runtime::Shutdown;
use sea_orm::DbErr;
use tokio::sync::{mpsc, watch};

use super::{Mark, News};
use crate::{Envelope, Outbox, Subscriber};

/// How many events are handed over at once.
const BATCH: u64 = 64;
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(2);

pub(super) struct Line {
    outbox: Outbox,
    consumer: String,
    subscriber: Arc<dyn Subscriber>,
    bell: watch::Receiver<News>,
    mark: mpsc::UnboundedSender<Mark>,
    /// The id up to which the consumer has everything, as far as is known here.
    position: i64,
    /// Whether another relay may have come further, or nobody has asked the database yet.
    is_stale: bool,
}

/// What one look at the outbox came to.
#[derive(Clone, Copy)]
enum Step {
    /// There may be more.
    More,
    /// Nothing is waiting.
    Idle,
    /// The consumer has not taken what is next, but perhaps something before it.
    Stuck { advanced: bool },
}

impl Line {
    pub(super) fn new(
        outbox: Outbox,
        consumer: String,
        subscriber: Arc<dyn Subscriber>,
        bell: watch::Receiver<News>,
        mark: mpsc::UnboundedSender<Mark>,
    ) -> Self {
        Self { outbox, consumer, subscriber, bell, mark, position: 0, is_stale: true }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the pause before another try, ended early by shutdown or a publication"
    )]
    pub(super) async fn run(mut self, shutdown: Shutdown) {
        let mut pause = PAUSE_FIRST;
        loop {
            let step = self.step().await.unwrap_or_else(|error| {
                self.log(&error.to_string());
                Step::Stuck { advanced: false }
            });
            if shutdown.is_requested() {
                return;
            }
            match step {
                Step::More => pause = PAUSE_FIRST,
                Step::Idle => {
                    pause = PAUSE_FIRST;
                    tokio::select! {
                        () = shutdown.requested() => return,
                        _ = self.bell.changed() => self.is_stale |= *self.bell.borrow_and_update() == News::Found,
                    }
                }
                // New events do not shorten the pause of a consumer that is away.
                Step::Stuck { advanced } => {
                    let wait = if advanced { PAUSE_FIRST } else { pause };
                    pause = (wait * 2).min(PAUSE_LONGEST);
                    tokio::select! {
                        () = shutdown.requested() => return,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
        }
    }

    async fn step(&mut self) -> Result<Step, DbErr> {
        let position = self.position().await?;
        let batch = self.outbox.after(position, BATCH).await?;
        let Some(last) = batch.last().map(|event| event.id) else { return Ok(Step::Idle) };
        let delivered = match self.subscriber.deliver(&batch).await {
            Ok(delivered) => delivered,
            Err(error) => {
                self.log(&error.to_string());
                return Ok(Step::Stuck { advanced: false });
            }
        };
        let up_to = delivered.up_to.filter(|id| is_of(&batch, *id));
        if let Some(up_to) = up_to {
            self.position = up_to;
            // Fails only when the relay has been dropped: then nobody wants to know.
            let _ = self.mark.send((self.consumer.clone(), up_to));
        }
        Ok(if up_to == Some(last) { Step::More } else { Step::Stuck { advanced: up_to.is_some() } })
    }

    async fn position(&mut self) -> Result<i64, DbErr> {
        if self.is_stale {
            match self.outbox.position(&self.consumer).await? {
                // What was handed over from here is perhaps not marked yet.
                Some(stored) => self.position = self.position.max(stored),
                None => self.outbox.advance(vec![(self.consumer.clone(), 0)]).await?,
            }
            self.is_stale = false;
        }
        Ok(self.position)
    }

    fn log(&self, reason: &str) {
        let (source, consumer) = (self.outbox.database().module(), &self.consumer);
        tracing::warn!(source, consumer, reason, "events could not be handed over and will be again");
    }
}

/// A consumer that answers nonsense must not make the relay skip events.
fn is_of(batch: &[Envelope], id: i64) -> bool {
    batch.iter().any(|event| event.id == id)
}
