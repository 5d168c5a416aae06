//! Driving one stretch of load, with everything counted around it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::Experiment;
use crate::archive::{Bound, CapacityRecord, CapacityStep, PilotRecord, Point, RequestRecord, StoredHistogram};
use crate::environment::busy_ticks;
use crate::generator::{
    Answer, Drive, Measured, Pacing, Progress, StretchLog, Think, TracePrefix, TurnEdge, Turns, drive, drive_in_turns,
};
use crate::side::{Census, Role, RunningSide, Usage, prefer_generator};
use crate::workload::{Arrivals, Trace, TraceOptions};

/// After the last answer, what events still have to do is given this long before the clocks are read.
const SETTLE: Duration = Duration::from_millis(40);
/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// How long visitors may still be on their way after the last arrival.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// The share of failed requests up to which a rate counts as carried.
const FAILED_SHARE: f64 = 0.001;
/// How many visitors the closed loop of the pilot keeps busy.
const PILOT_VISITORS: usize = 16;

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

/// A side's part in a load that several sides have in turns.
pub(super) struct Driven<'s> {
    pub side: &'s RunningSide,
    pub name: &'s str,
    pub load: &'s str,
    pub stretch: Stretch<'s>,
    pub log: Option<StretchLog>,
    /// What was odd about the side's processes meanwhile.
    pub troubles: Vec<String>,
}

/// The clocks at a moment: those of a side's processes, those of its CPUs, and the one on the wall.
struct Reading {
    census: Census,
    ticks: u64,
    at: Instant,
}

impl Reading {
    fn of(census: Census, cpus: &[usize]) -> Self {
        Self { ticks: busy_ticks(cpus), census, at: Instant::now() }
    }
}

/// What a side has used, over one turn or more.
#[derive(Default)]
struct Spent {
    used: BTreeMap<Role, Usage>,
    busy_ns: f64,
    lasted: Duration,
}

impl Spent {
    /// Adds what was used between two readings; returns what was odd about the processes.
    fn add(&mut self, before: &Reading, now: &Reading) -> Vec<String> {
        let (used, changes) = now.census.since(&before.census);
        for (role, usage) in used {
            let sum = self.used.entry(role).or_default();
            sum.cpu_ns += usage.cpu_ns;
            sum.switches += usage.switches;
        }
        self.busy_ns += now.ticks.saturating_sub(before.ticks) as f64 * 1e7;
        self.lasted += now.at - before.at;
        changes
    }

    fn point(self, load: &str, offered_rps: Option<f64>, measured: Measured, cpus: usize) -> Point {
        let Self { used, busy_ns, lasted } = self;
        let of_tree: u64 = used.values().map(|usage| usage.cpu_ns).sum();
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
            foreign_cpu_share: ((busy_ns - of_tree as f64) / lasted.as_nanos() as f64 / cpus as f64).clamp(0.0, 1.0),
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
fn during(load: &str, changes: Vec<String>) -> impl Iterator<Item = String> {
    changes.into_iter().map(move |change| format!("at load {load}: {change}"))
}

/// Does the work of a generator on a thread of its own, while this one shows how it goes.
fn generating<T: Send>(work: impl FnOnce() -> T + Send, show: impl Fn()) -> anyhow::Result<T> {
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

    fn drive_of<'d>(
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

    /// Drives a stretch of each of several sides, in turns, with the CPU clocks of a side's processes read around each of its turns.
    pub(super) fn points_in_turns(
        &self,
        driven: &mut [Driven<'_>],
        turn: Duration,
        number: u64,
    ) -> anyhow::Result<Vec<Point>> {
        let (cpus, seed) = (&self.run.placement.side, self.run.seed ^ number);
        let progress: Vec<Progress> = driven.iter().map(|_| Progress::default()).collect();
        let drives: Vec<Drive<'_>> = driven
            .iter()
            .zip(&progress)
            .map(|(driven, progress)| self.drive_of(driven.side, &driven.stretch, None, driven.log.as_ref(), progress))
            .collect();
        let known: Vec<Census> = driven.iter().map(|driven| driven.side.census()).collect();
        let mut spent: Vec<Spent> = driven.iter().map(|_| Spent::default()).collect();
        let (whose, turns_had) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let sides: Vec<&RunningSide> = driven.iter().map(|driven| driven.side).collect();
        let read = |index: usize| Reading::of(sides[index].count_again(&known[index]), cpus);
        let mut before = None;
        let mut edge = |edge| match edge {
            TurnEdge::Begins(index) => {
                whose.store(index, Ordering::Relaxed);
                before = Some(read(index));
            }
            TurnEdge::Over(index) => {
                turns_had.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(SETTLE);
                if let Some(before) = before.take() {
                    spent[index].add(&before, &read(index));
                }
            }
        };
        let show = || {
            let index = whose.load(Ordering::Relaxed);
            let had = turn.mul_f64(turns_had.load(Ordering::Relaxed) as f64 / driven.len() as f64);
            let Stretch { label, offered_rps, .. } = driven[index].stretch;
            self.display.show(&format!("{label}, {}", driven[index].name), offered_rps, had, &progress[index]);
        };
        let turns = Turns { length: turn, seed, edge: &mut edge };
        let measured = generating(|| drive_in_turns(&drives, turns), show)??;
        let parts = driven.iter_mut().zip(spent).zip(&known).zip(measured);
        Ok(parts
            .map(|(((driven, spent), known), measured)| {
                // The turns count those who were there at first; who has come or gone only a look at all processes tells.
                let (_, changes) = driven.side.census().since(known);
                driven.troubles.extend(during(driven.load, changes));
                spent.point(driven.load, driven.stretch.offered_rps, measured, cpus.len())
            })
            .collect())
    }

    /// Finds what a side carries, first roughly by a closed loop, then by a search.
    pub(super) fn pilot_capacity(&self, side: &RunningSide, name: &str) -> anyhow::Result<PilotRecord> {
        let search = &self.run.protocol.capacity;
        let sessions = 200_000 / self.workload.requests_per_session().max(1.0) as usize;
        // Other visitors each time: who makes an account cannot make it twice.
        let closed = |number: u64, seconds: f64| {
            let trace = self.trace(number, Arrivals::Closed { sessions });
            let stretch = Stretch {
                pacing: Pacing::Returning { visitors: PILOT_VISITORS, until: Some(Duration::from_secs_f64(seconds)) },
                ..Stretch::one_by_one(&trace, "closed loop")
            };
            self.drive(side, &stretch, &mut |_| {})
        };
        closed(1, self.run.protocol.warm_up_seconds)?;
        let measured = closed(2, search.step_seconds.max(1.0))?;
        anyhow::ensure!(
            measured.failed_share() < 0.5,
            "{name} answers wrongly, so there is nothing to time: {}",
            first_errors(&measured.errors)
        );
        let rate = measured.answered as f64 / (measured.wall_ns as f64 / 1e9);
        let capacity = self.search_capacity(side, rate * 0.7, search.pilot_steps, 10)?;
        Ok(PilotRecord { side: name.to_owned(), closed_loop_rps: rate, capacity })
    }

    /// Walks from a first guess towards the highest rate that holds the objective, and halves its stride at every turn.
    ///
    /// Unlike bisection within fixed ends it also finds a capacity that lies far from the guess. `number` keeps the traces apart
    /// from all others.
    pub(super) fn search_capacity(
        &self,
        side: &RunningSide,
        guess: f64,
        steps: u32,
        number: u64,
    ) -> anyhow::Result<CapacityRecord> {
        let mut tried: Vec<CapacityStep> = Vec::new();
        let (mut offered, mut stride) = (guess, self.run.protocol.capacity.stride);
        for step in 0..steps {
            let result = self.try_rate(side, offered, number + u64::from(step))?;
            if tried.iter().any(|before| before.held != result.held) {
                stride = stride.sqrt();
            }
            offered = if result.held { offered * stride } else { offered / stride };
            tried.push(result);
        }
        Ok(conclude(tried, self.workload.objective_p99_ms))
    }

    fn try_rate(&self, side: &RunningSide, offered: f64, number: u64) -> anyhow::Result<CapacityStep> {
        let seconds = self.run.protocol.capacity.step_seconds;
        let trace = self.trace(number, Arrivals::PartlyOpen { requests_per_second: offered, seconds });
        let stretch = Stretch {
            ramp_seconds: self.run.protocol.ramp_seconds.min(seconds / 3.0),
            ..Stretch::arriving(&trace, offered, "capacity")
        };
        let measured = self.drive(side, &stretch, &mut |_| {})?;
        let p99_ms = measured.latency.value_at_quantile(0.99) as f64 / 1000.0;
        let failed_share = measured.failed_share();
        let held = p99_ms <= self.workload.objective_p99_ms && failed_share < FAILED_SHARE;
        Ok(CapacityStep { offered_rps: offered, p99_ms, failed_share, held })
    }
}

/// Reads the capacity off the rates that were tried: between the lowest that did not hold and the highest below it that did, where the
/// logarithm of p99, taken as a line between the two, crosses the objective.
fn conclude(steps: Vec<CapacityStep>, objective: f64) -> CapacityRecord {
    let broke = steps.iter().filter(|step| !step.held).min_by(|a, b| a.offered_rps.total_cmp(&b.offered_rps));
    // A rate that held above one that did not is luck: the lower of the two counts.
    let ceiling = broke.map_or(f64::INFINITY, |step| step.offered_rps);
    let held = steps
        .iter()
        .filter(|step| step.held && step.offered_rps < ceiling)
        .max_by(|a, b| a.offered_rps.total_cmp(&b.offered_rps));
    let (rps, beyond) = match (held, broke) {
        (Some(held), Some(broke)) => {
            let (below, above) = (held.p99_ms.ln(), broke.p99_ms.ln());
            // A step in which nobody came has no p99 to draw a line from.
            let has_line = broke.p99_ms > objective && held.p99_ms > 0.0;
            let share = if has_line { (objective.ln() - below) / (above - below) } else { 0.0 };
            (held.offered_rps + share.clamp(0.0, 1.0) * (broke.offered_rps - held.offered_rps), None)
        }
        (Some(held), None) => (held.offered_rps, Some(Bound::Above)),
        (None, broke) => (broke.map_or(0.0, |step| step.offered_rps), Some(Bound::Below)),
    };
    CapacityRecord { rps, beyond, steps }
}

/// The commonest errors in one line.
pub(super) fn first_errors(errors: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = errors.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1));
    let lines: Vec<String> = sorted.iter().take(3).map(|(what, count)| format!("{what} ({count} times)")).collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(offered_rps: f64, p99_ms: f64) -> CapacityStep {
        CapacityStep { offered_rps, p99_ms, failed_share: 0.0, held: p99_ms <= 50.0 }
    }

    #[test]
    fn capacity_lies_where_p99_crosses_the_objective() {
        let found = conclude(vec![step(100.0, 5.0), step(200.0, 500.0)], 50.0);
        assert!((found.rps - 150.0).abs() < 1e-9 && found.beyond.is_none());
        let idle = conclude(vec![step(100.0, 0.0), step(200.0, 500.0)], 50.0);
        assert!((idle.rps - 100.0).abs() < 1e-9, "a step in which nobody came: {}", idle.rps);
        let lucky = conclude(vec![step(100.0, 5.0), step(200.0, 500.0), step(300.0, 6.0)], 50.0);
        assert!((lucky.rps - 150.0).abs() < 1e-9, "a higher rate that happened to hold does not count");
    }

    #[test]
    fn a_search_that_never_turned_says_that_the_capacity_lies_beyond() {
        assert_eq!(conclude(vec![step(100.0, 5.0)], 50.0).beyond, Some(Bound::Above));
        let none = conclude(vec![step(100.0, 500.0), step(80.0, 400.0)], 50.0);
        assert_eq!((none.rps, none.beyond), (80.0, Some(Bound::Below)));
    }
}
