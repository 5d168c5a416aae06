//! `report.html`: one file for people, which opens offline, prints, and fits a phone.

use askama::Template;

use super::figures::{
    Figure, change, forecast, forest, frontier, goodput, growth, heat, ladder, latency_against_load, percentiles,
    rungs_under_workload, shares,
};
use super::forecast::{foretold, median_added_error, median_error};
use super::tables::{self, Table};
use super::words::{self, Sentence, number};
use super::{edges, focus, limits, modules};
use crate::analysis::{Analysis, Company, Control, LATENESS_LIMIT_MS, Metric, absolute, load_label};
use crate::archive::Run;
use crate::statistics::Interval;

/// The page; the template holds the layout, this the words.
#[derive(Template)]
#[template(path = "lab/report.html")]
struct Page<'p> {
    run: &'p Run,
    sides: Vec<String>,
    against: String,
    subject: Vec<String>,
    valid: bool,
    reasons: &'p [String],
    chips: Vec<Chip>,
    answers: Vec<Answer>,
    only_cost: Option<&'static str>,
    modules: Table,
    ran: Vec<(&'static str, String)>,
    controls: Table,
    sides_table: Table,
    loads: Table,
    requests: Table,
    ladder_table: Table,
    workload_rungs: Table,
    ladder_notes: &'p [String],
    resources: Table,
    processes: Table,
    growth_table: Table,
    survival: Table,
    neighbours: Table,
    changes: Table,
    restarts: Table,
    sizes: Table,
    forecasts: Table,
    forecast_words: Vec<String>,
    projections: Table,
    edges: Table,
    edge_words: Option<String>,
    methods: Table,
    waits: Table,
    figures: Figures,
    left_out: Vec<(&'static str, String)>,
    limits: Vec<String>,
    redo: String,
}

/// The figures of the plan, each where the run has data for it.
struct Figures {
    load: Option<Figure>,
    ladder: Option<Figure>,
    rungs: Option<Figure>,
    forest: Option<Figure>,
    percentiles: Option<Figure>,
    heat: Option<Figure>,
    goodput: Option<Figure>,
    forecast: Option<Figure>,
    shares: Option<Figure>,
    growth: Option<Figure>,
    frontier: Option<Figure>,
    change: Option<Figure>,
}

impl Figures {
    fn of(run: &Run, analysis: &Analysis) -> Self {
        Self {
            load: latency_against_load(run),
            ladder: ladder(run),
            rungs: rungs_under_workload(run),
            forest: forest(run, analysis),
            percentiles: percentiles(run),
            heat: heat(run),
            goodput: goodput(run),
            forecast: forecast(run),
            shares: shares(run),
            growth: growth(run),
            frontier: frontier(run),
            change: change(run),
        }
    }

    /// What is not drawn, by its number in the plan and in words.
    fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            (&self.load, "1", "latency against load"),
            (&self.ladder, "2a", "the ladder"),
            (&self.rungs, "2b", "the ladder under the workload"),
            (&self.forest, "3", "ratios with intervals"),
            (&self.percentiles, "4", "percentiles"),
            (&self.heat, "5a", "faults and journeys"),
            (&self.goodput, "5b", "goodput over time"),
            (&self.forecast, "6", "predicted against measured"),
            (&self.shares, "7", "where the CPU goes"),
            (&self.growth, "8", "growth at equal cores"),
            (&self.frontier, "9", "cost against survival"),
            (&self.change, "10", "change to serving"),
        ];
        all.into_iter().filter(|(figure, ..)| figure.is_none()).map(|(_, number, words)| (number, words)).collect()
    }
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
    side: String,
    sentences: Vec<Sentence>,
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
    let figures = Figures::of(run, analysis);
    let page = Page {
        subject: subject(run),
        against: focus::against(run),
        valid: analysis.valid,
        reasons: &analysis.reasons,
        chips: chips(run, analysis),
        answers: answered(run).iter().map(|side| answer(run, analysis, &sides[0], side)).collect(),
        only_cost: words::only_cost(run),
        modules: modules::table_of(run, analysis, &crate::advise::modules(run)),
        ran: limits::what_ran(run),
        controls: tables::controls(analysis),
        sides_table: tables::sides(run, analysis),
        loads: tables::loads(run),
        requests: tables::requests(run),
        ladder_table: tables::ladder(run),
        workload_rungs: tables::workload_rungs(run),
        ladder_notes: &run.ladder.notes,
        resources: tables::resources(run),
        processes: tables::processes(run),
        growth_table: tables::growth(run),
        survival: tables::survival(run),
        neighbours: tables::neighbours(run),
        changes: tables::changes(run),
        restarts: tables::restarts(run),
        sizes: tables::sizes(run),
        forecasts: tables::forecasts(run),
        forecast_words: forecast_words(run),
        projections: tables::projections(run),
        edges: tables::edges(run),
        edge_words: edge_words(run),
        methods: tables::methods(run),
        waits: tables::waits(run),
        left_out: limits::left_out(run, &figures.missing()),
        figures,
        limits: limits::limits(run),
        redo: limits::redo(run),
        run,
        sides,
    };
    Ok(page.render()?)
}

/// The sides that have sentences and tiles of their own: all of a few, else the one that is split the most.
fn answered(run: &Run) -> Vec<String> {
    focus::shown(run).into_iter().filter(|(index, _)| *index > 0).map(|(_, side)| side.name.clone()).collect()
}

/// What the predictions rest on, and how far off they were.
fn forecast_words(run: &Run) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(price) = &run.predictions.price {
        words.push(format!(
            "Foretold from the first side alone: every call that would leave its process is charged {} µs of CPU and {} µs of time with one \
             caller, {} µs of CPU with 64 callers at a time, and {} ns for each byte ({}).",
            number(price.cpu_ns / 1000.0),
            number(price.wall_ns / 1000.0),
            number(price.cpu_64_ns / 1000.0),
            number(price.cpu_ns_per_byte),
            price.source.trim_end_matches('.')
        ));
    }
    let rows = foretold(run);
    let cpu = || rows.iter().filter(|row| row.metric.starts_with("cpu_per_request"));
    if let Some(whole) = median_error(cpu()) {
        let added = median_added_error(cpu()).map_or_else(
            || "no split adds more than 5 % of CPU, so the error of what it adds is not judged".to_owned(),
            |added| format!("of what the splits add, where that is more than 5 %, by {}", words::percent(added)),
        );
        words.push(format!("CPU per request was missed by {} in the median; {added}.", words::percent(whole)));
    }
    words
}

/// Which edges are the cheapest and the dearest to cut.
fn edge_words(run: &Run) -> Option<String> {
    let first = run.compared().next()?;
    let edges = edges::edges(edges::pass_of(run, &first.name).or_else(|| run.accounts.passes.first())?);
    let telling = |edge: &&edges::Edge| edge.calls > 0;
    let price = |edge: &edges::Edge| edge.price_of_cut_us(run).unwrap_or_else(|| edge.calls_per_request());
    let dearest = edges.iter().filter(telling).max_by(|a, b| price(a).total_cmp(&price(b)))?;
    let cheapest = edges.iter().filter(telling).min_by(|a, b| price(a).total_cmp(&price(b)))?;
    let say = |edge: &edges::Edge| {
        let cost = edge.price_of_cut_us(run).map_or_else(String::new, |us| format!(", {} µs of CPU", number(us)));
        format!("{} → {} ({} calls per request{cost})", edge.caller, edge.callee, number(edge.calls_per_request()))
    };
    Some(format!("Cheapest to cut is {}; dearest {}.", say(cheapest), say(dearest)))
}

fn subject(run: &Run) -> Vec<String> {
    vec![
        format!("{} mix", run.workload.name),
        format!("{} protocol, {} rounds", run.protocol.name, run.protocol.measured_rounds()),
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
    if let Some(taken) = Company::of(&run.blocks).in_words() {
        chips.push(chip("taken by other work".to_owned(), taken, false));
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
    Answer { side: side.to_owned(), sentences: words::sentences(run, analysis, side), tiles }
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
