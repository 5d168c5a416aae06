//! A noisy neighbour: one journey is flooded while the visitors of all others go on as before.

use std::time::Duration;

use super::{Experiment, TRACES};
use crate::archive::{NeighbourRecord, SideRecord};
use crate::generator::{Measured, Pacing};
use crate::side::RunningSide;
use crate::workload::{Arrivals, Trace, TraceOptions, Workload};

/// How many visitors flood, each without a pause.
const FLOOD: usize = 64;
/// How long the flood lasts before the others come, so that queues are what they will be.
const BUILDS_UP: Duration = Duration::from_millis(300);

impl Experiment {
    /// Floods the heaviest journey that only reads; a full run floods each journey in turn.
    pub(super) fn flood_neighbours(&mut self) -> anyhow::Result<()> {
        let all = 0..self.workload.journeys.len();
        let noisy: Vec<usize> =
            if self.is_full() { all.collect() } else { self.heaviest_reader().into_iter().collect() };
        if self.workload.journeys.len() < 2 || noisy.is_empty() {
            self.absent("a noisy neighbour: the workload has no two journeys, or none that only reads".to_owned());
            return Ok(());
        }
        for side in self.compared_sides() {
            for noisy in &noisy {
                if self.stopped() {
                    return Ok(());
                }
                let name = self.workload.journeys[*noisy].name.clone();
                self.display.say(&format!("{}: flooding `{name}`", side.name));
                let record = self.flood(&side, *noisy)?;
                if !self.stopped() {
                    self.run.benefits.neighbours.push(record);
                }
            }
        }
        Ok(())
    }

    fn flood(&self, side: &SideRecord, noisy: usize) -> anyhow::Result<NeighbourRecord> {
        let running = self.start(side, "neighbours")?;
        self.warm_modestly(&running)?;
        let others = weighed(&self.workload, |journey, weight| if journey == noisy { 0.0 } else { weight });
        let crowd = weighed(&self.workload, |journey, _| f64::from(u8::from(journey == noisy)));
        let rate = self.modest_rps();
        let visitors = self.single_journeys(&others, 3_000 + noisy as u64, rate, self.watched_s());
        let (quiet, ()) = self.drive_beside(&running, (&others, &visitors, Pacing::Arrivals), |_| ())?;
        let noisy_measured = self.with_flood(&running, &crowd, || {
            let (measured, ()) = self.drive_beside(&running, (&others, &visitors, Pacing::Arrivals), |_| ())?;
            Ok(measured)
        })?;
        drop(running.stop());
        let p99_ms = |measured: &Measured| measured.latency.value_at_quantile(0.99) as f64 / 1000.0;
        Ok(NeighbourRecord {
            side: side.name.clone(),
            noisy: self.workload.journeys[noisy].name.clone(),
            quiet_p99_ms: p99_ms(&quiet),
            noisy_p99_ms: p99_ms(&noisy_measured),
            failed_share: noisy_measured.failed_share(),
        })
    }

    /// Floods while something else is done.
    fn with_flood<T>(
        &self,
        running: &RunningSide,
        crowd: &Workload,
        meanwhile: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let lasts = BUILDS_UP + Duration::from_secs_f64(self.watched_s());
        // More sessions than can come in the time: the pacing ends the flood.
        let sessions = (self.run.reference_rps() * lasts.as_secs_f64() * 20.0) as usize + FLOOD;
        let options =
            TraceOptions { seed: self.run.seed, number: TRACES + 4_000, arrivals: Arrivals::Closed { sessions } };
        let trace = Trace::draw(crowd, options);
        let pacing = Pacing::Returning { visitors: FLOOD, until: Some(lasts) };
        let (_, result) = self.drive_beside(running, (crowd, &trace, pacing), |_| {
            self.pause(BUILDS_UP);
            meanwhile()
        })?;
        result
    }

    /// How long the others are watched with and without the flood, seconds.
    fn watched_s(&self) -> f64 {
        if self.is_smoke() { 0.6 } else { 2.5 }
    }

    /// The journey without a write that takes longest when nothing queues.
    fn heaviest_reader(&self) -> Option<usize> {
        let block = self.run.blocks.first();
        let point = block.and_then(|block| block.points.first());
        let takes = |journey: usize| -> f64 {
            let steps = self.workload.journeys[journey].steps.iter();
            let known =
                |name: &str| point.and_then(|point| point.requests.get(name)).map_or(1.0, |request| request.p50_ms);
            steps.map(|step| known(&step.name)).sum()
        };
        let readers = (0..self.workload.journeys.len())
            .filter(|journey| !self.workload.journeys[*journey].steps.iter().any(crate::workload::Step::writes));
        readers.max_by(|a, b| takes(*a).total_cmp(&takes(*b)))
    }
}

/// The workload with other weights, and no journey that every session begins with.
fn weighed(workload: &Workload, weight: impl Fn(usize, f64) -> f64) -> Workload {
    let mut workload = workload.clone();
    workload.session.first = None;
    for (index, journey) in workload.journeys.iter_mut().enumerate() {
        journey.weight = weight(index, journey.weight);
    }
    workload
}
