//! Every prediction beside what was measured of it.

use super::words::median;
use crate::analysis::{Metric, absolute};
use crate::archive::{Run, SideRecord};
use crate::predict::{TELLING_SHARE, in_these_rounds};
use crate::statistics::Interval;

/// A prediction and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foretold {
    /// The topology.
    pub(crate) topology: String,
    /// The metric's name.
    pub(crate) metric: String,
    /// What was predicted, in the metric's unit.
    pub(crate) predicted: Option<f64>,
    /// What was measured, in the mean over blocks.
    pub(crate) measured: Option<f64>,
    /// The error as a fraction of what was measured.
    pub(crate) error: Option<f64>,
    /// The interval of what was measured.
    pub(crate) interval: Option<Interval>,
    /// What the first side takes of the same metric.
    pub(crate) base: Option<f64>,
    /// The metric as people and scales know it.
    pub(crate) kind: Option<Metric>,
}

impl Foretold {
    /// The error of what the split adds, as a share of what it really added.
    pub(crate) fn added_error(&self) -> Option<f64> {
        let (predicted, measured, base) = (self.predicted?, self.measured?, self.base?);
        let added = measured - base;
        (added != 0.0).then(|| (predicted - measured) / added)
    }

    /// What the split adds, as a share of the first side's value.
    pub(crate) fn added_share(&self) -> Option<f64> {
        let base = self.base.filter(|base| *base > 0.0)?;
        Some(self.measured? / base - 1.0)
    }
}

/// All predictions of a run, in its order.
pub(crate) fn foretold(run: &Run) -> Vec<Foretold> {
    let metrics = Metric::all(&run.protocol);
    let first = run.compared().next();
    let value = |metric: &Metric, side: &SideRecord| absolute(run, metric, &side.name);
    run.predictions
        .predicted
        .iter()
        .map(|prediction| {
            let metric = metrics.iter().find(|metric| metric.name() == prediction.metric);
            let side = run.compared().find(|side| side.topology == prediction.topology);
            let measured = metric.zip(side).and_then(|(metric, side)| value(metric, side));
            let mean = measured.map(|(mean, _)| mean).filter(|mean| mean.is_finite() && *mean > 0.0);
            // What was foretold stands on the first side as these rounds measured it: see `predict::outcomes`.
            let today = metric.and_then(|metric| in_these_rounds(run, metric, &prediction.topology, prediction.value));
            let predicted = Some(today.unwrap_or(prediction.value)).filter(|value| value.is_finite());
            Foretold {
                topology: prediction.topology.clone(),
                metric: prediction.metric.clone(),
                predicted,
                measured: mean,
                error: predicted.zip(mean).map(|(predicted, mean)| predicted / mean - 1.0),
                interval: measured.and_then(|(_, interval)| interval),
                base: metric.zip(first).and_then(|(metric, first)| value(metric, first)).map(|(mean, _)| mean),
                kind: metric.cloned(),
            }
        })
        .collect()
}

/// The size of the error that half of them stay below.
pub(crate) fn median_error<'f>(rows: impl Iterator<Item = &'f Foretold>) -> Option<f64> {
    median(rows.filter_map(|row| row.error).map(f64::abs))
}

/// The same for what a split adds, over those that add more than 5 %: of less, an error is mostly noise.
pub(crate) fn median_added_error<'f>(rows: impl Iterator<Item = &'f Foretold>) -> Option<f64> {
    let telling = rows.filter(|row| row.added_share().is_some_and(|share| share > TELLING_SHARE));
    median(telling.filter_map(Foretold::added_error).map(f64::abs))
}
