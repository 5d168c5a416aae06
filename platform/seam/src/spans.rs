//! Spans: what became of the calls of a sampled trace, and when, for whoever asks what a request waits for.
//!
//! Nothing is recorded until somebody wants the spans ([`record_to`]); until then a call costs one look at its own trace. A span is
//! put together in memory by all who have a part in it, and handed on in batches, off the calling path. Both ends of a hop write
//! what they know of the same span: the caller when it asked and had its answer, the callee when it began and ended. All moments are
//! nanoseconds of `CLOCK_MONOTONIC`, which is one clock for all processes of a machine.
//!
//! While spans are recorded, calls that belong to no trace get one of their own, so that background work is seen as well.

mod recording;

use std::{
    fmt,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Serialize, Serializer, ser::SerializeMap};

pub use self::recording::Recording;
use crate::Trace;

/// Spans are handed on when so many have gathered.
const BATCH: usize = 20_000;

static RECORDED: AtomicBool = AtomicBool::new(false);
static SINK: OnceLock<Sink> = OnceLock::new();
static GATHERED: Mutex<Vec<Span>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

type Sink = Box<dyn Fn(Vec<Span>) + Send + Sync>;

/// Records the spans of sampled calls from now on, for as long as the process lives, and hands them to `sink` in batches.
///
/// `sink` is called wherever a batch happens to become full, and must not wait for anything. Only the first one counts.
pub fn record_to(sink: impl Fn(Vec<Span>) + Send + Sync + 'static) {
    let _ = SINK.set(Box::new(sink));
    RECORDED.store(true, Relaxed);
}

/// Hands on what has gathered since the last batch.
pub fn flush() {
    let spans = std::mem::take(&mut *GATHERED.lock().unwrap_or_else(PoisonError::into_inner));
    hand_on(spans);
}

/// Whether spans are recorded.
#[inline]
pub fn are_recorded() -> bool {
    RECORDED.load(Relaxed)
}

fn hand_on(spans: Vec<Span>) {
    if let Some(sink) = SINK.get().filter(|_| !spans.is_empty()) {
        sink(spans);
    }
}

fn gather(span: Span) {
    let full = {
        let mut gathered = GATHERED.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.push(span);
        (gathered.len() >= BATCH).then(|| std::mem::take(&mut *gathered))
    };
    if let Some(spans) = full {
        hand_on(spans);
    }
}

/// The trace of a call that begins with no request: its own while spans are recorded, none otherwise.
#[inline]
pub(crate) fn of_nobody() -> Trace {
    if are_recorded() { Trace { id: fresh_id().into(), span: fresh_id(), sampled: true } } else { Trace::default() }
}

/// An id that no other process of this machine gives: the process in the upper bits, a count in the lower ones.
fn fresh_id() -> u64 {
    u64::from(std::process::id()) << 40 | (NEXT.fetch_add(1, Relaxed) & ((1 << 40) - 1))
}

fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Something that happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The caller begins.
    Start,
    /// The attempt begins that the moments below belong to.
    Asked,
    /// The question is bytes.
    Serialised,
    /// The connection has taken the question.
    Sent,
    /// The answer has come in.
    Arrived,
    /// The caller has got round to the answer.
    Woken,
    /// The caller has its answer.
    End,
    /// The callee's process has got the question.
    Received,
    /// The callee's process gets round to the question.
    Taken,
    /// The service begins.
    HandlerStart,
    /// The service ends.
    HandlerEnd,
    /// The answer is bytes on their way back.
    Answered,
}

impl Moment {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Start, "start"),
        (Self::Asked, "asked"),
        (Self::Serialised, "serialised"),
        (Self::Sent, "sent"),
        (Self::Arrived, "arrived"),
        (Self::Woken, "woken"),
        (Self::End, "end"),
        (Self::Received, "received"),
        (Self::Taken, "taken"),
        (Self::HandlerStart, "handler_start"),
        (Self::HandlerEnd, "handler_end"),
        (Self::Answered, "answered"),
    ];
}

/// What one process knows of a call. Serialises as one object, without what it does not know.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    trace: Trace,
    parent: u64,
    names: [&'static str; 3],
    moments: [u64; Moment::ALL.len()],
    bytes: [u64; 2],
    attempts: u8,
}

impl Span {
    /// The trace it belongs to and its own id there.
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// When it happened, nanoseconds; `None` when this process does not know.
    pub fn at(&self, moment: Moment) -> Option<u64> {
        Some(self.moments[moment as usize]).filter(|at| *at > 0)
    }

    /// Bytes of question and answer, as far as they are known.
    pub fn bytes(&self) -> [u64; 2] {
        self.bytes
    }

    /// The span that it is a part of; zero when this process does not know.
    pub fn parent(&self) -> u64 {
        self.parent
    }

    /// Attempts made; zero when this process does not know.
    pub fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Caller, callee and method; each empty when this process does not know.
    pub fn names(&self) -> [&'static str; 3] {
        self.names
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?}", self.trace, self.names)?;
        Moment::ALL.iter().try_for_each(|(moment, name)| match self.at(*moment) {
            Some(at) => write!(formatter, " {name}={at}"),
            None => Ok(()),
        })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace", &format_args!("{:032x}", self.trace.id))?;
        map.serialize_entry("span", &format_args!("{:016x}", self.trace.span))?;
        if self.parent > 0 {
            map.serialize_entry("parent", &format_args!("{:016x}", self.parent))?;
        }
        for (name, value) in
            ["caller", "callee", "method"].iter().zip(self.names).filter(|(_, value)| !value.is_empty())
        {
            map.serialize_entry(name, value)?;
        }
        for (moment, name) in Moment::ALL {
            if let Some(at) = self.at(moment) {
                map.serialize_entry(name, &at)?;
            }
        }
        for (name, bytes) in ["question_bytes", "answer_bytes"].iter().zip(self.bytes).filter(|(_, bytes)| *bytes > 0) {
            map.serialize_entry(name, &bytes)?;
        }
        if self.attempts > 0 {
            map.serialize_entry("attempts", &self.attempts)?;
        }
        map.end()
    }
}

/// When a chunk came in, for the questions in it; zero when nobody wants to know.
#[cfg(feature = "split")]
#[inline]
pub(crate) fn received_now() -> u64 {
    if are_recorded() { now() } else { 0 }
}
