//! What one rung costs: called for a while by one caller, then by many.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use lab::side::Census;
use nix::{
    sys::resource::{UsageWho, getrusage},
    time::{ClockId, clock_gettime},
    unistd::Pid,
};

/// Callers at once in the second figure of each rung: as many as wait for one another on a busy shop.
const MANY: usize = 64;

/// What one rung costs per call.
pub(super) struct Figures {
    pub(super) wall_ns: f64,
    pub(super) cpu_ns: f64,
    pub(super) cpu_64_ns: f64,
    pub(super) switches: f64,
}

/// Calls for as long as it was told, first one at a time and then many, after a tenth of that for warming up.
pub(super) async fn measure<F: Future<Output = ()>>(
    each: Duration,
    far_end: Option<Pid>,
    ask: impl Fn() -> F,
) -> Figures {
    repeat(each / 10, 1, &ask).await;
    let (began, cpu, switches) = (Instant::now(), cpu_nanoseconds(far_end), switches_so_far(far_end));
    let calls = repeat(each, 1, &ask).await as f64;
    let (wall, cpu) = (began.elapsed().as_nanos() as f64, (cpu_nanoseconds(far_end) - cpu) as f64);
    let switches = switches_so_far(far_end).saturating_sub(switches) as f64;
    repeat(each / 10, MANY, &ask).await;
    let cpu_before_many = cpu_nanoseconds(far_end);
    let many_calls = repeat(each, MANY, &ask).await as f64;
    Figures {
        wall_ns: wall / calls,
        cpu_ns: cpu / calls,
        cpu_64_ns: (cpu_nanoseconds(far_end) - cpu_before_many) as f64 / many_calls,
        switches: switches / calls,
    }
}

async fn repeat<F: Future<Output = ()>>(during: Duration, callers: usize, ask: &impl Fn() -> F) -> u64 {
    let until = Instant::now() + during;
    let callers = (0..callers).map(|_| async {
        let mut calls = 0;
        // The clock is read once in sixteen calls: it costs more than a call in place.
        while Instant::now() < until {
            for _ in 0..16 {
                ask().await;
            }
            calls += 16;
        }
        calls
    });
    join_all(callers).await.into_iter().sum()
}

/// CPU of this process and of the far end, in nanoseconds.
fn cpu_nanoseconds(far_end: Option<Pid>) -> i128 {
    let read = |clock| {
        clock_gettime(clock).map_or(0, |time| i128::from(time.tv_sec()) * 1_000_000_000 + i128::from(time.tv_nsec()))
    };
    let other = far_end.and_then(|pid| ClockId::pid_cpu_clock_id(pid).ok()).map_or(0, read);
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID) + other
}

/// How often threads of this process and of the far end gave up or lost the CPU.
fn switches_so_far(far_end: Option<Pid>) -> u64 {
    let own = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| {
        usage.voluntary_context_switches().unsigned_abs() + usage.involuntary_context_switches().unsigned_abs()
    });
    let other =
        far_end.map_or(0, |pid| Census::take(pid.as_raw()).processes.iter().map(|(_, usage)| usage.switches).sum());
    own + other
}
