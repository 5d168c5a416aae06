//! Driving one stretch of load, with everything counted around it.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::Experiment;
use crate::archive::{Point, RequestRecord, StoredHistogram};
use crate::environment::{Ticks, ticks};
use crate::generator::{Answer, Drive, Measured, Pacing, Progress, StretchLog, Think, TracePrefix, drive};
use crate::side::{Census, Role, RunningSide, Usage, prefer_generator};
use crate::workload::{Arrivals, Trace, TraceOptions};

/// After the last answer, what events still have to do is given this long before the clocks are read.
pub(super) const SETTLE: Duration = Duration::from_millis(40);
/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// How long visitors may still be on their way after the last arrival.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// One stretch to be driven.
pub(super) struct Stretch<'s> {
    pub trace: &'s Trace,
    pub pacing: Pacing,
    pub think: Think,
    pub ramp_seconds: f64,
    /// What the display calls it, and the rate that is offered, where there is one.
    pub label: &'s str,
    pub offered_rps: Option<f64>,
}

/// The clocks at a moment: those of a side's processes, those of its CPUs, and the one on the wall.
pub(super) struct Reading {
    census: Census,
    ticks: Ticks,
    at: Instant,
}

impl Reading {
    pub(super) fn of(census: Census, cpus: &[usize]) -> Self {
        Self { ticks: ticks(cpus), census, at: Instant::now() }
    }
}

/// What a side has used, over one turn or more.
#[derive(Default)]
pub(super) struct Spent {
    used: BTreeMap<Role, Usage>,
    busy_ns: f64,
    stolen_ns: f64,
    lasted: Duration,
}

impl Spent {
    /// Adds what was used between two readings; returns what was odd about the processes.
    pub(super) fn add(&mut self, before: &Reading, now: &Reading) -> Vec<String> {
        let (used, changes) = now.census.since(&before.census);
        for (role, usage) in used {
            let sum = self.used.entry(role).or_default();
            sum.cpu_ns += usage.cpu_ns;
            sum.switches += usage.switches;
        }
        let tick_ns = |now: u64, before: u64| now.saturating_sub(before) as f64 * 1e7;
        self.busy_ns += tick_ns(now.ticks.busy, before.ticks.busy);
        self.stolen_ns += tick_ns(now.ticks.stolen, before.ticks.stolen);
        self.lasted += now.at - before.at;
        changes
    }

    pub(super) fn point(self, load: &str, offered_rps: Option<f64>, measured: Measured, cpus: usize) -> Point {
        let Self { used, busy_ns, stolen_ns, lasted } = self;
        let of_tree: u64 = used.values().map(|usage| usage.cpu_ns).sum();
        let share = |ns: f64| (ns / lasted.as_nanos() as f64 / cpus as f64).clamp(0.0, 1.0);
        Point {
            load: load.to_owned(),
            offered_rps,
            sent: measured.sent,
            answered: measured.answered,
            failed: measured.failed,
            unsent: measured.unsent,
            sessions: measured.sessions,
            seconds: measured.wall_ns as f64 / 1e9,
            timed: measured.timed,
            timed_seconds: measured.timed_ns as f64 / 1e9,
            cpu_ns: used.iter().map(|(role, usage)| (*role, usage.cpu_ns)).collect(),
            switches: used.iter().map(|(role, usage)| (*role, usage.switches)).collect(),
            foreign_cpu_share: share(busy_ns - of_tree as f64),
            stolen_cpu_share: share(stolen_ns),
            generator_cpu_ns: measured.generator_cpu_ns,
            bytes_in: measured.bytes_in,
            bytes_out: measured.bytes_out,
            latency: StoredHistogram::encode(&measured.latency),
            service: StoredHistogram::encode(&measured.service),
            lateness: StoredHistogram::encode(&measured.lateness),
            requests: measured
                .requests
                .iter()
                .map(|(name, figures)| {
                    let at = |quantile| figures.latency.value_at_quantile(quantile) as f64 / 1000.0;
                    (name.clone(), RequestRecord { count: figures.count, p50_ms: at(0.5), p99_ms: at(0.99) })
                })
                .collect(),
            errors: measured.errors,
        }
    }
}

/// What was odd about a side's processes, with the load at which it was.
pub(super) fn during(load: &str, changes: Vec<String>) -> impl Iterator<Item = String> {
    changes.into_iter().map(move |change| format!("at load {load}: {change}"))
}

/// Does the work of a generator on a thread of its own, while this one shows how it goes.
pub(super) fn generating<T: Send>(work: impl FnOnce() -> T + Send, show: impl Fn()) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let (sender, receiver) = channel();
        scope.spawn(move || {
            prefer_generator();
            let _ = sender.send(work());
        });
        loop {
            match receiver.recv_timeout(Duration::from_millis(200)) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => show(),
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the generator's thread panicked"),
            }
        }
    })
}

impl<'s> Stretch<'s> {
    /// One visitor after another without pauses.
    pub(super) fn one_by_one(trace: &'s Trace, label: &'s str) -> Self {
        let pacing = Pacing::Returning { visitors: 1, until: None };
        Self { trace, pacing, think: Think::Never, ramp_seconds: 0.0, label, offered_rps: None }
    }

    /// Visitors who arrive at a rate, all of them counted from the first.
    pub(super) fn arriving(trace: &'s Trace, offered: f64, label: &'s str) -> Self {
        let (pacing, think) = (Pacing::Arrivals, Think::AsPlanned);
        Self { trace, pacing, think, ramp_seconds: 0.0, label, offered_rps: Some(offered) }
    }
}

impl Experiment {
    /// Drives a stretch from the generator's CPU while this thread shows how it goes.
    pub(super) fn drive(
        &self,
        side: &RunningSide,
        stretch: &Stretch<'_>,
        observer: &mut (dyn FnMut(&Answer<'_>) + Send),
    ) -> anyhow::Result<Measured> {
        self.drive_with(side, stretch, None, None, observer)
    }

    /// The same, asking the side for the spans of each request.
    pub(super) fn drive_traced(
        &self,
        side: &RunningSide,
        stretch: &Stretch<'_>,
        traced: Option<TracePrefix>,
        observer: &mut (dyn FnMut(&Answer<'_>) + Send),
    ) -> anyhow::Result<Measured> {
        self.drive_with(side, stretch, traced, None, observer)
    }

    fn drive_with(
        &self,
        side: &RunningSide,
        stretch: &Stretch<'_>,
        traced: Option<TracePrefix>,
        log: Option<&StretchLog>,
        observer: &mut (dyn FnMut(&Answer<'_>) + Send),
    ) -> anyhow::Result<Measured> {
        let progress = Progress::default();
        let this = self.drive_of(side, stretch, traced, log, &progress);
        let began = Instant::now();
        let show = || self.display.show(stretch.label, stretch.offered_rps, began.elapsed(), &progress);
        generating(|| drive(&this, observer), show)?
    }

    pub(super) fn drive_of<'d>(
        &'d self,
        side: &'d RunningSide,
        stretch: &'d Stretch<'_>,
        traced: Option<TracePrefix>,
        log: Option<&'d StretchLog>,
        progress: &'d Progress,
    ) -> Drive<'d> {
        Drive {
            target: &side.target,
            workload: &self.workload,
            trace: stretch.trace,
            pacing: stretch.pacing,
            think: stretch.think,
            timed_from_ns: (stretch.ramp_seconds * 1e9) as u64,
            request_limit: REQUEST_LIMIT,
            drain_limit: DRAIN_LIMIT,
            traced,
            log,
            stop: &self.stop,
            progress,
        }
    }

    /// Draws the visitors of a stretch. `number` must be the same for every side of a round, and for nothing else.
    pub(super) fn trace(&self, number: u64, arrivals: Arrivals) -> Trace {
        Trace::draw(&self.workload, TraceOptions { seed: self.run.seed, number, arrivals })
    }

    /// Drives a stretch with the CPU clocks of all processes read before and after.
    pub(super) fn point(
        &self,
        side: &RunningSide,
        load: &str,
        stretch: &Stretch<'_>,
        troubles: &mut Vec<String>,
    ) -> anyhow::Result<Point> {
        let cpus = &self.run.placement.side;
        let before = Reading::of(side.census(), cpus);
        let log = self.requests.as_ref().and_then(|requests| requests.stretch(load, &self.workload));
        let measured = self.drive_with(side, stretch, None, log.as_ref(), &mut |_| {})?;
        std::thread::sleep(SETTLE);
        let mut spent = Spent::default();
        troubles.extend(during(load, spent.add(&before, &Reading::of(side.census(), cpus))));
        Ok(spent.point(load, stretch.offered_rps, measured, cpus.len()))
    }
}

/// The commonest errors in one line.
pub(super) fn first_errors(errors: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = errors.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1));
    let lines: Vec<String> = sorted.iter().take(3).map(|(what, count)| format!("{what} ({count} times)")).collect();
    lines.join("; ")
}
