//! From the outbox to the consumers: in order, at least once, each at its own pace.

mod line;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use runtime::{Shutdown, clock};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, Interval, MissedTickBehavior, sleep_until},
};

use crate::{Outbox, Subscriber};
use line::Line;

/// How often the outbox is looked at for what nobody rang for: what another process published, or left behind.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long a position may be known in memory alone. A commit waits for the disk and for the module's only writer, so all
/// consumers share one; what is forgotten in a crash is handed over again, which does no harm.
const MARK_WITHIN: Duration = Duration::from_millis(100);
const PRUNE_EVERY: Duration = Duration::from_secs(600);
/// How long events stay after everybody has them.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Hands the events of one module to its consumers.
///
/// Several relays may work on one outbox, in one process or in several: consumers know what they have done. A consumer that
/// is away is tried again for as long as it takes and delays nobody else.
pub struct Relay {
    outbox: Outbox,
    consumers: Vec<(String, Arc<dyn Subscriber>)>,
}

/// A consumer, and the id up to which it has everything.
type Mark = (String, i64);

/// Why lines are to look at the outbox.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    /// Something was published here.
    Published,
    /// A look found what may be somebody else's.
    Found,
}

impl Relay {
    /// A relay without consumers. It hears at once of what is published through this outbox or its clones, and a little later of
    /// what others publish.
    #[must_use]
    pub fn new(outbox: &Outbox) -> Self {
        Self { outbox: outbox.clone(), consumers: Vec::new() }
    }

    /// Adds a consumer under its module's name. One that is new begins with the oldest event that is still kept.
    #[must_use]
    pub fn to(mut self, consumer: impl Into<String>, subscriber: Arc<dyn Subscriber>) -> Self {
        self.consumers.push((consumer.into(), subscriber));
        self
    }

    /// Relays until the process is asked to end; batches in hand are finished.
    ///
    /// ```ignore
    /// runtime.tasks.spawn("orders relay", Relay::new(&outbox).to("notifications", inbox).run(runtime.shutdown.clone()));
    /// ```
    pub async fn run(self, shutdown: Shutdown) {
        let (ring, bell) = watch::channel(News::Published);
        let (mark, mut marks) = mpsc::unbounded_channel::<Mark>();
        let mut lines = JoinSet::new();
        for (consumer, subscriber) in self.consumers {
            let line = Line::new(self.outbox.clone(), consumer, subscriber, bell.clone(), mark.clone());
            lines.spawn(line.run(shutdown.clone()));
        }
        drop(mark);

        let mut commits = self.outbox.database().commits();
        let (mut look, mut prune) = (every(LOOK_EVERY), every(PRUNE_EVERY));
        let mut newest = None;
        let mut unmarked = BTreeMap::new();
        let mut mark_at = Instant::now();
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                () = commits.next() => if self.outbox.take_fresh() {
                    ring.send_replace(News::Published);
                },
                _ = look.tick() => if has_newer(&self.outbox, &mut newest).await {
                    ring.send_replace(News::Found);
                },
                Some((consumer, position)) = marks.recv() => {
                    if unmarked.is_empty() {
                        mark_at = Instant::now() + MARK_WITHIN;
                    }
                    unmarked.insert(consumer, position);
                }
                () = sleep_until(mark_at), if !unmarked.is_empty() => store_marks(&self.outbox, &mut unmarked).await,
                _ = prune.tick() => remove_old(&self.outbox).await,
            }
        }

        while let Some(ended) = lines.join_next().await {
            if let Err(error) = ended {
                tracing::error!(source = self.outbox.database().module(), %error, "a relay's line ended before its time");
            }
        }
        while let Some((consumer, position)) = marks.recv().await {
            unmarked.insert(consumer, position);
        }
        store_marks(&self.outbox, &mut unmarked).await;
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Whether there are events that were not there at the last look. One look serves all consumers, most of which have nothing to do.
async fn has_newer(outbox: &Outbox, newest: &mut Option<i64>) -> bool {
    match outbox.newest().await {
        Ok(found) => std::mem::replace(newest, found) != found,
        Err(error) => {
            tracing::warn!(source = outbox.database().module(), %error, "the outbox could not be looked at and will be again");
            false
        }
    }
}

async fn store_marks(outbox: &Outbox, unmarked: &mut BTreeMap<String, i64>) {
    let marks = std::mem::take(unmarked);
    if marks.is_empty() {
        return;
    }
    if let Err(error) = outbox.advance(marks.into_iter().collect()).await {
        // The next batch marks further on, and a restart hands over again what was not marked.
        tracing::warn!(source = outbox.database().module(), %error, "positions of consumers could not be stored");
    }
}

async fn remove_old(outbox: &Outbox) {
    let before = clock::now() - i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
    if let Err(error) = outbox.prune(before).await {
        tracing::warn!(source = outbox.database().module(), %error, "old events could not be removed");
    }
}
