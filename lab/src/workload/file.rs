//! The TOML shape of a workload file, and errors that name file, line and the nearest right word.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(super) use crate::written::place;
use crate::{UsageError, written};

/// A workload file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadFile {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub load: Option<Spanned<LoadTable>>,
    #[serde(default)]
    pub session: SessionTable,
    #[serde(default)]
    pub objective: ObjectiveTable,
    #[serde(default)]
    pub equality: EqualityTable,
    #[serde(default)]
    pub variables: BTreeMap<String, Spanned<VariableTable>>,
    #[serde(default)]
    pub journeys: Vec<Spanned<JourneyTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadTable {
    #[serde(default)]
    pub form: FormWord,
    pub visitors: Option<usize>,
    pub arrivals: Option<ArrivalsWord>,
    pub recording: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum FormWord {
    #[default]
    #[serde(rename = "partly open")]
    PartlyOpen,
    #[serde(rename = "open")]
    Open,
    #[serde(rename = "closed")]
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ArrivalsWord {
    Poisson,
    Constant,
    Recorded,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SessionTable {
    pub first: Option<Spanned<String>>,
    pub journeys: Spanned<(u64, u64)>,
    pub think_ms: Spanned<(f64, f64)>,
}

impl Default for SessionTable {
    fn default() -> Self {
        Self { first: None, journeys: Spanned::new(0..0, (3, 7)), think_ms: Spanned::new(0..0, (20.0, 100.0)) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ObjectiveTable {
    pub p99_ms: f64,
}

impl Default for ObjectiveTable {
    fn default() -> Self {
        Self { p99_ms: 100.0 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EqualityTable {
    pub sessions: usize,
    pub settle_ms: u64,
    pub ignore: Vec<BetweenTable>,
}

impl Default for EqualityTable {
    fn default() -> Self {
        Self { sessions: 12, settle_ms: 150, ignore: Vec::new() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BetweenTable {
    pub after: String,
    pub before: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariableTable {
    pub one_of: Option<Vec<toml::Value>>,
    pub weights: Option<Vec<f64>>,
    pub zipf: Option<f64>,
    pub range: Option<(u64, u64)>,
    pub text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JourneyTable {
    pub name: String,
    #[serde(default = "one")]
    pub weight: f64,
    pub steps: Vec<Spanned<StepTable>>,
}

fn one() -> f64 {
    1.0
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTable {
    pub name: Option<String>,
    pub get: Option<String>,
    pub post: Option<String>,
    pub put: Option<String>,
    pub patch: Option<String>,
    pub delete: Option<String>,
    pub think_ms: Option<(f64, f64)>,
    pub form: Option<BTreeMap<String, toml::Value>>,
    pub json: Option<String>,
    pub body: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub expect: ExpectTable,
    #[serde(default)]
    pub capture: BTreeMap<String, Spanned<CaptureTable>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExpectTable {
    pub status: Option<u16>,
    pub contains: Vec<String>,
    pub lacks: Vec<String>,
    pub redirect: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaptureTable {
    pub after: Option<String>,
    pub before: Option<String>,
    pub location: Option<bool>,
}

/// Reads the file's text into its tables.
pub(super) fn read(text: &str, origin: &str) -> Result<WorkloadFile, UsageError> {
    written::read(text, origin)
}
