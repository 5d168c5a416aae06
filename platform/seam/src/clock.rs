//! A monotonic clock of a few milliseconds' resolution that is cheap enough to read on every call.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since an arbitrary start that is the same for all processes of this machine's boot.
///
/// Reads `CLOCK_MONOTONIC_COARSE`: a tick of the kernel (1 to 4 ms) is precise enough for deadlines, and the read costs a few
/// nanoseconds where a precise one costs twenty.
#[inline]
pub fn coarse_milliseconds() -> u64 {
    let now = clock_gettime(ClockId::MonotonicCoarse);
    now.tv_sec as u64 * 1_000 + now.tv_nsec as u64 / 1_000_000
}

/// A point in coarse time, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(u64);

impl Deadline {
    /// A deadline that never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The point that lies `wait` ahead of now.
    pub fn after(wait: Duration) -> Self {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self(coarse_milliseconds().saturating_add(milliseconds))
    }

    /// Time left, zero once it has passed; `None` when it never comes.
    #[inline]
    pub fn left(self) -> Option<Duration> {
        (self != Self::NEVER).then(|| Duration::from_millis(self.0.saturating_sub(coarse_milliseconds())))
    }

    /// Whether the point came more than `grace` ago.
    pub fn has_passed_by(self, grace: Duration) -> bool {
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self != Self::NEVER && coarse_milliseconds() > self.0.saturating_add(grace)
    }

    /// Whether the point has come.
    #[inline]
    pub fn has_passed(self) -> bool {
        self != Self::NEVER && coarse_milliseconds() >= self.0
    }
}
