//! A process that the lab has started, with all that has come of it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::command::tail;
use super::cpus::on_cpus;
use super::processes::{Process, Role, is_alive, process_group, tree};

/// How long it may take to stop after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// How long the last words of one that has ended are waited for.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(200);

/// How the processes are found, and on whose account they are booked.
#[derive(Debug)]
pub(super) enum Booking {
    /// A tree whose root supervises it, as `up` does: who is what is read from the arguments.
    Tree,
    /// A stranger's group: the whole process group and what has come of it, all on one account.
    Group {
        /// The group of the file.
        name: String,
        /// Its account.
        role: Role,
    },
}

/// A started process; dropping it kills whatever is left of it.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
    /// The root of its tree.
    pub(super) root: i32,
    booking: Booking,
    log: PathBuf,
    /// Copies what it says on stdout.
    listening: JoinHandle<()>,
    stopped: bool,
}

impl Started {
    /// Starts a command on these CPUs; both its streams go to the log, and the lines of stdout to the receiver as well.
    pub(super) fn start(
        mut command: Command,
        cpus: &[usize],
        booking: Booking,
        log: &Path,
    ) -> anyhow::Result<(Self, Receiver<String>)> {
        let file = File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
        let copy = file.try_clone()?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        // A group of its own: a Ctrl-C for the lab must not reach the side before the lab has counted it.
        command.process_group(0);
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child =
            on_cpus(cpus, move || command.spawn())?.with_context(|| format!("`{program}` cannot be started"))?;
        let stdout = child.stdout.take().context("its stdout was piped")?;
        let (sender, lines) = channel();
        // The thread keeps reading after the ready line, so that a side that prints more does not block on a full pipe.
        let listening = std::thread::spawn(move || {
            let mut copy = copy;
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                // A log that cannot be written must not stop the side.
                let _ = copy.write_all(&line).and_then(|()| copy.write_all(b"\n"));
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let root = child.id() as i32;
        Ok((Self { child, root, booking, log: log.to_owned(), listening, stopped: false }, lines))
    }

    /// What it is in messages.
    pub(super) fn name(&self) -> &str {
        match &self.booking {
            Booking::Tree => "it",
            Booking::Group { name, .. } => name,
        }
    }

    /// The processes that there are now.
    pub(super) fn members(&self) -> Vec<Process> {
        let mut members = tree(self.root);
        let Booking::Group { name, role } = &self.booking else { return members };
        for process in process_group(self.child.id() as i32) {
            if !members.iter().any(|known| known.pid == process.pid) {
                members.push(process);
            }
        }
        for process in &mut members {
            process.role = *role;
            process.group = Some(name.clone());
        }
        members
    }

    /// Whether the process that was started is there no more, although nobody has asked it to end.
    pub(super) fn has_ended(&self) -> bool {
        !is_alive(self.root)
    }

    /// The end of what it has said.
    pub(super) fn last_words(&self) -> String {
        // What it said just before it ended may still be on its way to the log.
        let until = Instant::now() + LAST_WORDS_LIMIT;
        while self.has_ended() && !self.listening.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let words = std::fs::read(&self.log).unwrap_or_default();
        let words = tail(&words, 1_500).trim().to_owned();
        if words.is_empty() { "none".to_owned() } else { words }
    }

    /// Asks it to end, waits for that, and kills what is left; notes what was not as it should be.
    pub(super) fn stop(&mut self, troubles: &mut Vec<String>) {
        self.stopped = true;
        let members = self.members();
        let name = self.name().to_owned();
        if let Ok(Some(status)) = self.child.try_wait() {
            troubles.push(format!(
                "{name} had ended before it was asked to ({status}); its last words: {}",
                self.last_words()
            ));
        } else {
            self.ask_to_end();
            match self.wait_for_end() {
                Ok(Some(status)) if self.is_in_order(status) => {}
                Ok(Some(status)) => troubles.push(format!("after SIGTERM {name} ended with {status}")),
                Ok(None) => troubles
                    .push(format!("{name} was still there {} s after SIGTERM and was killed", STOP_LIMIT.as_secs())),
                Err(error) => troubles.push(format!("{name} cannot be waited for: {error}")),
            }
        }
        for Process { pid, command, .. } in members {
            if pid != self.root && still_runs(pid, &command) {
                troubles.push(format!("{name} left `{command}` behind, which was killed"));
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        self.kill_all();
    }

    fn ask_to_end(&self) {
        let root = Pid::from_raw(self.root);
        let _ = match self.booking {
            Booking::Tree => kill(root, Signal::SIGTERM),
            Booking::Group { .. } => killpg(root, Signal::SIGTERM),
        };
    }

    fn wait_for_end(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            match self.child.try_wait()? {
                // A stranger's workers have had the signal when their leader had it, and may end a moment after it.
                Some(status) if self.is_alone() || Instant::now() >= deadline => return Ok(Some(status)),
                None if Instant::now() >= deadline => return Ok(None),
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn is_alone(&self) -> bool {
        matches!(self.booking, Booking::Tree) || process_group(self.child.id() as i32).is_empty()
    }

    /// The program under test promises to end with 0; most others let the signal end them.
    fn is_in_order(&self, status: ExitStatus) -> bool {
        let by_signal =
            status.signal() == Some(Signal::SIGTERM as i32) || status.code() == Some(128 + Signal::SIGTERM as i32);
        status.success() || (by_signal && matches!(self.booking, Booking::Group { .. }))
    }

    fn kill_all(&mut self) {
        let members = self.members();
        let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
        for process in members {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if !self.stopped {
            self.kill_all();
        }
    }
}

/// The number of a process may have been given to another one; its command line tells.
fn still_runs(pid: i32, command: &str) -> bool {
    tree(pid).first().is_some_and(|process| process.pid == pid && process.command == command)
}
