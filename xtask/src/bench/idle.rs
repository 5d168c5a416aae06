//! What the shop takes before anybody has come in: the time until it is ready, and its memory.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::Figure;
use crate::{house, step::Step};

/// The first start warms the page cache and is not counted.
const STARTS: usize = 9;
/// Long enough for what a process does after it is ready, such as its first sweep.
const SETTLING: Duration = Duration::from_secs(3);

/// Builds the release binary, fills a data folder, and measures.
pub(super) fn measure(wanted: &[&str]) -> Result<Vec<Figure>> {
    Step::cargo("build the shop as it is released", "build --release --features lab").run()?;
    let binary = house::target().join("release/cleave");
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    fill(&binary, &data)?;

    let mut figures = Vec::new();
    if wanted.contains(&"ready_ms") {
        figures.push(ready_ms(&binary, &data)?);
    }
    if wanted.contains(&"pss_monolith") {
        figures.push(pss("pss_monolith", &binary, &["serve"], &data)?);
    }
    if wanted.contains(&"pss_services") {
        figures.push(pss("pss_services", &binary, &["up", "services"], &data)?);
    }
    Ok(figures)
}

fn fill(binary: &Path, data: &Path) -> Result<()> {
    let status = Command::new(binary).arg("seed").arg("--data").arg(data).stdout(Stdio::null()).status();
    if !status.with_context(|| format!("cannot start {}", binary.display()))?.success() {
        bail!("`cleave seed` failed");
    }
    Ok(())
}

fn ready_ms(binary: &Path, data: &Path) -> Result<Figure> {
    let mut times = Vec::new();
    for _ in 0..=STARTS {
        let began = Instant::now();
        let shop = Shop::start(binary, &["serve"], data)?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        shop.stop()?;
    }
    times.remove(0);
    times.sort_by(f64::total_cmp);
    let note = format!("median of {STARTS} starts, slowest {:.0} ms", times[STARTS - 1]);
    Ok(Figure { name: "ready_ms".to_owned(), value: Some(times[STARTS / 2]), unit: "ms".to_owned(), note })
}

fn pss(name: &str, binary: &Path, role: &[&str], data: &Path) -> Result<Figure> {
    let shop = Shop::start(binary, role, data)?;
    settle();
    let processes = family(shop.0.id())?;
    let (provider, shop_s_own): (Vec<u32>, Vec<u32>) = processes.into_iter().partition(|pid| is_provider(*pid));
    let total = |pids: &[u32]| pids.iter().map(|pid| pss_of(*pid)).sum::<Result<f64>>();
    let (value, apart) = (total(&shop_s_own)?, total(&provider)?);
    shop.stop()?;
    let mut note = format!("{} processes, {:.0} s after ready", shop_s_own.len(), SETTLING.as_secs_f64());
    if !provider.is_empty() {
        note += &format!("; the provider, who is somebody else, apart: {apart:.1} MiB");
    }
    Ok(Figure { name: name.to_owned(), value: Some(value), unit: "MiB".to_owned(), note })
}

#[expect(clippy::disallowed_methods, reason = "nothing says when a process has nothing more to do")]
fn settle() {
    thread::sleep(SETTLING);
}

/// A shop that is ready.
struct Shop(Child);

impl Shop {
    fn start(binary: &Path, role: &[&str], data: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(role)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().expect("it was just asked for");
        let ready = BufReader::new(stdout).lines().map_while(Result::ok).any(|line| line.starts_with("ready "));
        if !ready {
            child.wait()?;
            bail!("`cleave {}` ended before it was ready", role.join(" "));
        }
        Ok(Self(child))
    }

    fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.0.id())?);
        kill(pid, Signal::SIGTERM)?;
        let status = self.0.wait()?;
        if !status.success() {
            bail!("the shop did not stop cleanly: {status}");
        }
        Ok(())
    }
}

/// A process and all that descend from it.
fn family(first: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").context("memory is read from /proc, which Linux alone has")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        // `pid (name) state parent ...`; the name may hold anything but is closed by the last bracket.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        if let Some(parent) = after_name.split_whitespace().nth(1).and_then(|parent| parent.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut family = vec![first];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    Ok(family)
}

fn is_provider(pid: u32) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).nth(1) == Some(b"provider")
}

/// In MiB.
fn pss_of(pid: u32) -> Result<f64> {
    let file = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<f64>().ok());
    Ok(kilobytes.with_context(|| format!("{file} has no line `Pss:`"))? / 1024.0)
}
