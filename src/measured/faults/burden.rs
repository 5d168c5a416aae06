//! What a spinning or leaking module takes from its whole process.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use super::words::Ordered;

/// A leak ends here by itself, so that a process without a limit does not take the machine's memory.
const MOST_LEAKED: usize = 1 << 30;

/// The CPU and memory that a fault holds at this moment.
#[derive(Default)]
pub(super) struct Burden {
    spinning: Option<Spinning>,
    leaked: Vec<Vec<u8>>,
}

/// Threads that burn CPU until they are told to stop.
struct Spinning {
    threads: usize,
    over: Arc<AtomicBool>,
}

impl Burden {
    /// Takes what the fault takes in one more `step` of time, and gives back what no fault takes any more.
    pub(super) fn bear(&mut self, ordered: Ordered, step: Duration) {
        let threads = if let Ordered::Spin(threads) = ordered { threads } else { 0 };
        if self.spinning.as_ref().map_or(0, |spinning| spinning.threads) != threads {
            // Those who spin now stop when theirs is dropped.
            self.spinning = (threads > 0).then(|| Spinning::start(threads));
        }
        match ordered {
            Ordered::Leak(rate) => {
                let taken: usize = self.leaked.iter().map(Vec::len).sum();
                let more = ((rate as f64 * step.as_secs_f64()) as usize).min(MOST_LEAKED - taken.min(MOST_LEAKED));
                // Ones, because memory that is all zeros is not taken before it is touched. Where the process has a limit, this is
                // where it ends, as any allocation may be for a program that leaks.
                self.leaked.push(vec![1; more]);
            }
            _ => self.leaked = Vec::new(),
        }
    }
}

impl Spinning {
    fn start(threads: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        for _ in 0..threads {
            let over = over.clone();
            thread::spawn(move || {
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self { threads, over }
    }
}

impl Drop for Spinning {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_grows_with_time_and_is_given_back_when_it_is_over() {
        let mut burden = Burden::default();
        for _ in 0..3 {
            burden.bear(Ordered::Leak(1 << 20), Duration::from_millis(500));
        }
        let taken: usize = burden.leaked.iter().map(Vec::len).sum();
        assert_eq!(taken, 3 << 19);
        burden.bear(Ordered::Nothing, Duration::from_millis(500));
        assert!(burden.leaked.is_empty());
    }

    #[test]
    fn who_spins_stops_when_the_fault_is_over() {
        let mut burden = Burden::default();
        burden.bear(Ordered::Spin(1), Duration::ZERO);
        let over = burden.spinning.as_ref().unwrap().over.clone();
        burden.bear(Ordered::Spin(1), Duration::ZERO);
        assert!(!over.load(Relaxed), "the same fault goes on");
        burden.bear(Ordered::Hang, Duration::ZERO);
        assert!(over.load(Relaxed) && burden.spinning.is_none());
    }
}
