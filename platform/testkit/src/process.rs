//! A process under test: what it writes, what it is told, and that it never outlives the test.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{PATIENCE, descendants, eventually_within};

/// A running process whose output is kept. It and all its descendants are killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Mutex<Child>,
    pid: u32,
    stdout: Lines,
    stderr: Lines,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Process {
    /// Starts a command, without standard input.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let mut command = std::process::Command::new("sh");
    /// command.args(["-c", "echo ready http://127.0.0.1:1; sleep 60"]);
    /// let process = testkit::Process::start(command);
    /// assert_eq!(process.line("ready ").await, "ready http://127.0.0.1:1");
    /// process.terminate();
    /// assert!(!process.ended().await.success());
    /// # }
    /// ```
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let name = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout = keep(child.stdout.take().expect("it was asked for"));
        let stderr = keep(child.stderr.take().expect("it was asked for"));
        Self { name, pid: child.id(), child: Mutex::new(child), stdout, stderr }
    }

    /// Waits for the first line on its standard output that starts with `prefix`.
    ///
    /// # Panics
    /// When it ends, or [`PATIENCE`] does, before the line comes.
    pub async fn line(&self, prefix: &str) -> String {
        self.line_within(PATIENCE, prefix).await
    }

    /// Waits for such a line for some time.
    ///
    /// # Panics
    /// When it ends, or the time does, before the line comes.
    pub async fn line_within(&self, within: Duration, prefix: &str) -> String {
        let find = || snapshot(&self.stdout).into_iter().find(|line| line.starts_with(prefix));
        let what = format!("{} writes `{prefix}...`", self.name);
        eventually_within(within, &what, || async { find().is_some() || self.status().is_some() }).await;
        // What it wrote before it ended may still be on the way from the thread that reads it.
        if let Some(status) = self.status() {
            let end = || async { find().is_some() || Arc::strong_count(&self.stdout) == 1 };
            eventually_within(within, &what, end).await;
            assert!(
                find().is_some(),
                "{} ended with {status} before `{prefix}`; it wrote:\n{}",
                self.name,
                self.stderr()
            );
        }
        find().expect("it has been waited for")
    }

    /// What it wrote to its standard output until now.
    #[must_use]
    pub fn stdout(&self) -> String {
        snapshot(&self.stdout).join("\n")
    }

    /// What it wrote to its standard error until now.
    #[must_use]
    pub fn stderr(&self) -> String {
        snapshot(&self.stderr).join("\n")
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// All processes it started, and those they started.
    #[must_use]
    pub fn descendants(&self) -> Vec<u32> {
        descendants(self.pid)
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn status(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().expect("a child can be asked for its status")
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn ended(&self) -> ExitStatus {
        eventually_within(PATIENCE, &format!("{} ends", self.name), || async { self.status().is_some() }).await;
        self.status().expect("it has been waited for")
    }

    /// Asks it to end (SIGTERM).
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends it without asking (SIGKILL).
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Makes it hang (SIGSTOP).
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Sends a signal, unless it has ended: its number may then be somebody else's.
    pub fn signal(&self, signal: Signal) {
        if self.status().is_none() {
            send(self.pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status().is_some() {
            return;
        }
        // Stopped first, so that it cannot start another child while its children are killed.
        self.freeze();
        for descendant in self.descendants() {
            send(descendant, Signal::SIGKILL);
        }
        self.kill();
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.wait();
        if thread::panicking() {
            eprintln!("--- {} wrote:\n{}\n---", self.name, self.stderr());
        }
    }
}

/// Sends a signal to a process by number; one that has gone needs none.
fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Reads to the end in a thread of its own, so that the process never waits for the test to read.
fn keep(output: impl Read + Send + 'static) -> Lines {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
    lines
}

fn snapshot(lines: &Lines) -> Vec<String> {
    lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eventually;

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command)
    }

    #[tokio::test]
    async fn output_is_kept_apart_and_the_end_is_told() {
        let process = shell("echo one; echo two >&2; exit 3");

        assert_eq!(process.ended().await.code(), Some(3));
        assert_eq!(process.line("one").await, "one");
        eventually("standard error is read", || async { process.stderr() == "two" }).await;
    }

    #[tokio::test]
    #[should_panic(expected = "a reason to give up")]
    async fn a_process_that_ends_too_early_is_told_with_what_it_wrote() {
        let process = shell("echo a reason to give up >&2; sleep 0.05; exit 1");

        process.line("ready ").await;
    }

    #[tokio::test]
    async fn a_frozen_process_hangs_until_it_is_thawed() {
        let process = shell("trap 'exit 7' TERM; echo begun; while :; do sleep 0.01; done");
        process.line("begun").await;
        process.freeze();
        process.terminate();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", process.pid())).unwrap();
        eventually("it is stopped", || async { state().contains(") T ") }).await;
        assert_eq!(process.status(), None);

        process.thaw();

        assert_eq!(process.ended().await.code(), Some(7));
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_dropped_process() {
        let process = shell("sh -c 'sleep 60 & sleep 60' & sleep 60");
        eventually("all have started", || async { process.descendants().len() >= 4 }).await;
        let all = process.descendants();

        drop(process);

        let gone = |pid: &u32| {
            // Orphans that ended wait for whoever inherited them, as zombies.
            std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
        };
        eventually("all are gone", || async { all.iter().all(gone) }).await;
    }
}
