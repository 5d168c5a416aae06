//! The load generator: one thread, one `epoll`, and a timer finer than a millisecond.
//!
//! A generator that shares its runtime's 1 ms timer wheel cannot say when it meant to send; this one arms a `timerfd` (an hrtimer in the
//! kernel) for the next intended start and handles everything else as socket events. Visitors are state machines in slots that are reused.
//!
//! Latency counts from the intended start: the arrival for the first request of a session, the previous answer plus the think time
//! inside it. Service time, from the write, is kept beside it, and so is the lateness of the generator itself.
//!
//! With [`Drive::traced`] each request carries a sampled `traceparent`, redirects that are followed included. Its trace id is the prefix of
//! the stretch and then the name of the request, its journey and its number: [`TracePrefix::request_of`] reads them back, and
//! [`Workload::requests`] has the names. A request that is sent again over a fresh connection keeps its trace.

mod clock;
mod engine;
mod judge;
mod outcome;
mod rehearsal;
mod request_log;
mod traced;
mod visitor;
mod wire;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crate::http::Target;
use crate::random::Random;
use crate::workload::{Step, Trace, Workload};

pub use outcome::{Measured, RIGHT_BIN, RequestFigures, SessionEnd, new_histogram};
pub use rehearsal::{Rehearsal, rehearse};
pub use request_log::{LoggedRequests, REQUEST_COLUMNS, REQUESTS_FILE, RequestLog, StretchLog};
pub use traced::{TracePrefix, TracedRequest};

/// What is driven, and how.
pub struct Drive<'d> {
    /// Whom.
    pub target: &'d Target,
    /// The journeys that the trace speaks of.
    pub workload: &'d Workload,
    /// The visitors.
    pub trace: &'d Trace,
    /// What brings the visitors.
    pub pacing: Pacing,
    /// How visitors pause.
    pub think: Think,
    /// Requests meant to start before this are sent and counted, but not timed (the ramp of a stretch), nanoseconds.
    pub timed_from_ns: u64,
    /// How long one request may take before it counts as lost.
    pub request_limit: Duration,
    /// How long visitors may still be on their way after the last arrival.
    pub drain_limit: Duration,
    /// Asks the target for the spans of each request.
    pub traced: Option<TracePrefix>,
    /// Keeps each request as a line.
    pub log: Option<&'d StretchLog>,
    /// Ends the drive early.
    pub stop: &'d AtomicBool,
    /// Seen from outside while the drive runs.
    pub progress: &'d Progress,
}

/// What brings the visitors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pacing {
    /// They arrive when the trace says, whether or not others have been served: open or partly open.
    Arrivals,
    /// So many at a time; the next of the trace comes when one has left, until the time is up: closed.
    Returning {
        /// How many at a time.
        visitors: usize,
        /// When no more come; without it, the trace is played to its end.
        until: Option<Duration>,
    },
}

/// How visitors pause between journeys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Think {
    /// As the trace says.
    AsPlanned,
    /// Not at all.
    Never,
    /// Only after a request that writes, so that its consequences have arrived before the next one reads, or the redirect is followed.
    AfterWrites(Duration),
    /// After every request, equally long.
    AfterEach(Duration),
}

impl Think {
    /// The pause after a request of this step, whatever the trace says, nanoseconds.
    fn after(self, step: &Step) -> Option<u64> {
        match self {
            Self::AfterWrites(settle) if step.writes() => Some(settle.as_nanos() as u64),
            Self::AfterEach(pause) => Some(pause.as_nanos() as u64),
            _ => None,
        }
    }
}

/// What a drive shows while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Requests answered so far.
    pub answered: AtomicU64,
    /// p50 and p99 so far, microseconds.
    pub percentiles: Mutex<(u64, u64)>,
}

/// One answer, for those who look at bodies rather than at times.
pub struct Answer<'a> {
    /// The name of the request; redirects that were followed have the name of their step and an arrow.
    pub name: &'a str,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

/// Drives the visitors of the trace against the target, on the calling thread, and returns what was measured.
pub fn drive(drive: &Drive<'_>, observer: &mut dyn FnMut(&Answer<'_>)) -> anyhow::Result<Measured> {
    let mut engine = engine::Engine::new(drive, observer)?;
    engine.play(None)?;
    Ok(engine.finish())
}

/// Who is about to have a turn, or has had one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEdge {
    /// This drive's turn begins.
    Begins(usize),
    /// This drive's turn is over, and nothing of it is on its way any more.
    Over(usize),
}

/// Several drives that share a machine in turns: only one of them runs at a time, for a fraction of a second, and time stands still for
/// the others. What slows the machine for seconds slows all of them alike.
pub struct Turns<'t> {
    /// How long a turn is.
    pub length: Duration,
    /// Draws the order anew for each cycle.
    pub seed: u64,
    /// Hears of every turn's beginning and end.
    pub edge: &'t mut (dyn FnMut(TurnEdge) + Send),
}

/// Drives all of them in turns, on the calling thread, until each has ended.
pub fn drive_in_turns(drives: &[Drive<'_>], turns: Turns<'_>) -> anyhow::Result<Vec<Measured>> {
    let mut nobodies = vec![|_: &Answer<'_>| {}; drives.len()];
    let engines = drives.iter().zip(&mut nobodies).map(|(drive, nobody)| engine::Engine::new(drive, nobody));
    let mut engines = engines.collect::<anyhow::Result<Vec<_>>>()?;
    let mut order = Random::stream(turns.seed, "turns", 0);
    let mut left: Vec<usize> = (0..engines.len()).collect();
    while !left.is_empty() {
        order.shuffle(&mut left);
        let mut ended = Vec::new();
        for index in &left {
            (turns.edge)(TurnEdge::Begins(*index));
            if engines[*index].play(Some(turns.length))? {
                ended.push(*index);
            }
            (turns.edge)(TurnEdge::Over(*index));
        }
        left.retain(|index| !ended.contains(index));
    }
    Ok(engines.into_iter().map(engine::Engine::finish).collect())
}

/// Drives without looking at the answers beyond what the workload expects.
pub fn drive_unobserved(this: &Drive<'_>) -> anyhow::Result<Measured> {
    drive(this, &mut |_| {})
}

/// Gives the calling thread the real-time priority that the generator has in a run; says whether that was permitted.
pub fn prefer_this_thread() -> bool {
    crate::side::prefer_generator()
}
