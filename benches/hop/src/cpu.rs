//! CPU time, of all threads of this process or of one.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// What all threads of this process have used so far.
pub fn of_this_process() -> Duration {
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

/// What the calling thread has used so far.
pub fn of_this_thread() -> Duration {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).expect("every Linux has CPU clocks").into()
}
