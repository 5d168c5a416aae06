//! Makes each request slower or dearer by a known amount, when the lab asks for it.

use std::{
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        time::TimeSpec,
        timerfd::{ClockId as TimerClock, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
    },
    time::{ClockId, clock_gettime},
};
use tokio::io::unix::AsyncFd;

use crate::settings::LabSettings;

impl LabSettings {
    /// Whether there is anything to do to a request.
    pub(crate) fn change_something(self) -> bool {
        self != Self::default()
    }

    /// Waits and burns as set.
    pub(crate) async fn apply(self) {
        if self.delay_us > 0
            && let Err(error) = wait(Duration::from_micros(self.delay_us)).await
        {
            tracing::warn!(%error, "the lab's delay could not be applied");
        }
        burn(Duration::from_micros(self.burn_us));
    }
}

/// What a processor that has gone to sleep may need to wake, above all a virtual one. The end of a delay is waited for awake, so that what
/// is injected is as long as it says.
const WAKING: Duration = Duration::from_micros(200);

/// Waits until the delay has passed, and no longer.
async fn wait(delay: Duration) -> std::io::Result<()> {
    let over = Instant::now() + delay;
    sleep(delay.saturating_sub(WAKING)).await?;
    while Instant::now() < over {
        std::hint::spin_loop();
    }
    Ok(())
}

/// Sleeps by a timer of the kernel: the runtime's own wheel turns in steps of a millisecond, which is the size of what is injected.
async fn sleep(delay: Duration) -> std::io::Result<()> {
    if delay.is_zero() {
        return Ok(());
    }
    let timer = TimerFd::new(TimerClock::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
    timer.set(Expiration::OneShot(TimeSpec::from_duration(delay)), TimerSetTimeFlags::empty())?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe because of types that lie about their descriptor; OwnedFd does not"
    )]
    let timer = AsyncFd::new(OwnedFd::from(timer))?;
    let _expired = timer.readable().await?;
    Ok(())
}

/// Keeps this thread busy until it has used so much CPU time.
fn burn(amount: Duration) {
    let used = || {
        clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).expect("Linux has a CPU clock per thread")
    };
    if amount.is_zero() {
        return;
    }
    let until = used() + amount;
    while used() < until {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_delay_is_finer_than_the_runtimes_wheel() {
        let began = Instant::now();
        for _ in 0..20 {
            wait(Duration::from_micros(400)).await.unwrap();
        }
        let elapsed = began.elapsed();
        assert!(elapsed >= Duration::from_millis(8), "{elapsed:?} is less than was asked for");
        assert!(elapsed < Duration::from_millis(20), "{elapsed:?}: a wheel of 1 ms would take at least 20 ms");
    }

    #[test]
    fn a_burn_uses_the_cpu_it_says() {
        let used = || clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap();
        let before = used();
        burn(Duration::from_millis(2));
        let burned = used() - before;
        assert!((Duration::from_millis(2)..Duration::from_millis(4)).contains(&burned), "{burned:?}");
    }
}
