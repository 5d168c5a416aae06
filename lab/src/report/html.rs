//! `report.html`: one file for people, which opens offline, prints, and fits a phone.

use askama::Template;

use super::figures::{Figure, forest, ladder, latency_against_load, percentiles};
use super::limits;
use super::tables::{self, Table};
use super::words::{self, number};
use crate::analysis::{Analysis, Control, LATENESS_LIMIT_MS, Metric, absolute, load_label};
use crate::archive::Run;
use crate::statistics::Interval;

/// The page; the template holds the layout, this the words.
#[derive(Template)]
#[template(path = "lab/report.html")]
struct Page<'p> {
    run: &'p Run,
    sides: Vec<String>,
    subject: Vec<String>,
    valid: bool,
    reasons: &'p [String],
    chips: Vec<Chip>,
    answers: Vec<Answer>,
    forest: Option<Figure>,
    load: Option<Figure>,
    percentiles: Option<Figure>,
    ladder: Option<Figure>,
    ran: Vec<(&'static str, String)>,
    controls: Table,
    loads: Table,
    requests: Table,
    ladder_table: Table,
    resources: Table,
    processes: Table,
    limits: Vec<String>,
    redo: String,
}

/// A control in three words.
struct Chip {
    text: String,
    found: String,
    state: &'static str,
    mark: &'static str,
}

/// What is said of one side.
struct Answer {
    sentences: Vec<String>,
    tiles: Vec<Tile>,
}

/// One headline metric.
struct Tile {
    label: &'static str,
    ratio: String,
    interval: String,
    verdict: &'static str,
    state: &'static str,
    mark: &'static str,
    values: String,
    load: String,
}

/// The run as one HTML file.
pub fn to_html(run: &Run, analysis: &Analysis) -> anyhow::Result<String> {
    let sides: Vec<String> = run.compared().map(|side| side.name.clone()).collect();
    let page = Page {
        subject: subject(run),
        valid: analysis.valid,
        reasons: &analysis.reasons,
        chips: chips(run, analysis),
        answers: sides.iter().skip(1).map(|side| answer(run, analysis, &sides[0], side)).collect(),
        forest: forest(run, analysis),
        load: latency_against_load(run),
        percentiles: percentiles(run),
        ladder: ladder(run),
        ran: limits::what_ran(run),
        controls: tables::controls(analysis),
        loads: tables::loads(run),
        requests: tables::requests(run),
        ladder_table: tables::ladder(run),
        resources: tables::resources(run),
        processes: tables::processes(run),
        limits: limits::limits(run),
        redo: limits::redo(run),
        run,
        sides,
    };
    Ok(page.render()?)
}

fn subject(run: &Run) -> Vec<String> {
    vec![
        format!("{} mix", run.workload.name),
        format!("{} protocol, {} rounds", run.protocol.name, run.protocol.rounds),
        format!("{} cores", run.environment.cores),
        format!("commit {}", run.environment.commit.as_deref().unwrap_or("unknown")),
        format!("run {}", run.name),
    ]
}

fn chips(run: &Run, analysis: &Analysis) -> Vec<Chip> {
    let find = |name: &str| analysis.controls.iter().find(|control| control.name == name);
    let chip = |text: String, found: String, holds: bool| Chip {
        text,
        found,
        state: if holds { "ok" } else { "bad" },
        mark: if holds { "ok" } else { "no" },
    };
    let interval = |control: &Control| match (control.found, control.low, control.high) {
        (Some(estimate), Some(low), Some(high)) => Some(Interval { estimate, low, high }),
        _ => None,
    };
    let mut chips = Vec::new();
    for metric in Metric::all(&run.protocol).iter().take(2) {
        if let Some(control) = find(&format!("A/A {}", metric.label())) {
            let found = interval(control).map_or_else(|| "not measured".to_owned(), words::with_interval);
            chips.push(chip(
                format!("A/A {}", metric.label().split(',').next().unwrap_or_default()),
                found,
                control.holds,
            ));
        }
    }
    for name in ["known delay per request", "known CPU burn per request"] {
        if let Some(control) = find(name) {
            let expected = control.expected.map(number).unwrap_or_default();
            let found = control.found.map_or_else(|| "nothing".to_owned(), number);
            let unit = control.unit;
            chips.push(chip(format!("{expected} {unit} injected"), format!("found as {found} {unit}"), control.holds));
        }
    }
    if let Some(control) = find("lateness of the generator, p99") {
        let found = control.found.map(number).unwrap_or_default();
        chips.push(chip(
            "generator late by".to_owned(),
            format!("{found} ms (limit {LATENESS_LIMIT_MS})"),
            control.holds,
        ));
    }
    let wrong: Vec<&Control> =
        analysis.controls.iter().filter(|control| control.name.starts_with("wrong answers")).collect();
    let worst = wrong.iter().filter_map(|control| control.found).fold(0.0, f64::max);
    chips.push(chip(
        "answers wrong".to_owned(),
        format!("{} %", number(worst * 100.0)),
        wrong.iter().all(|control| control.holds),
    ));
    for (name, text) in [
        ("answers that differ between sides", "answers equal"),
        ("blocks after which an invariant did not hold", "invariants"),
    ] {
        if let Some(control) = find(name) {
            let found = match control.found {
                None => "not checked".to_owned(),
                Some(0.0) => "hold".to_owned(),
                Some(found) => format!("{found} broken"),
            };
            let found = if text == "answers equal" && control.holds {
                format!("{} compared", run.equality.answers)
            } else {
                found
            };
            chips.push(chip(text.to_owned(), found, control.holds));
        }
    }
    chips
}

fn answer(run: &Run, analysis: &Analysis, first: &str, side: &str) -> Answer {
    let tiles = Metric::all(&run.protocol)
        .into_iter()
        .filter(|metric| metric.headline)
        .filter_map(|metric| {
            let verdict = analysis.verdict(&metric.name(), side)?;
            let own =
                |side: &str| absolute(run, &metric, side).map_or_else(|| "–".to_owned(), |(mean, _)| number(mean));
            let (state, mark) = state(verdict.verdict);
            Some(Tile {
                label: metric.short_label(),
                ratio: verdict.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{}×", words::ratio(ratio))),
                interval: verdict.interval().map_or_else(|| "not measured in two rounds".to_owned(), words::bracket),
                verdict: verdict.verdict,
                state,
                mark,
                values: format!("{} → {} {}", own(first), own(side), metric.unit()),
                load: metric.load.as_deref().map(load_label).unwrap_or_default(),
            })
        })
        .collect();
    Answer { sentences: words::sentences(run, analysis, side), tiles }
}

/// The class of a verdict, and a mark that says the same without colour.
fn state(verdict: &str) -> (&'static str, &'static str) {
    match verdict {
        "costlier" | "slower" => ("bad", "▲"),
        "cheaper" | "faster" => ("good", "▼"),
        "no difference shown" => ("same", "="),
        _ => ("open", "?"),
    }
}
