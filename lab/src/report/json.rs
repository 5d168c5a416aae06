//! `report.json`: what scripts rely on.

use serde::Serialize;

use crate::advise::{ModuleVerdict, modules};
use crate::analysis::{Analysis, six_digits};
use crate::archive::Run;
use crate::predict::outcomes;

/// `report.json`.
#[derive(Debug, Serialize)]
pub struct Report<'r> {
    /// Controls and verdicts, and whether the ones allow the others to be used.
    #[serde(flatten)]
    pub analysis: &'r Analysis,
    /// One verdict per module that was taken out alone.
    pub modules: Vec<ModuleVerdict>,
    /// What was foretold, beside what was measured.
    pub predictions: Vec<PredictionLine>,
}

/// A prediction and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictionLine {
    /// The topology.
    pub topology: String,
    /// The metric's name; `added_cpu_per_request` is what the topology takes beyond the first side.
    pub metric: String,
    /// In the metric's unit.
    #[serde(serialize_with = "six_digits")]
    pub predicted: Option<f64>,
    /// In the metric's unit.
    #[serde(serialize_with = "six_digits")]
    pub measured: Option<f64>,
    /// As a fraction of what was measured.
    #[serde(serialize_with = "six_digits")]
    pub error: Option<f64>,
}

/// The verdicts as JSON: `{valid, reasons, controls, verdicts, modules, predictions}`.
pub fn to_json(run: &Run, analysis: &Analysis) -> String {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let predictions = outcomes(run).into_iter().map(|outcome| PredictionLine {
        topology: outcome.topology,
        metric: outcome.metric,
        predicted: finite(outcome.predicted),
        measured: finite(outcome.measured),
        error: finite(outcome.error),
    });
    let report = Report { analysis, modules: modules(run), predictions: predictions.collect() };
    let mut text = serde_json::to_string_pretty(&report).expect("a report is plain data with string keys");
    text.push('\n');
    text
}
