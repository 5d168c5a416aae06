//! The generator's clock and its timer, both in nanoseconds since the start of the drive.

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId as TimerClock, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::time::{ClockId, clock_gettime};

/// Nanoseconds as a `timespec`.
fn timespec(nanoseconds: u64) -> TimeSpec {
    TimeSpec::new((nanoseconds / 1_000_000_000) as i64, (nanoseconds % 1_000_000_000) as i64)
}

fn read(clock: ClockId) -> u64 {
    clock_gettime(clock).map_or(0, |time| time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

/// The CPU time that the calling thread has used, nanoseconds.
pub(super) fn thread_cpu_ns() -> u64 {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

/// A monotonic clock that starts at 0 and can be set back, and a one-shot timer on the same scale.
pub(super) struct Clock {
    start: u64,
    timer: TimerFd,
    armed: u64,
}

impl Clock {
    pub(super) fn start() -> anyhow::Result<Self> {
        let timer = TimerFd::new(TimerClock::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        Ok(Self { start: read(ClockId::CLOCK_MONOTONIC), timer, armed: 0 })
    }

    pub(super) fn timer(&self) -> &TimerFd {
        &self.timer
    }

    /// Lets the clock go on from `at`, as if no time had passed since.
    pub(super) fn set(&mut self, at: u64) {
        self.start = read(ClockId::CLOCK_MONOTONIC) - at;
        // What is armed was meant on the old scale.
        self.armed = 0;
    }

    pub(super) fn now(&self) -> u64 {
        read(ClockId::CLOCK_MONOTONIC) - self.start
    }

    /// Arms the timer for a moment; setting it again also clears an expiry that nobody has read.
    pub(super) fn arm(&mut self, at: u64) -> anyhow::Result<()> {
        if at != self.armed {
            let moment = Expiration::OneShot(timespec((self.start + at).max(1)));
            self.timer.set(moment, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            self.armed = at;
        }
        Ok(())
    }
}
