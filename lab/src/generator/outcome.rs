//! What a drive measured.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The range of every histogram: 1 us to 60 s with three digits.
const LOWEST_US: u64 = 1;
const HIGHEST_US: u64 = 60_000_000;

/// An empty histogram of microseconds, 1 us to 60 s, three significant digits.
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_US, HIGHEST_US, 3).expect("the bounds are constants that the crate accepts")
}

/// The figures of one drive. Histograms hold microseconds.
#[derive(Debug)]
pub struct Measured {
    /// From the intended start to the last byte, timed part only.
    pub latency: Histogram<u64>,
    /// From the write to the last byte, timed part only.
    pub service: Histogram<u64>,
    /// How late the generator itself was with the requests that had a time to start at.
    pub lateness: Histogram<u64>,
    /// Answers by the name of the request.
    pub requests: BTreeMap<String, RequestFigures>,
    /// What went wrong, in words, with how often.
    pub errors: BTreeMap<String, u64>,
    /// Requests sent, timed or not.
    pub sent: u64,
    /// Answers received, right or wrong.
    pub answered: u64,
    /// Answers that were wrong, late or missing.
    pub failed: u64,
    /// Sessions of the trace that the generator began.
    pub sessions: u64,
    /// Requests that the generator was to send and could not.
    pub unsent: u64,
    /// Connections opened.
    pub connections: u64,
    /// Bytes written and read.
    pub bytes_out: u64,
    /// See `bytes_out`.
    pub bytes_in: u64,
    /// From the start to the last answer, nanoseconds.
    pub wall_ns: u64,
    /// How many requests were in the timed part, and how long it was, nanoseconds.
    pub timed: u64,
    /// See `timed`.
    pub timed_ns: u64,
    /// The CPU time of the generator's thread, nanoseconds.
    pub generator_cpu_ns: u64,
    /// Whether the drive was ended early from outside.
    pub stopped: bool,
    /// The sessions that have ended, in that order.
    pub ended: Vec<SessionEnd>,
    /// Requests answered rightly, in bins of [`RIGHT_BIN`] from the start of the drive.
    pub right: Vec<u32>,
}

/// The length of a bin of [`Measured::right`].
pub const RIGHT_BIN: Duration = Duration::from_millis(50);

/// How one session of the trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// Its place in the trace.
    pub session: usize,
    /// When it ended, nanoseconds from the start of the drive.
    pub ended_ns: u64,
    /// Whether every one of its requests was answered rightly; a session whose request fails ends there.
    pub whole: bool,
}

/// The figures of the requests of one name.
#[derive(Debug)]
pub struct RequestFigures {
    /// How many were answered.
    pub count: u64,
    /// Their latency from the intended start, timed part only, microseconds.
    pub latency: Histogram<u64>,
}

impl Default for Measured {
    /// Nothing measured yet.
    fn default() -> Self {
        Self::new()
    }
}

impl Measured {
    pub(super) fn new() -> Self {
        Self {
            latency: new_histogram(),
            service: new_histogram(),
            lateness: new_histogram(),
            requests: BTreeMap::new(),
            errors: BTreeMap::new(),
            sent: 0,
            answered: 0,
            failed: 0,
            sessions: 0,
            unsent: 0,
            connections: 0,
            bytes_out: 0,
            bytes_in: 0,
            wall_ns: 0,
            timed: 0,
            timed_ns: 0,
            generator_cpu_ns: 0,
            stopped: false,
            ended: Vec::new(),
            right: Vec::new(),
        }
    }

    /// Counts a right answer at this moment of the drive.
    pub(super) fn record_right(&mut self, now: u64) {
        let bin = (now / RIGHT_BIN.as_nanos() as u64) as usize;
        if self.right.len() <= bin {
            self.right.resize(bin + 1, 0);
        }
        self.right[bin] += 1;
    }

    pub(super) fn record_error(&mut self, what: String) {
        self.failed += 1;
        // A server that answers each request with a text of its own must not fill the memory of the generator.
        if self.errors.len() < 50 || self.errors.contains_key(&what) {
            *self.errors.entry(what).or_default() += 1;
        }
    }

    /// The share of requests that failed.
    pub fn failed_share(&self) -> f64 {
        if self.sent == 0 { 0.0 } else { self.failed as f64 / self.sent as f64 }
    }
}

/// Nanoseconds as the microseconds of a histogram, at least 1.
pub(super) fn microseconds(nanoseconds: u64) -> u64 {
    (nanoseconds / 1000).clamp(LOWEST_US, HIGHEST_US)
}
