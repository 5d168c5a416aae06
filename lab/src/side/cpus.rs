//! Which CPUs the generator has and which the sides have.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::priority::prefer_side;

/// The CPUs of a run: every side gets the same ones, the generator its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The generator's CPUs.
    pub generator: Vec<usize>,
    /// The CPUs that each side has while it runs.
    pub side: Vec<usize>,
    /// Whether generator and sides run before other programs of the machine; the sides all alike. Needs a privileged account.
    pub preferred: bool,
}

impl Placement {
    /// Divides the CPUs that this process may use: the last one for the generator, all others for the sides.
    pub fn divide() -> anyhow::Result<Self> {
        let mut allowed = allowed_cpus()?;
        if allowed.len() < 2 {
            return Ok(Self { generator: allowed.clone(), side: allowed, preferred: false });
        }
        let generator = allowed.split_off(allowed.len() - 1);
        let preferred = std::thread::spawn(prefer_side).join().unwrap_or(false);
        Ok(Self { generator, side: allowed, preferred })
    }

    /// Whether the generator has a CPU that no side uses.
    pub fn is_apart(&self) -> bool {
        self.generator.iter().all(|cpu| !self.side.contains(cpu))
    }
}

fn allowed_cpus() -> anyhow::Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}

/// Keeps the calling thread, and whatever it starts from now on, on these CPUs.
pub(crate) fn pin_this_thread(cpus: &[usize]) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu)?;
    }
    sched_setaffinity(Pid::from_raw(0), &set)?;
    Ok(())
}

/// Runs something on a thread of its own that is kept on these CPUs; what it starts inherits them.
///
/// Setting the affinity between fork and exec would need unsafe code; a child inherits the affinity of the thread that starts it just as well.
pub(crate) fn on_cpus<T: Send>(cpus: &[usize], work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            pin_this_thread(cpus)?;
            prefer_side();
            Ok(work())
        });
        thread.join().map_err(|_| anyhow::anyhow!("a thread of the lab panicked"))?
    })
}
