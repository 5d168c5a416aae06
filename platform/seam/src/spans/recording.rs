//! Spans in the making.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use super::{Moment, Span, are_recorded, fresh_id, gather, now};
use crate::{ModuleName, Trace};

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
