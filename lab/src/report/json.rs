//! `report.json`: what scripts rely on.

use crate::analysis::Analysis;

/// The verdicts as JSON: `{valid, reasons, controls, verdicts}`.
pub fn to_json(analysis: &Analysis) -> String {
    let mut text = serde_json::to_string_pretty(analysis).expect("an analysis is plain data with string keys");
    text.push('\n');
    text
}
