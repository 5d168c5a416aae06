//! What the generator itself costs, beside wrk: CPU per request in a closed loop, and lateness at a fixed rate on one core.
//!
//! `generator_cost figures [NAME...]` starts a server of its own and prints a line of JSON per figure, as the programs of `benches/` do.
//! `generator_cost http://HOST:PORT /path [REQUESTS_PER_SECOND]` prints the generator's own figures against a server that is given.

#![expect(clippy::print_stdout, reason = "it is a command whose result is its output")]

mod figures;
mod server;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lab::generator::{Drive, Measured, Pacing, Progress, StretchLog, Think, drive_unobserved};
use lab::http::Target;
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", cpus] => server::serve(cpus),
        ["figures", ref names @ ..] => figures::print(names),
        [url, path, ref rest @ ..] if url.starts_with("http://") => against(url, path, rest.first().copied()),
        _ => anyhow::bail!(
            "generator_cost figures [NAME...], or generator_cost http://HOST:PORT /path [REQUESTS_PER_SECOND]"
        ),
    }
}

fn against(url: &str, path: &str, rate: Option<&str>) -> anyhow::Result<()> {
    let page = Page::at(url, path)?;
    let closed = page.closed_loop(Duration::from_secs(3))?;
    println!(
        "closed, {} visitors: {:.0} requests/s, {:.2} µs of the generator's CPU per request, {} failed",
        VISITORS,
        closed.answered as f64 / (closed.wall_ns as f64 / 1e9),
        cpu_us(&closed),
        closed.failed
    );
    let rate = rate.map_or(Ok(10_000.0), str::parse)?;
    let open = page.partly_open(rate, 3.0, None)?;
    println!(
        "partly open, {rate:.0} requests/s: {:.2} µs of the generator's CPU per request, lateness p50 {} µs, p99 {} µs, max {} µs, {} failed",
        cpu_us(&open),
        open.lateness.value_at_quantile(0.5),
        open.lateness.value_at_quantile(0.99),
        open.lateness.max(),
        open.failed
    );
    Ok(())
}

/// How many visitors, and connections of wrk, ask at a time.
const VISITORS: usize = 32;

/// The generator's CPU per answered request, microseconds.
fn cpu_us(measured: &Measured) -> f64 {
    measured.generator_cpu_ns as f64 / 1000.0 / measured.answered.max(1) as f64
}

/// One page of a server, asked again and again.
struct Page {
    target: Target,
    workload: Workload,
}

impl Page {
    fn at(url: &str, path: &str) -> anyhow::Result<Self> {
        // As long as a connection of wrk for the closed loop; the partly open load has visitors who come, read for a second, and go.
        let text = format!(
            "name = \"one page\"\nsession = {{ journeys = [200, 200], think_ms = [1, 10] }}\n\
             [[journeys]]\nname = \"page\"\n[[journeys.steps]]\nget = \"{path}\"\n"
        );
        Ok(Self { target: Target::parse(url)?, workload: Workload::parse(&text, "generator_cost")? })
    }

    fn closed_loop(&self, lasting: Duration) -> anyhow::Result<Measured> {
        let sessions = (lasting.as_secs_f64() * 600.0) as usize;
        let pacing = Pacing::Returning { visitors: VISITORS, until: Some(lasting) };
        self.drive(Arrivals::Closed { sessions }, pacing, Think::Never, None)
    }

    fn partly_open(&self, rate: f64, seconds: f64, log: Option<&StretchLog>) -> anyhow::Result<Measured> {
        let arrivals = Arrivals::PartlyOpen { requests_per_second: rate, seconds };
        self.drive(arrivals, Pacing::Arrivals, Think::AsPlanned, log)
    }

    fn drive(
        &self,
        arrivals: Arrivals,
        pacing: Pacing,
        think: Think,
        log: Option<&StretchLog>,
    ) -> anyhow::Result<Measured> {
        let trace = Trace::draw(&self.workload, TraceOptions { seed: 1, number: 1, arrivals });
        drive_unobserved(&Drive {
            target: &self.target,
            workload: &self.workload,
            trace: &trace,
            pacing,
            think,
            timed_from_ns: 0,
            request_limit: Duration::from_secs(10),
            drain_limit: Duration::from_secs(5),
            traced: None,
            log,
            stop: &AtomicBool::new(false),
            progress: &Progress::default(),
        })
    }
}
