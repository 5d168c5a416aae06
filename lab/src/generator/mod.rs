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
use crate::workload::{Trace, Workload};

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
    /// Only after a request that writes, so that its consequences have arrived before the next one reads.
    AfterWrites(Duration),
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
    engine::Engine::new(drive, observer)?.run()
}

/// Drives without looking at the answers beyond what the workload expects.
pub fn drive_unobserved(this: &Drive<'_>) -> anyhow::Result<Measured> {
    drive(this, &mut |_| {})
}

/// Gives the calling thread the real-time priority that the generator has in a run; says whether that was permitted.
pub fn prefer_this_thread() -> bool {
    crate::side::prefer_generator()
}
