//! A workload sent to a running program before anything is measured, to see whether the two fit.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Drive, Measured, Pacing, Progress, Think, drive};
use crate::UsageError;
use crate::http::Target;
use crate::workload::{Arrivals, Trace, TraceOptions, Workload};

/// How long a connection may take before the target counts as unreachable.
const REACHABLE_WITHIN: Duration = Duration::from_secs(3);
/// How many letters of a wrong answer are shown.
const EXCERPT: usize = 160;

/// What a rehearsal found.
#[derive(Debug)]
pub struct Rehearsal {
    /// The figures; one visitor at a time, without pauses.
    pub measured: Measured,
    /// Of each request's last answer, the status and how the body began.
    pub last_answers: BTreeMap<String, String>,
    visitors: usize,
}

/// Sends so many visitors, one after the other and without pauses, to `url`.
///
/// A wrong address, and one where nothing listens, are a [`UsageError`]; wrong answers are part of what is found.
pub fn rehearse(workload: &Workload, url: &str, visitors: usize, seed: u64) -> anyhow::Result<Rehearsal> {
    let target = Target::parse(url).map_err(|error| UsageError::new(format!("{error:#}")))?;
    TcpStream::connect_timeout(&target.address, REACHABLE_WITHIN).map_err(|error| {
        UsageError::new(format!("nothing answers at {url}: {error}. Is the program running, and is this its address?"))
    })?;
    let arrivals = Arrivals::Closed { sessions: visitors };
    let trace = Trace::draw(workload, TraceOptions { seed, number: 0, arrivals });
    let this = Drive {
        target: &target,
        workload,
        trace: &trace,
        pacing: Pacing::Returning { visitors: 1, until: None },
        think: Think::Never,
        timed_from_ns: 0,
        request_limit: Duration::from_secs(10),
        drain_limit: Duration::from_secs(10),
        traced: None,
        log: None,
        stop: &AtomicBool::new(false),
        progress: &Progress::default(),
    };
    let mut last_answers = BTreeMap::new();
    let measured = drive(&this, &mut |answer| {
        let text = String::from_utf8_lossy(answer.body);
        let begins: String =
            text.chars().take(EXCERPT).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
        last_answers.insert(answer.name.to_owned(), format!("{} {begins}", answer.status));
    })?;
    Ok(Rehearsal { measured, last_answers, visitors })
}

impl Rehearsal {
    /// Whether every answer was what the workload expects.
    pub fn is_right(&self) -> bool {
        self.measured.failed == 0 && self.measured.answered > 0
    }
}

impl std::fmt::Display for Rehearsal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let measured = &self.measured;
        let wrong =
            if measured.failed == 0 { "all as expected".to_owned() } else { format!("{} wrong", measured.failed) };
        writeln!(formatter, "{} visitors, {} requests, {wrong}", self.visitors, measured.sent)?;
        let width = measured.requests.keys().map(|name| name.chars().count()).max().unwrap_or_default();
        for (name, figures) in &measured.requests {
            let p50 = figures.latency.value_at_quantile(0.5) as f64 / 1000.0;
            writeln!(formatter, "  {name:<width$} {:>7}   p50 {p50:>7.1} ms", figures.count)?;
        }
        for (what, count) in &measured.errors {
            writeln!(formatter, "wrong: {what} ({count} times)")?;
            // An error begins with the name of its request; one name may be the beginning of another.
            let name = self
                .last_answers
                .keys()
                .filter(|name| what.starts_with(&format!("{name}: ")))
                .max_by_key(|name| name.len());
            if let Some(answer) = name.and_then(|name| self.last_answers.get(name)) {
                writeln!(formatter, "       the last answer began: {answer}")?;
            }
        }
        Ok(())
    }
}
