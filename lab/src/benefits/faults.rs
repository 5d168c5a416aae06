//! Breaking one module of a running side, and undoing it.
//!
//! A kill needs nothing of the program. What is to happen inside it (hang, delay, spin, leak) it is asked for by a file, as the README says;
//! one that does not answer is stopped by signal instead of hanging, and spared the rest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::limits;
use crate::archive::FaultKind;
use crate::side::{LayoutGroup, Role, RunningSide};

/// The variable that names the folder to a program that can be asked for faults.
pub const FAULTS_VARIABLE: &str = "CLEAVE__LAB__FAULTS";

/// How long a program may take to say that it obeys.
const OBEYS_WITHIN: Duration = Duration::from_millis(400);
/// How fast a module leaks, and how much its process may have beyond what it had: half a second's worth.
const LEAK: &str = "leak 128MiB/s";
const ALLOWANCE: u64 = 64 << 20;
/// How many threads spin: more than the workers of a process on few cores, so that these do not get half.
const SPIN: &str = "spin 4";
/// How late a slow module answers: visitors are patient enough for two such answers in a row, and not for three.
const SLOW: &str = "slow 200ms";

/// The ways in which a running side can be broken.
#[derive(Debug)]
pub struct Faults<'s> {
    side: &'s RunningSide,
    /// The folder that the side was given by [`FAULTS_VARIABLE`].
    folder: &'s Path,
}

/// Why a fault was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// A fault that lasts until this is dropped.
#[derive(Debug)]
#[must_use = "the fault is over when this is dropped"]
pub struct FaultInForce<'s> {
    side: &'s RunningSide,
    group: String,
    undo: Undo,
}

#[derive(Debug)]
enum Undo {
    /// Lets these processes go on: the stopped ones, or the supervisor that was not to restart the dead.
    Continue(Vec<i32>),
    /// Takes the file away; the limits of these processes too.
    Remove { file: PathBuf, limited: Option<BTreeSet<i32>> },
}

impl<'s> Faults<'s> {
    /// The faults of a side that was started with the folder in its environment.
    pub fn of(side: &'s RunningSide, folder: &'s Path) -> Self {
        Self { side, folder }
    }

    /// Breaks a module; it is broken when this returns.
    ///
    /// # Errors
    /// When its process is not found, or the program does not do what only it can do.
    pub fn begin(&self, module: &str, group: &LayoutGroup, kind: FaultKind) -> Result<FaultInForce<'s>, Refused> {
        let processes = self.pids(&group.name);
        if processes.is_empty() {
            return Err(Refused(format!("no process of the group {} was found", group.name)));
        }
        let in_force = |undo| FaultInForce { side: self.side, group: group.name.clone(), undo };
        let words = match kind {
            FaultKind::Kill => {
                // Held, so that the module stays dead for as long as the others are watched, and is restarted after that.
                let fault = in_force(Undo::Continue(self.hold_supervisors(&processes)));
                signal(&processes, Signal::SIGKILL);
                return Ok(fault);
            }
            FaultKind::Hang => "hang",
            FaultKind::Leak => LEAK,
            FaultKind::Spin => SPIN,
            FaultKind::Slow => SLOW,
        };
        let limited = (kind == FaultKind::Leak).then(BTreeSet::new);
        let mut fault = in_force(Undo::Remove { file: self.folder.join(module), limited });
        fault.keep_up();
        match self.ask(module, words) {
            Ok(()) => Ok(fault),
            Err(_) if kind == FaultKind::Hang && group.modules.len() == 1 => {
                drop(fault);
                let fault = in_force(Undo::Continue(processes.clone()));
                signal(&processes, Signal::SIGSTOP);
                Ok(fault)
            }
            Err(refused) => Err(refused),
        }
    }

    /// Writes the file, and waits until the program says that it obeys.
    fn ask(&self, module: &str, words: &str) -> Result<(), Refused> {
        let answer = |end: &str| self.folder.join(format!("{module}.{end}"));
        let (obeyed, refused) = (answer("obeyed"), answer("refused"));
        let _ = std::fs::remove_file(&obeyed);
        std::fs::write(self.folder.join(module), words)
            .map_err(|error| Refused(format!("{} cannot be written: {error}", self.folder.display())))?;
        let deadline = Instant::now() + OBEYS_WITHIN;
        while Instant::now() < deadline {
            if std::fs::read_to_string(&obeyed).is_ok_and(|text| text.trim() == words) {
                return Ok(());
            }
            if let Ok(why) = std::fs::read_to_string(&refused) {
                return Err(Refused(format!("the program refuses `{words}` in {module}: {why}")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(Refused(format!("the program does not obey {FAULTS_VARIABLE}: `{words}` in {module} was not answered")))
    }

    fn pids(&self, group: &str) -> Vec<i32> {
        self.side.processes_of(group).iter().map(|process| process.pid).collect()
    }

    /// Stops who would restart these processes.
    fn hold_supervisors(&self, processes: &[i32]) -> Vec<i32> {
        let census = self.side.census();
        let supervisors = census.processes.iter().filter(|(process, _)| process.role == Role::Supervisor);
        let held: Vec<i32> =
            supervisors.map(|(process, _)| process.pid).filter(|pid| !processes.contains(pid)).collect();
        signal(&held, Signal::SIGSTOP);
        held
    }
}

impl FaultInForce<'_> {
    /// Does what has to be done while the fault lasts, some ten times a second: a process that leaks and was restarted gets its limit.
    pub fn keep_up(&mut self) {
        let Undo::Remove { limited: Some(limited), .. } = &mut self.undo else { return };
        for process in self.side.processes_of(&self.group) {
            if !limited.contains(&process.pid) && limits::allow_more(process.pid, ALLOWANCE) {
                limited.insert(process.pid);
            }
        }
    }
}

impl Drop for FaultInForce<'_> {
    fn drop(&mut self) {
        match &self.undo {
            Undo::Continue(held) => signal(held, Signal::SIGCONT),
            Undo::Remove { file, limited } => {
                // Without its folder the program knows of no fault either.
                let _ = std::fs::remove_file(file);
                limited.iter().flatten().for_each(|pid| limits::lift(*pid));
            }
        }
    }
}

fn signal(processes: &[i32], which: Signal) {
    for pid in processes {
        // One that has ended in between is past every fault.
        let _ = kill(Pid::from_raw(*pid), which);
    }
}
