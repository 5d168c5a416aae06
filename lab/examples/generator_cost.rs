//! What the generator itself costs: CPU per request in a closed loop, and lateness at a fixed rate, against a server that is given.
//!
//! `generator_cost http://HOST:PORT /path [REQUESTS_PER_SECOND]`; compare with `wrk -t1 -c32 -d3 URL` against the same server.

#![expect(clippy::print_stdout, reason = "it is a command whose result is its output")]

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use lab::generator::{Drive, Measured, Pacing, Progress, Think, drive_unobserved};
use lab::http::Target;
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, path, rest @ ..] = &arguments[..] else {
        anyhow::bail!("generator_cost http://HOST:PORT /path [REQUESTS_PER_SECOND]");
    };
    let target = Target::parse(url)?;
    let text = format!(
        "name = \"one page\"\nsession = {{ journeys = [100, 100], think_ms = [1, 10] }}\n\
         [[journeys]]\nname = \"page\"\n[[journeys.steps]]\nget = \"{path}\"\n"
    );
    let workload = Workload::parse(&text, "generator_cost")?;
    let run = |arrivals, pacing, think| -> anyhow::Result<Measured> {
        let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
        drive_unobserved(&Drive {
            target: &target,
            workload: &workload,
            trace: &trace,
            pacing,
            think,
            timed_from_ns: 0,
            request_limit: Duration::from_secs(10),
            drain_limit: Duration::from_secs(5),
            traced: None,
            log: None,
            stop: &AtomicBool::new(false),
            progress: &Progress::default(),
        })
    };
    let pacing = Pacing::Returning { visitors: 32, until: Some(Duration::from_secs(3)) };
    let closed = run(Arrivals::Closed { sessions: 10_000 }, pacing, Think::Never)?;
    println!(
        "closed, 32 visitors: {:.0} requests/s, {:.2} µs of the generator's CPU per request, {} failed",
        closed.answered as f64 / (closed.wall_ns as f64 / 1e9),
        closed.generator_cpu_ns as f64 / 1000.0 / closed.answered as f64,
        closed.failed
    );
    let rate = rest.first().map_or(Ok(10_000.0), |text| text.parse())?;
    let arrivals = Arrivals::PartlyOpen { requests_per_second: rate, seconds: 3.0 };
    let open = run(arrivals, Pacing::Arrivals, Think::AsPlanned)?;
    println!(
        "partly open, {rate:.0} requests/s: {:.2} µs of the generator's CPU per request, lateness p50 {} µs, p99 {} µs, max {} µs, {} failed",
        open.generator_cpu_ns as f64 / 1000.0 / open.answered as f64,
        open.lateness.value_at_quantile(0.5),
        open.lateness.value_at_quantile(0.99),
        open.lateness.max(),
        open.failed
    );
    Ok(())
}
