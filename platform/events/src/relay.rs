//! From the outbox to the consumers: in order, at least once, each at its own pace.

use std::{sync::Arc, time::Duration};

use runtime::{Shutdown, clock};
use sea_orm::DbErr;
use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{Envelope, Outbox, Subscriber};

/// How many events are handed over at once.
const BATCH: u64 = 64;
/// How often the outbox is looked at when nobody rang: for what another process published or left behind.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_LONGEST: Duration = Duration::from_secs(2);
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How long events stay after everybody has them.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3_600);

/// One consumer of a relay: who it is, and the way to it.
#[derive(Clone)]
pub struct Subscription {
    /// The consuming module; its position is kept under this name.
    pub consumer: String,
    /// Its inbox, or what carries a batch there.
    pub subscriber: Arc<dyn Subscriber>,
}

/// Hands the events of one module to its consumers.
///
/// Several relays may work on one outbox, in one process or in several: consumers know what they have done. A consumer that
/// is away is tried again for as long as it takes and delays nobody else.
pub struct Relay {
    outbox: Outbox,
    subscriptions: Vec<Subscription>,
}

impl Relay {
    /// A relay without consumers.
    #[must_use]
    pub fn new(outbox: &Outbox) -> Self {
        Self { outbox: outbox.clone(), subscriptions: Vec::new() }
    }

    /// Adds a consumer. One that is new begins with the oldest event that is still kept.
    #[must_use]
    pub fn to(mut self, consumer: impl Into<String>, subscriber: Arc<dyn Subscriber>) -> Self {
        self.subscriptions.push(Subscription { consumer: consumer.into(), subscriber });
        self
    }

    /// Relays until the process is asked to end; a batch in hand is finished.
    ///
    /// ```ignore
    /// runtime.tasks.spawn("orders relay", Relay::new(&outbox).to("notifications", inbox).run(runtime.shutdown.clone()));
    /// ```
    pub async fn run(self, shutdown: Shutdown) {
        let (ring, bell) = watch::channel(());
        let lines: Vec<_> = self
            .subscriptions
            .into_iter()
            .map(|subscription| {
                let line = Line { outbox: self.outbox.clone(), subscription, bell: bell.clone() };
                tokio::spawn(line.run(shutdown.clone()))
            })
            .collect();

        let mut commits = self.outbox.database().commits();
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                () = commits.next() => if self.outbox.take_fresh() {
                    ring.send_replace(());
                },
                _ = prune.tick() => {
                    let before = clock::now() - i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
                    if let Err(error) = self.outbox.prune(before).await {
                        tracing::warn!(source = self.outbox.database().module(), %error, "old events could not be removed");
                    }
                }
            }
        }
        for line in lines {
            if let Err(error) = line.await {
                tracing::error!(source = self.outbox.database().module(), %error, "a relay's line ended before its time");
            }
        }
    }
}

/// The way of one outbox to one consumer.
struct Line {
    outbox: Outbox,
    subscription: Subscription,
    bell: watch::Receiver<()>,
}

/// What one look at the outbox came to.
enum Step {
    /// There may be more.
    More,
    /// Nothing is waiting.
    Idle,
    /// The consumer has not taken what is next, but perhaps something before it.
    Stuck { advanced: bool },
}

impl Line {
    #[expect(
        clippy::disallowed_methods,
        reason = "the pause before another try, ended early by shutdown or a publication"
    )]
    async fn run(mut self, shutdown: Shutdown) {
        let mut pause = PAUSE_FIRST;
        let mut enrolled = false;
        loop {
            let step = self.step(&mut enrolled).await.unwrap_or_else(|error| {
                self.log(&error.to_string());
                Step::Stuck { advanced: false }
            });
            if shutdown.is_requested() {
                return;
            }
            let wait = match step {
                Step::More => {
                    pause = PAUSE_FIRST;
                    continue;
                }
                Step::Idle => {
                    pause = PAUSE_FIRST;
                    LOOK_EVERY
                }
                Step::Stuck { advanced } => {
                    let wait = if advanced { PAUSE_FIRST } else { pause };
                    pause = (wait * 2).min(PAUSE_LONGEST);
                    // New events do not shorten the pause of a consumer that is away.
                    self.bell.mark_unchanged();
                    wait
                }
            };
            tokio::select! {
                () = shutdown.requested() => return,
                _ = self.bell.changed(), if matches!(step, Step::Idle) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn step(&self, enrolled: &mut bool) -> Result<Step, DbErr> {
        let consumer = &self.subscription.consumer;
        if !*enrolled {
            self.outbox.enrol(consumer).await?;
            *enrolled = true;
        }
        let batch = self.outbox.batch(consumer, BATCH).await?;
        let Some(last) = batch.last().map(|event| event.id) else { return Ok(Step::Idle) };
        let delivered = match self.subscription.subscriber.deliver(&batch).await {
            Ok(delivered) => delivered,
            Err(error) => {
                self.log(&error.to_string());
                return Ok(Step::Stuck { advanced: false });
            }
        };
        if let Some(up_to) = delivered.up_to.filter(|id| is_of(&batch, *id)) {
            self.outbox.advance(consumer, up_to).await?;
        }
        Ok(if delivered.up_to == Some(last) { Step::More } else { Step::Stuck { advanced: delivered.up_to.is_some() } })
    }

    fn log(&self, reason: &str) {
        let (source, consumer) = (self.outbox.database().module(), &self.subscription.consumer);
        tracing::warn!(source, consumer, reason, "events could not be handed over and will be again");
    }
}

/// A consumer that answers nonsense must not make the relay skip events.
fn is_of(batch: &[Envelope], id: i64) -> bool {
    batch.iter().any(|event| event.id == id)
}
