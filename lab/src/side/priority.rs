//! Who runs first when other programs want the same CPUs: the measurement, where the account is permitted to say so.
//!
//! Sides are all preferred alike, so a ratio does not depend on it; the generator is preferred over all, because a generator that is late
//! measures itself. Without the permission nothing is lost but patience with a busy machine: lateness is checked either way.

use thread_priority::unix::{
    RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// The niceness of the sides, among the programs of their session.
const SIDE_NICENESS: i32 = -10;
/// The generator's real-time priority: anything of that kind comes before everything that is not.
const GENERATOR_PRIORITY: u8 = 10;

/// Prefers the calling thread, and whatever it starts from now on; says whether that was permitted.
pub(super) fn prefer_side() -> bool {
    rustix::process::setpriority_process(None, SIDE_NICENESS).is_ok()
}

/// Gives the calling thread a real-time priority; it sleeps in `epoll` whenever nothing is due, so it cannot starve its CPU.
pub(crate) fn prefer_generator() -> bool {
    let Ok(value) = ThreadPriorityValue::try_from(GENERATOR_PRIORITY) else { return false };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy).is_ok()
}

/// Prefers the whole session of the lab while it lives.
///
/// Where the kernel groups processes by session (`sched_autogroup`), niceness counts only within one, and a compiler in another terminal
/// would get half of the CPU whatever the niceness of the sides.
#[derive(Debug)]
pub(crate) struct PreferredSession {
    before: Option<String>,
}

impl PreferredSession {
    const FILE: &str = "/proc/self/autogroup";

    pub(crate) fn begin() -> Self {
        // The file reads like `/autogroup-5 nice 0`.
        let text = std::fs::read_to_string(Self::FILE).unwrap_or_default();
        let before = text.split_whitespace().last().map(str::to_owned);
        let changed = before.is_some() && std::fs::write(Self::FILE, SIDE_NICENESS.to_string()).is_ok();
        Self { before: before.filter(|_| changed) }
    }
}

impl Drop for PreferredSession {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // The session belongs to the person; a failure here would only leave it preferred.
            let _ = std::fs::write(Self::FILE, before);
        }
    }
}
