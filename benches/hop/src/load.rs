//! Closed-loop callers: each asks again as soon as it is answered.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::cpu;

/// Worker threads on the callers' side.
const THREADS: usize = 2;

/// Something that can be asked.
pub trait Rival: Clone + Send + 'static {
    /// Who asks.
    type Caller: Asks;

    /// One more caller.
    fn caller(&self) -> impl Future<Output = Self::Caller> + Send;
}

/// Asks, one question after the other.
pub trait Asks: Send + 'static {
    /// Asks and waits for the answer, which takes a while when it is to be slow.
    fn ask(&mut self, slow: bool) -> impl Future<Output = ()> + Send;
}

/// Who asks how.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Callers at the same time, over two threads.
    pub callers: usize,
    /// Whether one call in a hundred is slow.
    pub slow: bool,
    /// Whether each fast call is timed, which costs a little itself.
    pub timed: bool,
}

/// What came out.
#[derive(Debug)]
pub struct Measured {
    /// Calls answered.
    pub calls: u64,
    /// How long that took.
    pub wall: Duration,
    /// CPU of both ends.
    pub cpu: Duration,
    fast: Histogram<u64>,
}

impl Measured {
    /// CPU per call, in microseconds.
    pub fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls as f64
    }

    /// Calls per second.
    pub fn rate(&self) -> f64 {
        self.calls as f64 / self.wall.as_secs_f64()
    }

    /// A quantile of the fast calls, in microseconds.
    pub fn fast_us(&self, quantile: f64) -> f64 {
        self.fast.value_at_quantile(quantile) as f64 / 1e3
    }
}

/// What callers and observer share.
#[derive(Default)]
struct Shared {
    calls: AtomicU64,
    measuring: AtomicBool,
    over: AtomicBool,
}

impl Load {
    /// Loads a rival for this long, after a moment of warming up.
    pub fn measure(self, rival: &impl Rival, stretch: Duration) -> Measured {
        let shared = Arc::new(Shared::default());
        let threads: Vec<_> = (0..THREADS.min(self.callers))
            .map(|index| {
                let (shared, rival) = (shared.clone(), rival.clone());
                let callers = self.callers / THREADS.min(self.callers);
                thread::spawn(move || self.run(&rival, index * callers, callers, &shared))
            })
            .collect();
        pause(Duration::from_millis(200));
        shared.measuring.store(true, Relaxed);
        let (calls, cpu, began) = (shared.calls.load(Relaxed), cpu::of_this_process(), Instant::now());
        pause(stretch);
        let (wall, cpu) = (began.elapsed(), cpu::of_this_process() - cpu);
        let calls = shared.calls.load(Relaxed) - calls;
        shared.measuring.store(false, Relaxed);
        shared.over.store(true, Relaxed);
        let mut fast = histogram();
        for thread in threads {
            fast.add(thread.join().expect("callers do not panic")).expect("all histograms have the same bounds");
        }
        Measured { calls, wall, cpu, fast }
    }

    fn run(self, rival: &impl Rival, first: usize, callers: usize, shared: &Arc<Shared>) -> Histogram<u64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let asking: Vec<_> = (first..first + callers)
                .map(|caller| {
                    let (shared, rival) = (shared.clone(), rival.clone());
                    tokio::spawn(async move { self.ask(rival.caller().await, caller, &shared).await })
                })
                .collect();
            let mut all = histogram();
            for asking in asking {
                all.add(asking.await.expect("callers do not panic")).expect("all histograms have the same bounds");
            }
            all
        })
    }

    async fn ask(self, mut asks: impl Asks, caller: usize, shared: &Shared) -> Histogram<u64> {
        let mut fast = histogram();
        // Callers start at different places of the hundred, so that slow calls do not come at once.
        let mut count = caller * 37;
        while !shared.over.load(Relaxed) {
            count += 1;
            let slow = self.slow && count.is_multiple_of(100);
            if self.timed && !slow && shared.measuring.load(Relaxed) {
                let began = Instant::now();
                asks.ask(false).await;
                fast.saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
            } else {
                asks.ask(slow).await;
            }
            shared.calls.fetch_add(1, Relaxed);
        }
        fast
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).expect("from a microsecond to a minute in three digits")
}

#[expect(clippy::disallowed_methods, reason = "the observer has nothing to do meanwhile")]
pub(crate) fn pause(duration: Duration) {
    thread::sleep(duration);
}

/// The middle of some values.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
