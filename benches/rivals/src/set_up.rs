//! The ways to set tonic up that it is measured in, so that the line is held against its best.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use hop_bench::cpu;
use tokio::runtime::{Builder, Runtime};

use crate::tonic_shelf::{Caller, channel, serve_on};

/// Callers at the same time.
pub(crate) const CALLERS: usize = 64;

/// As long as the line is given.
const WARMING_UP: Duration = Duration::from_millis(200);

/// How the threads of one end share its work.
#[derive(Clone, Copy, Debug)]
enum Threads {
    /// So many, each with a runtime of its own.
    Apart(usize),
    /// Two, under one runtime that moves work between them.
    Together,
}

impl Threads {
    fn runtimes(self) -> Vec<Runtime> {
        let one = |mut builder: Builder| builder.enable_all().build().expect("a runtime");
        match self {
            Self::Apart(count) => (0..count).map(|_| one(Builder::new_current_thread())).collect(),
            Self::Together => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(2);
                vec![one(builder)]
            }
        }
    }
}

/// One way to set tonic up: both ends alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetUp {
    /// What it is called in the note.
    pub(crate) name: &'static str,
    threads: Threads,
    /// Channels over all threads of the callers.
    channels: usize,
}

/// More channels, and ends that are unlike, were slower in every trial.
pub(crate) const SET_UPS: [SetUp; 4] = [
    SetUp { name: "two runtimes of a thread each, a channel each", threads: Threads::Apart(2), channels: 2 },
    SetUp { name: "one thread, one channel", threads: Threads::Apart(1), channels: 1 },
    SetUp { name: "one runtime of two threads, one channel", threads: Threads::Together, channels: 1 },
    SetUp { name: "one runtime of two threads, four channels", threads: Threads::Together, channels: 4 },
];

/// What a side did in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Calls per second.
    pub(crate) rate: f64,
    /// CPU of both ends per call, in microseconds.
    pub(crate) cpu_us: f64,
}

/// A tonic server that runs, and how to call it.
pub(crate) struct Tonic {
    set_up: SetUp,
    /// One for each runtime of the server, so that no thread is left without a connection.
    addresses: Vec<SocketAddr>,
}

impl Tonic {
    /// Starts the server for the rest of the process.
    pub(crate) fn start(set_up: SetUp) -> Self {
        Self { set_up, addresses: set_up.threads.runtimes().into_iter().map(serve_on).collect() }
    }

    /// Loads it for this long, after a moment of warming up.
    pub(crate) fn measure(&self, stretch: Duration) -> Pace {
        let (calls, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let runtimes = self.set_up.threads.runtimes();
        let (callers, channels) = (CALLERS / runtimes.len(), self.set_up.channels / runtimes.len());
        let threads: Vec<_> = runtimes
            .into_iter()
            .zip(&self.addresses)
            .map(|(runtime, &address)| {
                let (calls, over) = (calls.clone(), over.clone());
                thread::spawn(move || run(&runtime, address, callers, channels, &calls, &over))
            })
            .collect();
        pause(WARMING_UP);
        let (calls_before, cpu_before, began) = (calls.load(Relaxed), cpu::of_this_process(), Instant::now());
        pause(stretch);
        let (wall, cpu) = (began.elapsed(), cpu::of_this_process() - cpu_before);
        let calls = (calls.load(Relaxed) - calls_before) as f64;
        over.store(true, Relaxed);
        for thread in threads {
            thread.join().expect("callers do not panic");
        }
        Pace { rate: calls / wall.as_secs_f64(), cpu_us: cpu.as_secs_f64() * 1e6 / calls }
    }
}

fn run(
    runtime: &Runtime,
    address: SocketAddr,
    callers: usize,
    channels: usize,
    calls: &Arc<AtomicU64>,
    over: &Arc<AtomicBool>,
) {
    runtime.block_on(async {
        let channels: Vec<_> = (0..channels).map(|_| channel(address)).collect();
        let asking: Vec<_> = (0..callers)
            .map(|caller| {
                let mut caller = Caller::on(channels[caller % channels.len()].clone());
                let (calls, over) = (calls.clone(), over.clone());
                tokio::spawn(async move {
                    while !over.load(Relaxed) {
                        caller.ask().await;
                        calls.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        for asking in asking {
            asking.await.expect("callers do not panic");
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "the observer has nothing to do meanwhile")]
fn pause(duration: Duration) {
    thread::sleep(duration);
}
