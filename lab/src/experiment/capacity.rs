//! What a side carries: the rate at which its p99 crosses the objective.

use std::time::Duration;

use super::Experiment;
use super::load::{Stretch, first_errors};
use crate::archive::{Bound, CapacityRecord, CapacityStep, PilotRecord};
use crate::generator::Pacing;
use crate::side::RunningSide;
use crate::workload::Arrivals;

/// The share of failed requests up to which a rate counts as carried.
const FAILED_SHARE: f64 = 0.001;
/// How many visitors the closed loop of the pilot keeps busy.
const PILOT_VISITORS: usize = 16;

impl Experiment {
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
