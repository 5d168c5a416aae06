//! Lines, the caller's half: many calls share one connection, and each leaves as soon as it can.
//!
//! A line is one lock over the calls that wait and the wakers of those who wait for them. Callers write straight into the buffer
//! that becomes the next chunk of the request's body; one task, the driver, owns socket, connection, answers, deadlines and
//! reconnection. Nothing here waits for company: the driver takes whatever is there when it comes round.

mod body;
mod calls;
mod connection;
mod driver;
mod threads;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use calls::{Calls, Written};
pub(super) use connection::LINE_PATH;
pub(super) use threads::on_the_shared_thread;
use threads::{instead_of, of_this_thread};

use super::{
    Question, Reply,
    frame::{self, Frame, FrameKind},
    peers::Replica,
};
use crate::Breakdown;

/// When it is worth trying again after a line was full: the time of a few rounds.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// A connection that carries hops to one replica, as often as it must be made anew.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) replica: Arc<Replica>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    calls: Calls,
    phase: Phase,
    ping: bool,
    /// Wakes the driver; taken by the first who has something for it.
    driver: Option<Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// There is no connection, or its opening has not been answered: calls wait.
    #[default]
    Closed,
    /// Calls leave.
    Open,
    /// No call is accepted any more; those that have left are waited for.
    Leaving,
    /// The driver is gone.
    Ended,
}

/// How a call on a line ended.
#[derive(Debug)]
pub(super) enum Settlement {
    /// The callee's reply.
    Reply(Reply),
    /// What went wrong on the way.
    Breakdown(Breakdown),
    /// It never left; another line may take it.
    AskElsewhere,
    /// It wants a plain POST, and has had no effect so far.
    AskPlainly,
}

/// What became of a call that was to be sent by line.
pub(super) enum Push {
    /// It is on its way.
    Waiting(Waiting),
    /// It is too large for a line.
    TooLarge,
}

/// Puts a call on a line of this thread.
pub(super) fn push<'a>(
    replica: &'a Arc<Replica>,
    question: &'a Question<'a>,
) -> impl Future<Output = Result<Push, Breakdown>> + Send + 'a {
    poll_fn(move |context| {
        let mut line = of_this_thread(replica);
        loop {
            if let Some(pushed) = line.push(question, context.waker()) {
                return Poll::Ready(pushed);
            }
            if replica.is_retired() {
                return Poll::Ready(Err(Breakdown::not_there()));
            }
            line = instead_of(&line);
        }
    })
}

/// Makes sure that somebody tries to reach the replica: the driver of this thread's line, which exists from now on.
pub(super) fn probe(replica: &Arc<Replica>) {
    let line = of_this_thread(replica);
    if !line.takes_calls() {
        instead_of(&line);
    }
}

impl Line {
    /// A line whose driver has yet to be started.
    fn new(replica: Arc<Replica>) -> Arc<Self> {
        let line = Arc::new(Self { replica, state: Mutex::default() });
        line.replica.add_line(&line);
        line
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of a value that was being written is taken back by the frame's guard, so the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when this line takes no calls any more.
    fn push(self: &Arc<Self>, question: &Question<'_>, waker: &Waker) -> Option<Result<Push, Breakdown>> {
        let options = &*self.replica.options;
        let mut state = self.state();
        if matches!(state.phase, Phase::Leaving | Phase::Ended) {
            return None;
        }
        if state.calls.outstanding() >= options.calls_per_line || state.calls.unsent_bytes() >= options.waiting_bytes {
            return Some(Err(Breakdown::overloaded(RETRY_AFTER)));
        }
        let written = state.calls.write(question, options.codec, options.large_question, waker);
        let driver = state.driver.take();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
        Some(written.map(|written| match written {
            Written::Call(number) => Push::Waiting(Waiting { line: self.clone(), number, fresh: true, done: false }),
            Written::TooLarge => Push::TooLarge,
        }))
    }

    /// Whether calls are to be put on another line.
    fn takes_calls(&self) -> bool {
        !matches!(self.state().phase, Phase::Leaving | Phase::Ended)
    }

    /// Ends the line once the calls that have left are answered; those that have not are asked elsewhere.
    pub(super) fn leave(&self) {
        self.change(|state, wake| {
            if state.phase != Phase::Ended {
                state.phase = Phase::Leaving;
            }
            state.calls.settle_unsent(|| Settlement::AskElsewhere, wake);
        });
    }

    /// Calls may leave: the opening has been answered. `false` when the line is to end instead.
    fn open(&self) -> bool {
        let mut opened = false;
        self.change(|state, _| {
            opened = state.phase == Phase::Closed;
            if opened {
                state.phase = Phase::Open;
                state.calls.refresh_unsent();
            }
        });
        opened
    }

    /// The connection is lost: what has left may have executed, what has not waits for the next connection.
    fn close(&self) -> usize {
        let mut lost = 0;
        self.change(|state, wake| {
            if state.phase == Phase::Open {
                state.phase = Phase::Closed;
            }
            state.ping = false;
            lost = state.calls.lose_sent(wake);
        });
        lost
    }

    /// There is no driver any more.
    fn end(&self) {
        self.change(|state, wake| {
            state.phase = Phase::Ended;
            state.calls.lose_sent(wake);
            state.calls.settle_unsent(|| Settlement::AskElsewhere, wake);
        });
    }

    fn settle_unsent(&self, settlement: impl Fn() -> Settlement) {
        self.change(|state, wake| state.calls.settle_unsent(settlement, wake));
    }

    fn ask_for_sign_of_life(&self) {
        self.change(|state, _| state.ping = true);
    }

    /// Changes the state, then wakes the driver and whoever else is to be woken.
    fn change(&self, change: impl FnOnce(&mut State, &mut Vec<Waker>)) {
        self.change_quietly(|state, wake| {
            change(state, wake);
            wake.extend(state.driver.take());
        });
    }

    /// Changes what the driver need not know, or does itself, then wakes whoever is to be woken.
    fn change_quietly(&self, change: impl FnOnce(&mut State, &mut Vec<Waker>)) {
        let mut wake = Vec::new();
        change(&mut self.state(), &mut wake);
        wake.into_iter().for_each(Waker::wake);
    }

    /// Hands the answers of one chunk to their callers. `Err` when the peer talks nonsense.
    fn take_in(&self, frames: &mut frame::Cut, going_away: &mut bool) -> Result<(), NotUnderstood> {
        let mut wake = Vec::new();
        let mut state = self.state();
        let read = loop {
            let Frame { kind, mut fields } = match frames.frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => break Ok(()),
                Err(error) => break Err(NotUnderstood(error.to_string())),
            };
            match kind {
                Some(FrameKind::Answer) => {
                    let number = frame::read_call_number(&mut fields);
                    let (Some(number), Some(reply)) = (number, frame::read_answer(fields)) else {
                        break Err(NotUnderstood("an answer that cannot be read".to_owned()));
                    };
                    wake.extend(state.calls.settle(number, Settlement::Reply(reply)));
                }
                Some(FrameKind::AskPlainly) => {
                    if let Some(number) = frame::read_call_number(&mut fields) {
                        wake.extend(state.calls.settle(number, Settlement::AskPlainly));
                    }
                }
                Some(FrameKind::GoingAway) => *going_away = true,
                _ => {}
            }
        };
        drop(state);
        wake.into_iter().for_each(Waker::wake);
        read
    }
}

/// What a peer sent that is no answer.
#[derive(Debug)]
struct NotUnderstood(String);

/// The wait for one answer. Dropping it gives the answer up, which harms nobody.
pub(super) struct Waiting {
    line: Arc<Line>,
    number: u32,
    fresh: bool,
    done: bool,
}

impl Future for Waiting {
    type Output = Settlement;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settlement> {
        // The waker went along with the call, in the same poll of the same task.
        if std::mem::take(&mut self.fresh) {
            return Poll::Pending;
        }
        let settled = self.line.state().calls.poll(self.number, context);
        self.done = settled.is_ready();
        settled
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.done {
            self.line.state().calls.abandon(self.number);
        }
    }
}
