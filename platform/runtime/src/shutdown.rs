//! The end of a process: it is asked to stop, what runs in the background ends, and only then does it exit.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::{Id, JoinSet},
    time::Instant,
};

/// Tells all parts of a process that it has been asked to end. Cheap to clone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let shutdown = runtime::Shutdown::by_hand(std::time::Duration::from_secs(5));
/// let background = tokio::spawn({
///     let shutdown = shutdown.clone();
///     async move { shutdown.requested().await }
/// });
/// shutdown.request();
/// background.await.unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct Shutdown {
    requested_at: Arc<watch::Sender<Option<Instant>>>,
    drain: Duration,
}

impl Shutdown {
    /// Is requested by [`request`](Self::request) alone: for tests and for commands that end by themselves.
    #[must_use]
    pub fn by_hand(drain: Duration) -> Self {
        Self { requested_at: Arc::new(watch::Sender::new(None)), drain }
    }

    /// Is requested by SIGTERM or SIGINT, too. Work that has not ended `drain` later is given up.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub fn on_signals(drain: Duration) -> io::Result<Self> {
        let shutdown = Self::by_hand(drain);
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let asked = shutdown.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => tracing::info!("asked to end (SIGTERM)"),
                    _ = interrupt.recv() => tracing::info!("asked to end (SIGINT)"),
                }
                asked.request();
            }
        });
        Ok(shutdown)
    }

    /// Asks the process to end. Asking twice changes nothing.
    pub fn request(&self) {
        self.requested_at.send_if_modified(|requested_at| {
            let first = requested_at.is_none();
            requested_at.get_or_insert_with(Instant::now);
            first
        });
    }

    /// Waits until the process has been asked to end; returns at once when it has been.
    pub async fn requested(&self) {
        let mut requested_at = self.requested_at.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = requested_at.wait_for(Option::is_some).await;
    }

    /// Says whether the process has been asked to end.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.requested_at.borrow().is_some()
    }

    /// How long work in hand may still take: the whole drain time before anybody asked, then what is left of it.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        let requested_at = *self.requested_at.borrow();
        requested_at.map_or(self.drain, |at| self.drain.saturating_sub(at.elapsed()))
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown").field("requested", &self.is_requested()).field("drain", &self.drain).finish()
    }
}

/// The background tasks of a process: relays, sweepers. Each listens to [`Shutdown`] and ends by itself.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    set: JoinSet<()>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    /// Runs a task in the background under a name for messages.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = running.set.try_join_next_with_id() {
            running.ended(ended);
        }
        let id = running.set.spawn(task).id();
        running.names.insert(id, name);
    }

    /// Waits until all tasks have ended; gives up those that have not `within` the time and returns their names.
    pub async fn ended(&self, within: Duration) -> Vec<&'static str> {
        let mut running = {
            let mut shared = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *shared)
        };
        let all = async {
            while let Some(ended) = running.set.join_next_with_id().await {
                running.ended(ended);
            }
        };
        if tokio::time::timeout(within, all).await.is_ok() {
            return Vec::new();
        }
        running.set.abort_all();
        let mut names: Vec<&'static str> = running.names.into_values().collect();
        names.sort_unstable();
        names
    }
}

impl Running {
    fn ended(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let name = self.names.remove(&id).unwrap_or("unknown");
        if let Err(error) = ended {
            tracing::error!(task = name, %error, "a background task ended before its time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_hears_of_the_request_before_and_after_it() {
        let shutdown = Shutdown::by_hand(Duration::from_secs(1));
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.requested().await }
        });

        assert!(!shutdown.is_requested());
        shutdown.request();
        waiting.await.unwrap();
        shutdown.requested().await;
        assert!(shutdown.is_requested());
        assert!(shutdown.time_left() <= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_named() {
        let tasks = Tasks::default();
        tasks.spawn("polite", async {});
        tasks.spawn("stubborn", std::future::pending());

        assert_eq!(tasks.ended(Duration::from_millis(50)).await, ["stubborn"]);
        assert!(tasks.ended(Duration::from_millis(50)).await.is_empty());
    }
}
