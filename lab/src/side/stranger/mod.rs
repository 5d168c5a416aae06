//! Somebody else's program as a side: groups of commands in a file, in any language.
//!
//! The lab starts each group in a process group of its own, waits until it answers, and counts whatever lives in that process group
//! or has come of it. Nothing is known of what passes between the groups.

mod file;
mod words;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::command::{Verification, tail};
use super::cpus::on_cpus;
use super::processes::Role;
use super::readiness;
use super::running::RunningSide;
use super::started::{Booking, Started};
use crate::UsageError;
use crate::http::Target;
use words::{Filling, Words};

/// Somebody else's program, as its file describes it.
#[derive(Debug, Clone)]
pub struct Stranger {
    /// The folder of the file: commands run in it.
    folder: PathBuf,
    text: String,
    known_deltas: bool,
    groups: Vec<Group>,
    /// The group that visitors come to.
    public: usize,
}

/// The processes of one command.
#[derive(Debug, Clone)]
struct Group {
    name: String,
    command: Vec<Words>,
    env: BTreeMap<String, Words>,
    url: Option<Words>,
    ready: Ready,
    ready_within: Duration,
    /// Counted apart, such as a database that every side has.
    apart: bool,
    seed: Option<Vec<Words>>,
    verify: Option<Vec<Words>>,
}

/// How a group shows that it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ready {
    /// It answers this path with 200.
    Path(String),
    /// It prints a line with this text on stdout.
    Line(String),
    /// It accepts connections.
    Accepts,
    /// Nobody needs to know.
    AtOnce,
}

impl Stranger {
    /// Reads the file; `None` when what was asked for is no file of commands, but a topology of the program under test.
    pub fn asked_for(asked: &str) -> anyhow::Result<Option<Self>> {
        let path = Path::new(asked);
        if path.extension().is_none_or(|extension| extension != "toml") {
            return Ok(None);
        }
        let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
        if !file::is_stranger(&text) {
            return Ok(None);
        }
        let stranger = file::read(path, &text)?;
        stranger.check_programs(asked)?;
        Ok(Some(stranger))
    }

    /// The whole file, kept with the run.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it obeys `CLEAVE__LAB__DELAY_US` and `CLEAVE__LAB__BURN_US`, as its file says.
    pub fn obeys_known_deltas(&self) -> bool {
        self.known_deltas
    }

    /// Makes the data that every block starts from: an empty folder, and whatever the file's `seed` commands put there.
    pub fn seed(&self, cpus: &[usize], data: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
        for group in &self.groups {
            let Some(seed) = &group.seed else { continue };
            let output = self.run_at_rest(group, seed, cpus, data)?;
            anyhow::ensure!(
                output.status.success(),
                "`seed` of the group {} failed ({}); its last words: {}",
                group.name,
                output.status,
                last_words(&output)
            );
        }
        Ok(())
    }

    /// Checks the data of a stopped side, where the file says how.
    pub fn verify(&self, cpus: &[usize], data: &Path) -> anyhow::Result<Verification> {
        let mut verification = Verification { holds: true, text: String::new(), checked: false };
        for group in &self.groups {
            let Some(verify) = &group.verify else { continue };
            let output = self.run_at_rest(group, verify, cpus, data)?;
            verification.checked = true;
            verification.holds &= output.status.success();
            verification.text.push_str(&tail(&output.stdout, 4_000));
            if !output.status.success() {
                verification.text.push_str(&tail(&output.stderr, 2_000));
            }
        }
        if !verification.checked {
            verification.text = "not checked: no group names a `verify` command".to_owned();
        }
        Ok(verification)
    }

    /// Starts every group after those whose addresses it needs, and waits until all of them serve.
    pub fn start(
        &self,
        cpus: &[usize],
        data: &Path,
        environment: &BTreeMap<String, String>,
        log: &Path,
    ) -> anyhow::Result<RunningSide> {
        let data = data.canonicalize().with_context(|| format!("{} cannot be used", data.display()))?;
        let ports = free_ports(self.groups.len())?;
        let urls = self.urls(&ports, &data);
        let began = Instant::now();
        let mut side = RunningSide::of_strangers(Target::parse(&urls[&self.groups[self.public].name])?);
        for together in self.in_order() {
            let mut starting = Vec::new();
            for index in together {
                let group = &self.groups[index];
                let own_url = urls.get(&group.name).map_or("", String::as_str);
                let filling = Filling { port: ports[index], data: &data, own_url, urls: &urls };
                let mut command = self.command(&group.command, &filling);
                command.envs(group.env.iter().map(|(key, value)| (key, value.fill(&filling))));
                if index == self.public {
                    command.envs(environment);
                }
                let role = if group.apart { Role::Provider } else { Role::Side };
                let booking = Booking::Group { name: group.name.clone(), role };
                let (started, lines) = Started::start(command, cpus, booking, &log_of(log, &group.name))
                    .with_context(|| format!("the group {} cannot be started", group.name))?;
                side.add(started);
                starting.push((group, own_url, lines));
            }
            for (group, url, lines) in starting {
                readiness::wait(&side, &group.name, &group.ready, url, group.ready_within, &lines)?;
            }
        }
        side.ready_after = began.elapsed();
        Ok(side)
    }

    /// The groups in stages: each after those whose addresses it needs. Those that need one another start together.
    fn in_order(&self) -> Vec<Vec<usize>> {
        let mut stages: Vec<Vec<usize>> = Vec::new();
        let mut waiting: Vec<usize> = (0..self.groups.len()).collect();
        while !waiting.is_empty() {
            let is_there = |name: &str| !waiting.iter().any(|index| self.groups[*index].name == name);
            let can_start = |index: &usize| {
                let group = &self.groups[*index];
                group.asks().all(|other| other == group.name || is_there(other))
            };
            let (mut next, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|index| can_start(index));
            if next.is_empty() {
                next = rest;
                waiting = Vec::new();
            } else {
                waiting = rest;
            }
            stages.push(next);
        }
        stages
    }

    fn urls(&self, ports: &[u16], data: &Path) -> BTreeMap<String, String> {
        let urls = self.groups.iter().zip(ports).filter_map(|(group, port)| {
            let filling = Filling { port: *port, data, own_url: "", urls: &BTreeMap::new() };
            Some((group.name.clone(), group.url.as_ref()?.fill(&filling).trim_end_matches('/').to_owned()))
        });
        urls.collect()
    }

    fn run_at_rest(&self, group: &Group, words: &[Words], cpus: &[usize], data: &Path) -> anyhow::Result<Output> {
        let data = data.canonicalize().with_context(|| format!("{} cannot be used", data.display()))?;
        let filling = Filling { port: 0, data: &data, own_url: "", urls: &BTreeMap::new() };
        let mut command = self.command(words, &filling);
        let known = group.env.iter().filter(|(_, value)| value.is_known_at_rest());
        command.envs(known.map(|(key, value)| (key, value.fill(&filling)))).stdin(Stdio::null());
        on_cpus(cpus, move || command.output())?
            .with_context(|| format!("`{}` of the group {} cannot be started", words[0].fill(&filling), group.name))
    }

    fn command(&self, words: &[Words], filling: &Filling<'_>) -> Command {
        let mut words = words.iter().map(|word| word.fill(filling));
        let program = words.next().unwrap_or_default();
        let mut command = Command::new(self.program(&program));
        command.args(words).current_dir(&self.folder);
        command
    }

    /// A program with a path is meant from the file's folder, one without is looked for where programs are.
    fn program(&self, written: &str) -> PathBuf {
        if written.contains('/') { self.folder.join(written) } else { PathBuf::from(written) }
    }

    /// Finds a program that is not there before anything is measured.
    fn check_programs(&self, asked: &str) -> anyhow::Result<()> {
        let filling = Filling { port: 0, data: Path::new(""), own_url: "", urls: &BTreeMap::new() };
        for group in &self.groups {
            let commands = [Some(&group.command), group.seed.as_ref(), group.verify.as_ref()];
            for written in commands.into_iter().flatten() {
                let written = written[0].fill(&filling);
                let program = self.program(&written);
                if !is_there(&program) {
                    let looked = if written.contains('/') { program.display().to_string() } else { "PATH".to_owned() };
                    return Err(UsageError::new(format!(
                        "{asked}: the group {} needs the program `{written}`, which is not there (looked for in {looked}): install it, \
                         or name it by its path",
                        group.name
                    ))
                    .into());
                }
            }
        }
        Ok(())
    }
}

impl Group {
    /// The groups whose addresses it needs.
    fn asks(&self) -> impl Iterator<Item = &str> {
        self.command.iter().chain(self.env.values()).flat_map(Words::asks)
    }
}

fn is_there(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Ports that nobody listens on, all different: they are let go of together, a moment before they are used.
fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)).context("no port is free on loopback"))
        .collect::<Result<_, _>>()?;
    held.iter().map(|listener| Ok(listener.local_addr()?.port())).collect()
}

fn log_of(log: &Path, group: &str) -> PathBuf {
    let safe: String = group.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    log.with_extension(format!("{safe}.log"))
}

fn last_words(output: &Output) -> String {
    let words = tail(&output.stderr, 1_500);
    let words = if words.trim().is_empty() { tail(&output.stdout, 1_500) } else { words };
    words.trim().to_owned()
}
