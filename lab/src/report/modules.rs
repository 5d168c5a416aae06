//! The verdict per module: what taking it out costs, what that buys, and which of the two the run shows.

use super::survival;
use super::tables::{Cell, Table, table};
use super::words::{median, number};
use crate::advise::{Advice, ModuleVerdict};
use crate::analysis::Analysis;
use crate::archive::{FaultKind, Run};

/// The side on which a module alone was taken out.
fn side_without<'r>(run: &'r Run, module: &str) -> Option<&'r str> {
    let topology = format!("extract:{module}");
    run.compared().find(|side| side.topology == topology).map(|side| side.name.as_str())
}

/// The modules table of the first screen.
pub(super) fn table_of(run: &Run, analysis: &Analysis, verdicts: &[ModuleVerdict]) -> Table {
    let rows = verdicts
        .iter()
        .map(|verdict| {
            let module = verdict.module.as_str();
            let side = side_without(run, module);
            let ratio = |metric: &str| {
                Cell::ratio(
                    side.and_then(|side| analysis.verdict(metric, side)).and_then(crate::analysis::Verdict::interval),
                )
            };
            vec![
                Cell::text(module),
                Cell::text(format!("{} {}", mark(verdict.verdict), verdict.verdict.word()))
                    .with_state(state(verdict.verdict)),
                ratio("cpu_per_request"),
                ratio("p50"),
                ratio("p99"),
                survives(run, module, side),
                change(run, module),
                Cell::text(verdict.reason.clone()),
            ]
        })
        .collect();
    table(
        &["module", "verdict", "CPU per request", "p50", "p99", "its death leaves", "change to serving, s", "why"],
        rows,
    )
}

/// A mark that says without colour what the verdict is.
fn mark(verdict: Advice) -> &'static str {
    match verdict {
        Advice::KeepIn => "●",
        Advice::Split => "◐",
        Advice::NoDifferenceShown => "=",
    }
}

fn state(verdict: Advice) -> &'static str {
    match verdict {
        Advice::KeepIn => "keep",
        Advice::Split => "split",
        Advice::NoDifferenceShown => "same",
    }
}

/// How many kinds of journeys survive the module's death when it is out, and when it is in.
fn survives(run: &Run, module: &str, side: Option<&str>) -> Cell {
    let side = side.or_else(|| super::focus::widest(run).map(|side| side.name.as_str()));
    let first = run.compared().next().map(|side| side.name.as_str());
    let kinds = |side: Option<&str>| {
        let killed = run.benefits.under(side?, module, FaultKind::Kill);
        killed.map(survival::surviving_kinds).filter(|(_, kinds)| *kinds > 0)
    };
    match (kinds(side), kinds(first)) {
        (Some((out, of)), Some((inside, _))) => {
            Cell::sorted(format!("{out} of {of}"), out as f64 / of as f64).with_interval(format!("in: {inside}"))
        }
        (Some((out, of)), None) => Cell::sorted(format!("{out} of {of}"), out as f64 / of as f64),
        _ => Cell::text("–"),
    }
}

/// How long a change of the service takes to reach visitors: with a binary of its own, and within the one.
fn change(run: &Run, module: &str) -> Cell {
    let times = |alone: bool| {
        let of_module = run.benefits.changes.iter().filter(|change| {
            change.module == module
                && change.changed == "service"
                && change.shape.contains("one binary per module") == alone
        });
        median(of_module.map(|change| change.build_s + change.restart_s))
    };
    match (times(true), times(false)) {
        (Some(out), Some(inside)) => Cell::number(out).with_interval(format!("in: {}", number(inside))),
        (Some(out), None) => Cell::number(out),
        (None, Some(inside)) => Cell::text("–").with_interval(format!("in: {}", number(inside))),
        (None, None) => Cell::text("–"),
    }
}
