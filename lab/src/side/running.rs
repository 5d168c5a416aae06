//! Starting a side, waiting until it is ready, and leaving nothing of it behind.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::command::{Executable, tail};
use super::cpus::on_cpus;
use super::processes::{Census, tree};
use crate::http::Target;

/// How long a side may take to become ready, and to stop after SIGTERM.
const READY_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A side that serves; dropping it kills whatever is left of it.
#[derive(Debug)]
pub struct RunningSide {
    child: Child,
    root: i32,
    /// Where it is reached.
    pub target: Target,
    /// From the start of the process to its ready line.
    pub ready_after: Duration,
    stopped: bool,
}

impl RunningSide {
    /// Starts `up TOPOLOGY` on a data folder and waits for the line `ready http://HOST:PORT topology=T pid=N`.
    pub fn start(
        executable: &Executable,
        topology: &str,
        data: &Path,
        environment: &BTreeMap<String, String>,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let log_file = std::fs::File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
        let mut command = Command::new(&executable.path);
        command.args(["up", topology, "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.envs(environment).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file);
        // A group of its own: a Ctrl-C for the lab must not reach the side before the lab has counted it.
        command.process_group(0);
        let started = Instant::now();
        let child = on_cpus(&executable.cpus, move || command.spawn())?
            .with_context(|| format!("{} cannot be started", executable.path.display()))?;
        let root = child.id() as i32;
        let mut side = Self {
            child,
            root,
            target: Target { authority: String::new(), address: ([127, 0, 0, 1], 0).into() },
            ready_after: Duration::ZERO,
            stopped: false,
        };
        let line = side.wait_for_ready_line().with_context(|| {
            let words = std::fs::read(log).unwrap_or_default();
            format!("`up {topology}` did not become ready; its last words: {}", tail(&words, 1_500).trim())
        })?;
        side.ready_after = started.elapsed();
        let ready = ReadyLine::parse(&line)?;
        side.target = Target::parse(&ready.url)?;
        side.root = ready.pid.unwrap_or(root);
        Ok(side)
    }

    fn wait_for_ready_line(&mut self) -> anyhow::Result<String> {
        let stdout = self.child.stdout.take().context("the side has no stdout")?;
        let (sender, receiver) = channel();
        // The thread keeps reading after the ready line, so that a side that prints more does not block on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.starts_with("ready ") {
                    let _ = sender.send(line);
                }
            }
        });
        match receiver.recv_timeout(READY_LIMIT) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => anyhow::bail!("no ready line within {} s", READY_LIMIT.as_secs()),
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("it ended without a ready line"),
        }
    }

    /// Counts its processes and what they have used.
    pub fn census(&self) -> Census {
        Census::take(self.root)
    }

    /// Asks the side to drain and stop; returns what was not as it should be.
    pub fn stop(mut self) -> Vec<String> {
        self.stopped = true;
        let mut troubles = Vec::new();
        let members: Vec<(i32, String)> =
            tree(self.root).into_iter().map(|process| (process.pid, process.command)).collect();
        let _ = kill(Pid::from_raw(self.root), Signal::SIGTERM);
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => break,
                Ok(Some(status)) => {
                    troubles.push(format!("after SIGTERM it ended with {status}"));
                    break;
                }
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => {
                    troubles
                        .push(format!("it was still there {} s after SIGTERM and was killed", STOP_LIMIT.as_secs()));
                    break;
                }
                Err(error) => {
                    troubles.push(format!("it cannot be waited for: {error}"));
                    break;
                }
            }
        }
        for (pid, command) in members {
            if pid != self.root && still_runs(pid, &command) {
                troubles.push(format!("it left `{command}` behind, which was killed"));
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        self.kill_all();
        troubles
    }

    fn kill_all(&mut self) {
        let members = tree(self.root);
        let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
        for process in members {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for RunningSide {
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

struct ReadyLine {
    url: String,
    pid: Option<i32>,
}

impl ReadyLine {
    fn parse(line: &str) -> anyhow::Result<Self> {
        let mut words = line.split_whitespace().skip(1);
        let url = words.next().with_context(|| format!("the ready line names no address: `{line}`"))?.to_owned();
        let pid = words.find_map(|word| word.strip_prefix("pid=")).and_then(|pid| pid.parse().ok());
        Ok(Self { url, pid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_gives_address_and_process() {
        let ready = ReadyLine::parse("ready http://127.0.0.1:4242 topology=services pid=77").unwrap();
        assert_eq!((ready.url.as_str(), ready.pid), ("http://127.0.0.1:4242", Some(77)));
        assert!(ReadyLine::parse("ready").is_err());
    }
}
