//! Foretells what a topology costs, from the first side alone: which calls would leave their process, times the price of a hop.
//!
//! Two things are measured before the rounds, both on the first side: a traced pass, which says what every request calls and which calls
//! are made together ([`crate::archive::RoundRecord`]), and the price of a round of hops in the company of the workload ([`price()`]). The
//! modules of each process are data, which the program gives. Nothing of the topologies that are foretold is looked at.
//!
//! - CPU: rounds, processes asked, tables read there, further calls, and bytes, each at its price.
//! - p50 and p99 with one session at a time: every name's latency is shifted by its rounds, which it waits for one after the other.
//! - p50 and p99 under load, and projections: a seeded simulation ([`simulate()`]) of the same visitors on both partitions.
//!
//! All are ratios to the first side, as a machine is not equally fast from minute to minute. [`outcomes`] holds them against what the
//! rounds measured.

mod classes;
mod crossings;
mod forecast;
mod model;
mod price;
mod simulate;

use std::collections::BTreeSet;

use serde::Serialize;

pub use classes::{Class, classes, quantile_ns};
pub use crossings::{CrossingRound, Crossings, Telling, crossing_rounds, crossings_of, with_tables};
pub use forecast::{foretell, model, project, too_far};
pub use model::{Circumstances, Model, Visits};
pub use price::{SCOUTED, price};
pub use simulate::{Machine, Question, Served, Step, Visitor, simulate};

use crate::analysis::{Kind, Metric, absolute};
use crate::archive::{Partition, Projection, Run};

/// Above this share of the first side's CPU, what a split adds is more than noise, and the error of what it adds is judged.
pub const TELLING_SHARE: f64 = 0.05;

/// A prediction and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The topology.
    pub topology: String,
    /// The metric's name; `added_cpu_per_request` is what the topology takes beyond the first side.
    pub metric: String,
    /// What was predicted, in the metric's unit.
    pub predicted: f64,
    /// What was measured.
    pub measured: f64,
    /// The error, as a fraction of what was measured.
    pub error: f64,
}

/// Holds every prediction of a run against what was measured: a pure function of `run.json`.
///
/// What was printed before the rounds is in [`crate::archive::PredictionsRecord::predicted`]. Here the predicted ratio stands on the
/// first side as the same rounds measured it, so that a machine that has become slower since is not taken for an error of the model.
pub fn outcomes(run: &Run) -> Vec<Outcome> {
    let metrics = Metric::all(&run.protocol);
    let mut outcomes = Vec::new();
    for prediction in &run.predictions.predicted {
        let Some(metric) = metrics.iter().find(|metric| metric.name() == prediction.metric) else { continue };
        let Some(predicted) = in_these_rounds(run, metric, &prediction.topology, prediction.value) else { continue };
        let Some(measured) = measured(run, metric, &prediction.topology) else { continue };
        outcomes.push(outcome(&prediction.topology, &prediction.metric, predicted, measured));
        if let (Kind::CpuPerRequest, Some(base)) = (metric.kind, base(run, metric)) {
            let name = format!("added_{}", prediction.metric);
            outcomes.push(outcome(&prediction.topology, &name, predicted - base, measured - base));
        }
    }
    outcomes
}

/// A value that was foretold before the rounds, on the first side as the rounds measured it.
pub fn in_these_rounds(run: &Run, metric: &Metric, topology: &str, value: f64) -> Option<f64> {
    let first = run.compared().next()?;
    debug_assert_ne!(first.topology, topology, "the first side is what the others are foretold from");
    Some(value * base(run, metric)? / forecast::scouted(run, metric)?)
}

/// The size of the error that half of the outcomes stay below, over the topologies that add a telling share of CPU.
pub fn median_error(run: &Run, metric: &str) -> Option<f64> {
    let telling = telling_topologies(run);
    let of_metric =
        outcomes(run).into_iter().filter(|outcome| outcome.metric == metric && telling.contains(&outcome.topology));
    let mut errors: Vec<f64> = of_metric.map(|outcome| outcome.error.abs()).filter(|error| error.is_finite()).collect();
    errors.sort_by(f64::total_cmp);
    let middle = errors.len() / 2;
    match errors.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(errors[middle]),
        _ => Some((errors[middle - 1] + errors[middle]) / 2.0),
    }
}

/// The topologies that were measured to add more than [`TELLING_SHARE`] of CPU.
fn telling_topologies(run: &Run) -> BTreeSet<String> {
    let metric =
        Metric { kind: Kind::CpuPerRequest, load: Some(run.protocol.headline_load.to_string()), headline: true };
    let Some(base) = base(run, &metric) else { return BTreeSet::new() };
    let adds =
        |topology: &&String| measured(run, &metric, topology).is_some_and(|cpu| cpu > base * (1.0 + TELLING_SHARE));
    run.compared().skip(1).map(|side| &side.topology).filter(adds).cloned().collect()
}

/// The projections of a run, each with what was measured under its circumstances where the rounds did.
pub fn projections(run: &Run) -> Vec<Projection> {
    let metrics = Metric::all(&run.protocol);
    let fill = |projection: &Projection| {
        let is_held_out = projection.circumstances.contains("fitted on lower");
        let metric = metrics.iter().find(|metric| metric.name() == projection.metric).filter(|_| is_held_out);
        let found = metric.and_then(|metric| measured(run, metric, &projection.topology));
        Projection { measured: projection.measured.or(found), ..projection.clone() }
    };
    run.predictions.projections.iter().map(fill).collect()
}

fn outcome(topology: &str, metric: &str, predicted: f64, measured: f64) -> Outcome {
    let error = predicted / measured - 1.0;
    Outcome { topology: topology.to_owned(), metric: metric.to_owned(), predicted, measured, error }
}

fn base(run: &Run, metric: &Metric) -> Option<f64> {
    let first = run.compared().next()?;
    absolute(run, metric, &first.name).map(|(mean, _)| mean)
}

fn measured(run: &Run, metric: &Metric, topology: &str) -> Option<f64> {
    let side = run.compared().find(|side| side.topology == topology)?;
    absolute(run, metric, &side.name).map(|(mean, _)| mean).filter(|mean| mean.is_finite() && *mean > 0.0)
}

impl Partition {
    /// Every module of the program.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(String::as_str)
    }
}
