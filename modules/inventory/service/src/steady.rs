//! A time of day that does not jump, so that no hold is released early because somebody set the machine's clock.

use std::time::Instant;

use runtime::clock;

/// The time of day at start, and how long ago that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SteadyClock {
    started_at: i64,
    started: Instant,
}

impl SteadyClock {
    pub(crate) fn start() -> Self {
        Self { started_at: clock::now(), started: Instant::now() }
    }

    /// Milliseconds since the epoch, as the machine's clock would show had nobody touched it since the start.
    pub(crate) fn now(self) -> i64 {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.started_at.saturating_add(passed)
    }
}
