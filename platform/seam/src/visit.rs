//! A call under way on an edge, and what is watched of it.

use std::{sync::Arc, time::Instant};

use crate::{
    Call,
    spans::{Moment, Recording},
};

/// A call under way on an edge: two words, because every call carries them.
#[derive(Debug)]
pub struct Visit {
    /// The call as the callee gets it, where that differs from how it was made.
    pub(crate) derived: Option<Box<Call>>,
    /// What is watched of it, for the one in many that is.
    pub(crate) observed: Option<Box<Observed>>,
}

/// A call that is looked at closely.
#[derive(Debug)]
pub(crate) struct Observed {
    /// When it began, for the one in many that is timed.
    pub(crate) began: Option<Instant>,
    /// Its span, when it belongs to a sampled trace and spans are recorded.
    pub(crate) recording: Option<Arc<Recording>>,
    /// Whether its caller is in another process, which has begun the span.
    pub(crate) from_outside: bool,
}

impl Observed {
    /// A call that is timed from now on.
    pub(crate) fn timed_only() -> Self {
        Self { began: Some(Instant::now()), recording: None, from_outside: false }
    }
}

impl Visit {
    /// The call as the callee gets it; `made` is how it was made.
    #[inline]
    pub fn call<'a>(&'a self, made: &'a Call) -> &'a Call {
        self.derived.as_deref().unwrap_or(made)
    }

    /// Its span, when one is recorded.
    #[inline]
    pub fn recording(&self) -> Option<&Arc<Recording>> {
        self.observed.as_ref().and_then(|observed| observed.recording.as_ref())
    }

    /// Notes how long the question would be as bytes, of a call that needs none because it stays in its process.
    pub fn note_question(&self, bytes: impl FnOnce() -> usize) {
        if let Some(recording) = self.recording_of_both_ends() {
            recording.note_question(bytes());
        }
    }

    /// Begins the handler of a recorded call.
    ///
    /// A call within a process gives way once: an answer from memory would otherwise end before its sisters begin, and nobody could
    /// see that they were asked together.
    pub async fn begin_handler(&self) {
        let Some(recording) = self.recording() else { return };
        if self.recording_of_both_ends().is_some() {
            tokio::task::yield_now().await;
        }
        recording.note(Moment::HandlerStart);
    }

    /// Ends the handler of a recorded call.
    pub fn end_handler(&self) {
        if let Some(recording) = self.recording() {
            recording.note(Moment::HandlerEnd);
        }
    }

    /// Notes how long the answer would be as bytes, as for the question.
    pub fn note_answer(&self, bytes: impl FnOnce() -> usize) {
        if let Some(recording) = self.recording_of_both_ends() {
            recording.note_answer(bytes());
        }
    }

    fn recording_of_both_ends(&self) -> Option<&Recording> {
        let observed = self.observed.as_ref().filter(|observed| !observed.from_outside)?;
        observed.recording.as_deref()
    }
}
