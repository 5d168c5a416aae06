//! Starting a side, waiting until it is ready, and leaving nothing of it behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::cgroup::SideGroup;
use super::command::Executable;
use super::processes::{Census, Process};
use super::started::{Booking, Started};
use crate::http::Target;

/// How long a topology may take to become ready.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// A side that serves; dropping it kills whatever is left of it.
#[derive(Debug)]
pub struct RunningSide {
    /// In the order in which they were started; one for a topology, one per group for a stranger.
    started: Vec<Started>,
    /// Where it is reached.
    pub target: Target,
    /// From the start of the process to its ready line.
    pub ready_after: Duration,
    /// Its control group, where it was born in one; last, so that it outlives the processes.
    group: Option<SideGroup>,
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
        let mut command = Command::new(&executable.path);
        command.args(["up", topology, "--listen", "127.0.0.1:0", "--data"]).arg(data).envs(environment);
        let began = Instant::now();
        let (mut started, lines) = Started::start(command, &executable.cpus, Booking::Tree, log)?;
        let line = ready_line(&lines).with_context(|| {
            format!("`up {topology}` did not become ready; its last words: {}", started.last_words())
        })?;
        let ready_after = began.elapsed();
        let ready = ReadyLine::parse(&line)?;
        started.root = ready.pid.unwrap_or(started.root);
        Ok(Self { started: vec![started], target: Target::parse(&ready.url)?, ready_after, group: None })
    }

    /// A stranger of whom nothing has been started yet.
    pub(super) fn of_strangers(target: Target) -> Self {
        Self { started: Vec::new(), target, ready_after: Duration::ZERO, group: None }
    }

    pub(super) fn add(&mut self, started: Started) {
        self.started.push(started);
    }

    /// Counts its processes and what they have used.
    pub fn census(&self) -> Census {
        self.count(self.started.iter().flat_map(Started::members).collect())
    }

    /// Counts what the processes of an earlier census have used, without looking for others: far cheaper, for a moment between two requests.
    pub fn count_again(&self, earlier: &Census) -> Census {
        self.count(earlier.processes.iter().map(|(process, _)| process.clone()).collect())
    }

    fn count(&self, members: Vec<Process>) -> Census {
        let group_cpu_ns = self.group.as_ref().and_then(SideGroup::cpu_ns);
        Census { group_cpu_ns, ..Census::of(members) }
    }

    /// Lets it count by the control group in which it was born.
    pub(crate) fn counted_by(self, group: SideGroup) -> Self {
        Self { group: Some(group), ..self }
    }

    /// The most memory that it had so far, bytes, where its control group knows.
    pub fn peak_bytes(&self) -> Option<u64> {
        self.group.as_ref()?.peak_bytes()
    }

    /// The living processes of a group: of a topology's, or of a stranger's file.
    pub fn processes_of(&self, group: &str) -> Vec<Process> {
        let all = self.started.iter().flat_map(Started::members);
        all.filter(|process| process.group.as_deref() == Some(group)).collect()
    }

    /// Says which of the processes that were started has ended although nobody asked it to, with its last words.
    pub fn ended_early(&self) -> Option<String> {
        let ended = self.started.iter().find(|started| started.has_ended())?;
        Some(format!("{} ended by itself; its last words: {}", ended.name(), ended.last_words()))
    }

    /// The same, when it may happen at any moment: a program that has crashed takes a while until it is gone.
    pub fn ends_within(&self, limit: Duration) -> Option<String> {
        let until = Instant::now() + limit;
        loop {
            let ended = self.ended_early();
            if ended.is_some() || Instant::now() >= until {
                return ended;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn last_words(&self, group: &str) -> String {
        let started = self.started.iter().find(|started| started.name() == group);
        started.map_or_else(|| "none".to_owned(), Started::last_words)
    }

    /// Asks the side to drain and stop, last started first; returns what was not as it should be.
    pub fn stop(mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        for started in self.started.iter_mut().rev() {
            started.stop(&mut troubles);
        }
        troubles
    }
}

fn ready_line(lines: &Receiver<String>) -> anyhow::Result<String> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if line.starts_with("ready ") => return Ok(line),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => anyhow::bail!("no ready line within {} s", READY_LIMIT.as_secs()),
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!("it ended without a ready line"),
        }
    }
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
