//! The TOML shape of a workload file, and errors that name file, line and the nearest right word.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::{UsageError, suggest};

/// A workload file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadFile {
    pub name: String,
    #[serde(default)]
    pub description: String,
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
    toml::from_str(text).map_err(|error| {
        let hint = hint_for(error.message());
        UsageError::new(format!("{}: {}{hint}", place(text, origin, error.span()), error.message().trim()))
    })
}

/// Writes `FILE:LINE` for a position in the text.
pub(super) fn place(text: &str, origin: &str, span: Option<std::ops::Range<usize>>) -> String {
    match span {
        Some(span) => {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            format!("{origin}:{line}")
        }
        None => origin.to_owned(),
    }
}

/// serde names the wrong word and the right ones between backticks: suggest the nearest.
fn hint_for(message: &str) -> String {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return String::new();
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(wrong) = words.next() else { return String::new() };
    suggest::did_you_mean(wrong, words)
}
