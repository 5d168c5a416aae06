//! The one task of a line: connects, hands answers out, watches deadlines and silence, and starts over when the connection is lost.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep, timeout};

use super::{
    Line, Phase, Settlement,
    connection::{Connection, Lost, NotOpened},
};
use crate::{
    Breakdown,
    wire::{peers::PeerState, plain},
};

/// How often deadlines are looked at while calls are under way: one timer for all of them.
const SWEEP: Duration = Duration::from_millis(10);

/// How often a pause looks whether it is still needed.
const GLANCE: Duration = Duration::from_millis(50);

/// How long the pauses between two attempts grow.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a replica that is going away is waited for before it counts as down.
const GOING_AWAY_FOR: Duration = Duration::from_secs(2);

/// How long a peer that takes plain POSTs only is left alone before a line is tried again.
const PLAIN_FOR: Duration = Duration::from_secs(60);

/// Drives a line until nobody needs it any more.
pub(super) async fn drive(line: Arc<Line>) {
    let _ended = Ended(&line);
    let replica = &*line.replica;
    let mut pause = replica.options.probing;
    let mut draining_since = None;
    while line.is_wanted() {
        match line.keeping_deadlines(Connection::open(&line)).await {
            Ok(connection) => {
                replica.opened.fetch_add(1, Relaxed);
                replica.takes_lines(true);
                replica.found(PeerState::Up);
                (pause, draining_since) = (replica.options.probing, None);
                let why = carry(&line, connection).await;
                let lost = line.close();
                if lost > 0 {
                    replica.lost.fetch_add(lost as u64, Relaxed);
                    tracing::warn!(group = replica.group, address = %replica.address, lost, ?why, "a line was lost");
                }
                if line.is_wanted() && replica.broke_off() {
                    line.settle_unsent(|| Settlement::AskElsewhere);
                }
                if let Over::Hung = why {
                    replica.found(PeerState::Down);
                    line.settle_unsent(|| Settlement::Breakdown(Breakdown::not_there()));
                }
                continue;
            }
            Err(NotOpened::Draining) => {
                let since = *draining_since.get_or_insert_with(Instant::now);
                if since.elapsed() < GOING_AWAY_FOR {
                    replica.found(PeerState::Draining);
                } else {
                    give_up(&line, PeerState::Down, &Breakdown::not_there());
                }
            }
            Err(NotOpened::Denied) => give_up(&line, PeerState::Refusing, &Breakdown::Denied),
            Err(NotOpened::NotTheirs(why)) => {
                replica.distrusts(&why);
                give_up(&line, PeerState::Distrusted, &Breakdown::Denied);
            }
            Err(NotOpened::NotThere(why)) => {
                tracing::debug!(group = replica.group, address = %replica.address, why, "a line did not open");
                give_up(&line, PeerState::Down, &Breakdown::not_there());
            }
            Err(NotOpened::NoAnswer) if line.keeping_deadlines(plain::is_there(replica)).await => {
                replica.takes_lines(false);
                replica.found(PeerState::Up);
                line.settle_unsent(|| Settlement::AskPlainly);
                line.rest(PLAIN_FOR, |_| false).await;
                continue;
            }
            Err(NotOpened::NoAnswer) => give_up(&line, PeerState::Down, &Breakdown::not_there()),
        }
        line.rest(pause, |replica| replica == PeerState::Up).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Lets all who wait know that there is nothing to wait for.
fn give_up(line: &Line, state: PeerState, breakdown: &Breakdown) {
    line.replica.found(state);
    line.settle_unsent(|| Settlement::Breakdown(breakdown.clone()));
}

/// Why a connection is not used any more.
#[derive(Debug)]
enum Over {
    /// The stream of answers ended.
    #[expect(dead_code, reason = "read by `Debug`, for the log")]
    Lost(Lost),
    /// The peer neither answers nor gives a sign of life.
    Hung,
    /// What the peer sent is no answer.
    #[expect(dead_code, reason = "read by `Debug`, for the log")]
    NotUnderstood(String),
}

/// Carries calls over an open connection until it ends.
async fn carry(line: &Arc<Line>, mut connection: Connection) -> Over {
    if !line.open() {
        return Over::Lost(Lost::Ended);
    }
    let mut watch = Watch::new(line);
    poll_fn(|context| {
        loop {
            match connection.poll_chunk(context) {
                Poll::Ready(Ok(chunk)) => {
                    connection.frames.feed(chunk);
                    let mut going_away = false;
                    if let Err(error) = line.take_in(&mut connection.frames, &mut going_away) {
                        return Poll::Ready(Over::NotUnderstood(error.0));
                    }
                    if going_away {
                        line.replica.found(PeerState::Draining);
                        line.leave();
                    }
                    watch.heard = true;
                }
                Poll::Ready(Err(lost)) => return Poll::Ready(Over::Lost(lost)),
                Poll::Pending => return watch.poll_hung(context).map(|()| Over::Hung),
            }
        }
    })
    .await
}

/// Looks at deadlines while calls are under way, and for signs of life while none are.
struct Watch<'a> {
    line: &'a Line,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer ticks for deadlines.
    sweeping: bool,
    /// Whether anything came since the last look.
    heard: bool,
    heard_at: Instant,
    asked: bool,
}

impl<'a> Watch<'a> {
    #[expect(clippy::disallowed_methods, reason = "deadlines and silence are what this timer is for")]
    fn new(line: &'a Line) -> Self {
        Self {
            line,
            timer: Box::pin(sleep(SWEEP)),
            sweeping: true,
            heard: true,
            heard_at: Instant::now(),
            asked: false,
        }
    }

    /// Ready when the peer must be taken for hung.
    fn poll_hung(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.sweeping && self.line.is_busy() {
            self.tick_in(SWEEP);
            self.sweeping = true;
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if self.line.sweep() || self.is_silent_too_long() {
                return Poll::Ready(());
            }
            self.sweeping = self.line.is_busy();
            self.tick_in(if self.sweeping { SWEEP } else { self.line.replica.options.silence });
        }
        Poll::Pending
    }

    fn tick_in(&mut self, wait: Duration) {
        self.timer.as_mut().reset(Instant::now() + wait);
    }

    fn is_silent_too_long(&mut self) -> bool {
        if std::mem::take(&mut self.heard) {
            (self.heard_at, self.asked) = (Instant::now(), false);
            return false;
        }
        let (silence, bound) = (self.heard_at.elapsed(), self.line.replica.options.silence);
        if silence >= bound && !self.asked {
            self.asked = true;
            self.line.ask_for_sign_of_life();
        }
        silence >= bound * 2
    }
}

/// Marks a line as ended however its driver ends, also when its runtime is dropped.
struct Ended<'a>(&'a Arc<Line>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.end();
        self.0.replica.remove_line(self.0);
    }
}

impl Line {
    /// Whether the driver has anything to do: a line that leaves is done once its connection is.
    fn is_wanted(&self) -> bool {
        !self.replica.is_retired() && self.state().phase != Phase::Leaving
    }

    /// Whether calls are under way.
    fn is_busy(&self) -> bool {
        self.state().calls.outstanding() > 0
    }

    /// Ends the wait of callers whose deadline has come; says whether the peer is hung.
    fn sweep(&self) -> bool {
        let mut hung = false;
        self.change_quietly(|state, wake| hung = state.calls.sweep(self.replica.options.patience, wake));
        hung
    }

    /// Pauses between two attempts. The pause ends early when `early` says so of the replica's state, or the line is not wanted
    /// any more.
    #[expect(clippy::disallowed_methods, reason = "a pause between two attempts to reach a peer")]
    async fn rest(&self, pause: Duration, early: impl Fn(PeerState) -> bool) {
        let over = Instant::now() + pause;
        while Instant::now() < over && self.is_wanted() && !early(self.replica.state()) {
            self.keeping_deadlines(sleep(GLANCE.min(pause))).await;
        }
    }

    /// Waits for `future`, and meanwhile ends the wait of callers whose deadline comes.
    async fn keeping_deadlines<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Ok(done) = timeout(SWEEP, future.as_mut()).await {
                return done;
            }
            self.sweep();
        }
    }
}
