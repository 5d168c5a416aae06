//! Reports: what a run says, as JSON for scripts, as Markdown for a pull request and as one HTML file for people.

mod change;
mod edges;
mod figures;
mod focus;
mod forecast;
mod html;
mod json;
mod limits;
mod markdown;
mod modules;
mod survival;
mod tables;
pub(crate) mod words;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub use html::to_html;
pub use json::{PredictionLine, Report, to_json};
pub use markdown::to_markdown;

use crate::analysis::Analysis;
use crate::archive::{Run, read_run, write_text};
use crate::{FailIf, Outcome, UsageError};

/// Which runs to render or to gate.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Run folders, or `run.json` files.
    pub runs: Vec<PathBuf>,
    /// An expression over the runs; with it, the outcome says whether it is true of any.
    pub fail_if: Option<String>,
}

/// Renders the reports of runs that were measured before, prints their short form, and checks an expression.
pub fn report(options: &ReportOptions) -> anyhow::Result<Outcome> {
    if options.runs.is_empty() {
        return Err(UsageError::new(
            "name the folder of a run, for example: report runs/2026-11-20-monolith-vs-services",
        )
        .into());
    }
    let condition = options.fail_if.as_deref().map(FailIf::parse).transpose()?;
    let runs: Vec<Run> = options.runs.iter().map(|path| read_run(path)).collect::<Result<_, _>>()?;
    if let [first, others @ ..] = &runs[..] {
        for other in others {
            refuse_unlike(first, other)?;
        }
    }
    let mut outcome = Outcome::Valid;
    for (path, run) in options.runs.iter().zip(&runs) {
        let folder = if path.is_dir() { path.clone() } else { path.parent().map(Path::to_owned).unwrap_or_default() };
        let summary = write_reports(&folder, run)?;
        print(&summary)?;
        let analysis = Analysis::of(run);
        match &condition {
            Some(condition) if condition.is_true_of(run, &analysis)? => outcome = Outcome::ConditionHolds,
            None if !analysis.valid => outcome = Outcome::Untrusted,
            Some(_) | None => {}
        }
    }
    if let [first, others @ ..] = &runs[..] {
        for other in others {
            print(&change::changes(first, other))?;
        }
    }
    Ok(outcome)
}

/// Runs under unlike protocols answer unlike questions.
fn refuse_unlike(first: &Run, other: &Run) -> Result<(), UsageError> {
    let unlike = |what: String| {
        Err(UsageError::new(format!("{} and {} cannot be compared: their {what}", first.name, other.name)))
    };
    if !first.protocol.is_like(&other.protocol) {
        return unlike(format!("protocols differ in {}", words::listed(&differences(first, other))));
    }
    if first.workload.text != other.workload.text {
        return unlike(if first.workload.name == other.workload.name {
            format!("workloads differ, though both are called `{}`: compare the `text` of the two", first.workload.name)
        } else {
            format!("workloads differ: `{}` and `{}`", first.workload.name, other.workload.name)
        });
    }
    let shared = first.sides.iter().any(|side| other.sides.iter().any(|same| same.name == side.name));
    if !shared {
        return unlike("sides have no name in common".to_owned());
    }
    Ok(())
}

/// Which numbers of two protocols differ, each with both values.
fn differences(first: &Run, other: &Run) -> Vec<String> {
    let fields = |run: &Run| match serde_json::to_value(&run.protocol) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (first, other) = (fields(first), fields(other));
    let differing = first.iter().filter(|(name, value)| name.as_str() != "stopped" && other.get(*name) != Some(*value));
    differing
        .map(|(name, value)| match (value, other.get(name)) {
            (value, Some(other)) if !value.is_array() && !value.is_object() => format!("{name} ({value} and {other})"),
            _ => name.clone(),
        })
        .collect()
}

/// Writes `report.json`, `report.md` and `report.html` into the folder of a run; returns what to print.
pub fn write_reports(folder: &Path, run: &Run) -> anyhow::Result<String> {
    let analysis = Analysis::of(run);
    write_text(&folder.join("report.json"), &to_json(run, &analysis))?;
    let markdown = to_markdown(run, &analysis);
    write_text(&folder.join("report.md"), &markdown)?;
    write_text(&folder.join("report.html"), &to_html(run, &analysis)?)?;
    let mut summary = markdown;
    summary.push_str(&format!("\nThe report: {}\n", folder.join("report.html").display()));
    Ok(summary)
}

/// The share of journeys that survive the death of one module, whichever it is.
pub(crate) fn survival_of_any_death(run: &Run, side: &str) -> Option<f64> {
    survival::of_any_death(run, side)?.value()
}

/// Prints to stdout, which belongs to the result.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("the summary cannot be printed")
}
