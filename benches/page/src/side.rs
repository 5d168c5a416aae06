//! One of the two that are compared, as a process of its own on a CPU of its own.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use cleave::{cli::Ending, settings::Settings, topology::Topology};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        prctl::set_pdeathsig,
        signal::{Signal, kill},
    },
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

use crate::{assets::Addresses, by_hand};

/// The first argument of a process that serves.
pub(crate) const SERVE: &str = "serve";

const SHOP: &str = "shop";
const BY_HAND: &str = "by-hand";

/// What serves the page.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// The monolith as it is released.
    Shop,
    /// The handler written by hand, which leads to the same files as the shop.
    ByHand(Addresses),
}

/// A process that serves the page. It ends with this handle, or with its parent.
pub(crate) struct Side {
    child: Child,
    cpu_clock: ClockId,
    /// Where it is asked.
    pub(crate) address: SocketAddr,
}

impl Side {
    /// Starts it on a data folder and waits until it is ready.
    pub(crate) fn start(shape: &Shape, folder: &Path, cpu: usize) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(SERVE).arg(cpu.to_string()).arg(folder);
        match shape {
            Shape::Shop => command.arg(SHOP),
            Shape::ByHand(Addresses { style, edition }) => command.args([BY_HAND, style, edition]),
        };
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().expect("it was just asked for");
        let ready = BufReader::new(stdout).lines().map_while(Result::ok).find(|line| line.starts_with("ready "));
        let Some(ready) = ready else { bail!("a server ended before it was ready: {}", child.wait()?) };
        let address = ready.split_whitespace().nth(1).and_then(|address| address.strip_prefix("http://"));
        let address = address.with_context(|| format!("no address in {ready:?}"))?.parse()?;
        let cpu_clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(child.id())?))?;
        Ok(Self { child, cpu_clock, address })
    }

    /// The CPU time that all its threads have used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(clock_gettime(self.cpu_clock)?.into())
    }

    /// Asks it to end and waits.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("a server did not end in order: {status}");
        }
        Ok(())
    }
}

/// Is the process of one side: `CPU FOLDER shop` or `CPU FOLDER by-hand STYLE EDITION`.
pub(crate) fn serve(arguments: &[&str]) -> anyhow::Result<()> {
    let [cpu, folder, shape @ ..] = arguments else { bail!("the CPU and the folder are missing") };
    set_pdeathsig(Signal::SIGKILL)?;
    run_on(cpu.parse()?)?;
    let folder = PathBuf::from(folder);
    match shape {
        [SHOP] => {
            let mut settings =
                Settings { listen: "127.0.0.1:0".to_owned(), data: folder, workers: 1, ..Settings::default() };
            settings.log.filter = "warn".to_owned();
            match cleave::serve::run(Topology::monolith(), None, settings)? {
                Ending::Done => Ok(()),
                other => bail!("the shop ended with {other:?}"),
            }
        }
        [BY_HAND, style, edition] => {
            Addresses { style: (*style).to_owned(), edition: (*edition).to_owned() }.keep();
            by_hand::serve(&folder)
        }
        other => bail!("there is no side {other:?}"),
    }
}

/// Binds the calling thread, and those it starts from now on, to a CPU.
pub(crate) fn run_on(cpu: usize) -> anyhow::Result<()> {
    let mut only = CpuSet::new();
    only.set(cpu)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &only)?)
}

/// The CPUs this process may use.
pub(crate) fn cpus() -> anyhow::Result<Vec<usize>> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).unwrap_or(false)).collect())
}
