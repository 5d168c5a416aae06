//! The figures that have gates, measured against the same server in the same run: rounds of wrk and of the generator in turn.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use lab::generator::{Measured, REQUESTS_FILE, RequestLog, prefer_this_thread};
use lab::workload::Workload;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::{Page, VISITORS, cpu_us, server};

/// Rounds of wrk and the generator in turn, and how long each asks, seconds.
const ROUNDS: usize = 7;
const SECONDS: u64 = 2;
/// The fixed rate at which lateness is measured, requests per second, and for how long, seconds.
const RATE: f64 = 10_000.0;
const RATE_SECONDS: f64 = 5.0;
const PATH: &str = "/page";

/// Prints a line of JSON for each figure that is wanted; all when none is named.
pub(crate) fn print(names: &[&str]) -> anyhow::Result<()> {
    let cpus = std::thread::available_parallelism()?.get();
    if cpus < 2 {
        bail!("one CPU cannot hold both the server and the generator");
    }
    let (others, own) =
        ((0..cpus - 1).map(|cpu| cpu.to_string()).collect::<Vec<_>>().join(","), (cpus - 1).to_string());
    let server = Server::start(&others)?;
    // wrk inherits this, so that both ask from the same core.
    server::keep_to(&own)?;
    let page = Page::at(&server.url, PATH)?;
    let is_wanted = |name: &str| names.is_empty() || names.contains(&name);
    if is_wanted("generator_cpu") {
        match cpu(&page, &server.url) {
            Ok((value, note)) => say("generator_cpu", Some(value), "x", &note),
            Err(error) => say("generator_cpu", None, "x", &format!("{error:#}")),
        }
    }
    if is_wanted("generator_lateness") {
        match lateness(&page) {
            Ok((value, note)) => say("generator_lateness", Some(value), "ms", &note),
            Err(error) => say("generator_lateness", None, "ms", &format!("{error:#}")),
        }
    }
    Ok(())
}

fn say(name: &str, value: Option<f64>, unit: &str, note: &str) {
    println!("{}", serde_json::json!({ "name": name, "value": value, "unit": unit, "note": note }));
}

/// The median of the rounds' ratios.
fn cpu(page: &Page, url: &str) -> anyhow::Result<(f64, String)> {
    let lasting = Duration::from_secs(SECONDS);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let wrk = wrk_cpu_us(url)?;
        let measured = page.closed_loop(lasting)?;
        anyhow::ensure!(measured.failed == 0, "the server answered wrongly: {:?}", measured.errors);
        // The first round warms both up.
        if round > 0 {
            ours.push(cpu_us(&measured));
            theirs.push(wrk);
            ratios.push(cpu_us(&measured) / wrk);
        }
    }
    let note = format!(
        "{:.2} us against {:.2} us, medians of {ROUNDS} rounds of {SECONDS} s in turn, {VISITORS} connections, same server and core",
        median(&mut ours),
        median(&mut theirs)
    );
    Ok((median(&mut ratios), note))
}

/// What wrk uses per request, microseconds: its own CPU time as the kernel counts it.
fn wrk_cpu_us(url: &str) -> anyhow::Result<f64> {
    let before = children_cpu_us()?;
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{VISITORS}"), &format!("-d{SECONDS}s"), &format!("{url}{PATH}")])
        .output()
        .context("wrk cannot be started; it is in Debian's and Ubuntu's packages: `apt install wrk`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains(" requests in "));
    let requests = line.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse::<f64>().ok());
    let requests = requests.filter(|requests| *requests > 0.0 && output.status.success());
    let requests = requests.with_context(|| format!("wrk did not say how many requests it sent: {text}"))?;
    Ok((children_cpu_us()? - before) / requests)
}

/// The CPU time of all children that have ended, microseconds; the server is not among them.
fn children_cpu_us() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64)
}

fn lateness(page: &Page) -> anyhow::Result<(f64, String)> {
    // Before the priority is raised: the table's own thread would have it too.
    let folder = tempfile::tempdir()?;
    let table = RequestLog::create(&folder.path().join(REQUESTS_FILE))?;
    let preferred = prefer_this_thread();
    page.partly_open(RATE, 1.0, None)?;
    let plain = page.partly_open(RATE, RATE_SECONDS, None)?;
    // Visitors wait for their answers, so a server that is held up is also asked less: that would be an easier question.
    let expected = RATE_SECONDS + page.workload.longest_session_us() as f64 / 1e6;
    let lasted = plain.wall_ns as f64 / 1e9;
    anyhow::ensure!(
        lasted <= expected && plain.failed == 0,
        "{RATE:.0} requests/s did not come about: {} took {lasted:.1} s, {} failed; the server's CPU is busy with something else",
        plain.answered,
        plain.failed
    );
    let names =
        Workload::parse("name = \"one page\"\n[[journeys]]\nname = \"page\"\nsteps = [{ get = \"/\" }]", "figures")?;
    table.begin_block(1, "server");
    let stretch = table.stretch("10000", &names);
    let logged = page.partly_open(RATE, RATE_SECONDS, stretch.as_ref())?;
    drop(stretch);
    let lines = table.finish()?;
    let p99 = |measured: &Measured| measured.lateness.value_at_quantile(0.99) as f64 / 1000.0;
    let note = format!(
        "{RATE:.0} requests/s offered for {RATE_SECONDS} s, p50 {:.3} ms, max {:.3} ms, {} failed, {:.2} us CPU per request; p99 {:.3} ms with each of {} requests logged; {}",
        plain.lateness.value_at_quantile(0.5) as f64 / 1000.0,
        plain.lateness.max() as f64 / 1000.0,
        plain.failed,
        cpu_us(&plain),
        p99(&logged),
        lines.written,
        if preferred { "at real-time priority" } else { "without real-time priority" }
    );
    Ok((p99(&plain), note))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// This program as a server in a process of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(cpus: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?).args(["serve", cpus]).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let stdout = child.stdout.take().context("the server's output was asked for")?;
        BufReader::new(stdout).read_line(&mut url)?;
        Ok(Self { child, url: url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
