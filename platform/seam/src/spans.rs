//! Spans: what became of the calls of a sampled trace, and when, for whoever asks what a request waits for.
//!
//! Nothing is recorded until somebody wants the spans ([`record_to`]); until then a call costs one look at its own trace. A span is
//! put together in memory by all who have a part in it, and handed on in batches, off the calling path. Both ends of a hop write
//! what they know of the same span: the caller when it asked and had its answer, the callee when it began and ended. All moments are
//! nanoseconds of `CLOCK_MONOTONIC`, which is one clock for all processes of a machine.
//!
//! While spans are recorded, calls that belong to no trace get one of their own, so that background work is seen as well.

use std::{
    fmt,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed},
    },
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{ModuleName, Trace};

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

/// A span in the making; it is gathered when the last who has a part in it lets go.
#[derive(Debug)]
pub struct Recording {
    trace: Trace,
    parent: u64,
    names: [&'static str; 3],
    moments: [AtomicU64; Moment::ALL.len()],
    bytes: [AtomicU64; 2],
    attempts: AtomicU8,
    /// What is noted at the end when nobody has noted it before: a caller that went away leaves its calls so.
    last: Moment,
}

impl Recording {
    /// A visitor's request, from now until the recording is dropped; `None` when it is not sampled, or nobody wants to know.
    pub fn of_request(trace: Trace, module: ModuleName) -> Option<Self> {
        let recording = Self::new(trace, 0, ["", module.as_str(), ""], Moment::HandlerEnd)?;
        recording.note(Moment::HandlerStart);
        Some(recording)
    }

    /// A call below the span of `above`, from now on.
    pub(crate) fn of_call(above: Trace, names: [&'static str; 3]) -> Option<Self> {
        let recording = Self::new(Trace { span: fresh_id(), ..above }, above.span, names, Moment::End)?;
        recording.note(Moment::Start);
        recording.attempts.store(1, Relaxed);
        Some(recording)
    }

    /// The callee's part of a call that came from another process.
    pub(crate) fn of_handler(trace: Trace, names: [&'static str; 3]) -> Option<Self> {
        Self::new(trace, 0, names, Moment::HandlerEnd)
    }

    /// What the callee's process does to a call before and after its service: `received` is when the question came.
    #[cfg(feature = "split")]
    pub(crate) fn of_door(trace: Trace, received: u64) -> Option<Self> {
        let recording = Self::new(trace, 0, [""; 3], Moment::Answered)?;
        recording.note(Moment::Taken);
        recording.moments[Moment::Received as usize].store(received, Relaxed);
        Some(recording)
    }

    fn new(trace: Trace, parent: u64, names: [&'static str; 3], last: Moment) -> Option<Self> {
        (trace.sampled && are_recorded()).then(|| Self {
            trace,
            parent,
            names,
            moments: Default::default(),
            bytes: Default::default(),
            attempts: AtomicU8::new(0),
            last,
        })
    }

    /// The trace as what is below this span sees it.
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// Notes that something happens now; said again, the last time counts.
    pub fn note(&self, moment: Moment) {
        self.moments[moment as usize].store(now(), Relaxed);
    }

    /// Notes the bytes of the question.
    pub fn note_question(&self, bytes: usize) {
        self.bytes[0].store(bytes as u64, Relaxed);
    }

    /// Notes the bytes of the answer.
    pub fn note_answer(&self, bytes: usize) {
        self.bytes[1].store(bytes as u64, Relaxed);
    }

    /// Notes an attempt beyond the first.
    #[cfg(feature = "split")]
    pub(crate) fn note_retry(&self) {
        self.attempts.fetch_add(1, Relaxed);
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.moments[self.last as usize].load(Relaxed) == 0 {
            self.note(self.last);
        }
        gather(Span {
            trace: self.trace,
            parent: self.parent,
            names: self.names,
            moments: std::array::from_fn(|index| self.moments[index].load(Relaxed)),
            bytes: std::array::from_fn(|index| self.bytes[index].load(Relaxed)),
            attempts: self.attempts.load(Relaxed),
        });
    }
}

/// When a chunk came in, for the questions in it; zero when nobody wants to know.
#[cfg(feature = "split")]
#[inline]
pub(crate) fn received_now() -> u64 {
    if are_recorded() { now() } else { 0 }
}
