//! The tables of a report: absolute values beside every ratio.

mod benefits;
mod edges;
mod forecasts;

use std::collections::BTreeMap;

pub(super) use benefits::{changes, growth, neighbours, restarts, sizes, survival};
pub(super) use edges::{edges, methods, waits};
pub(super) use forecasts::{forecasts, projections};

use super::figures::duration;
use super::focus;
use super::words::{bracket_number, number, with_interval};
use crate::analysis::{Analysis, Kind, Metric, absolute, load_label};
use crate::archive::{Part, Run};
use crate::side::Role;
use crate::statistics::{Interval, mean_interval};

/// A table; the first column is text, the others are numbers with their units in the head.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// One cell.
pub(super) struct Cell {
    pub(super) text: String,
    /// What to sort by, when it is not the text.
    pub(super) key: Option<f64>,
    /// A class: `ok`, `bad` or nothing.
    pub(super) state: &'static str,
    /// The interval, set smaller.
    pub(super) interval: String,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), key: None, state: "", interval: String::new() }
    }

    pub(super) fn number(value: f64) -> Self {
        Self { text: number(value), ..Self::keyed(value) }
    }

    /// An empty cell that sorts by a value.
    fn keyed(value: f64) -> Self {
        Self {
            text: String::new(),
            key: Some(value).filter(|value| value.is_finite()),
            state: "",
            interval: String::new(),
        }
    }

    /// A value with its interval, where there is one.
    pub(super) fn measured(found: Option<(f64, Option<Interval>)>) -> Self {
        match found {
            Some((mean, interval)) => {
                Self { interval: interval.map(bracket_number).unwrap_or_default(), ..Self::number(mean) }
            }
            None => Self::text("–"),
        }
    }

    /// A ratio with its interval.
    pub(super) fn ratio(interval: Option<Interval>) -> Self {
        match interval {
            Some(found) => Self {
                text: format!("{}×", super::words::ratio(found.estimate)),
                interval: super::words::bracket(found),
                ..Self::keyed(found.estimate)
            },
            None => Self::text("–"),
        }
    }

    /// Text that sorts by a value.
    pub(super) fn sorted(text: impl Into<String>, key: f64) -> Self {
        Self { text: text.into(), ..Self::keyed(key) }
    }

    pub(super) fn with_state(self, state: &'static str) -> Self {
        Self { state, ..self }
    }

    pub(super) fn with_interval(self, interval: impl Into<String>) -> Self {
        Self { interval: interval.into(), ..self }
    }

    pub(super) fn maybe(value: Option<f64>) -> Self {
        value.map_or_else(|| Self::text("–"), Self::number)
    }
}

/// A table with these heads.
pub(super) fn table(head: &[&str], rows: Vec<Vec<Cell>>) -> Table {
    Table { head: head.iter().map(|text| (*text).to_owned()).collect(), rows }
}

/// The trust panel in full.
pub(super) fn controls(analysis: &Analysis) -> Table {
    let row = |control: &crate::analysis::Control| {
        let found = match (control.found, control.low, control.high) {
            (Some(estimate), Some(low), Some(high)) => {
                let interval = Interval { estimate, low, high };
                if control.unit == "ratio" {
                    with_interval(interval)
                } else {
                    format!("{} {}", number(estimate), bracket_number(interval))
                }
            }
            (Some(found), _, _) => number(found),
            (None, _, _) => "not measured".to_owned(),
        };
        let (text, state) = match (control.holds, control.decides) {
            (true, _) => ("ok", "ok"),
            (false, true) => ("no: the verdicts may not be used", "bad"),
            (false, false) => ("no (shown, does not decide)", ""),
        };
        vec![
            Cell::text(control.name.clone()),
            Cell::text(control.unit),
            Cell::maybe(control.expected),
            Cell { key: control.found, ..Cell::text(found) },
            Cell::text(text).with_state(state),
        ]
    };
    // One row for each side's answers is too many where there are many sides: then the worst speaks for all.
    let is_wrong = |control: &&crate::analysis::Control| control.name.starts_with("wrong answers of ");
    let sides = analysis.controls.iter().filter(is_wrong).count();
    let worst = analysis
        .controls
        .iter()
        .filter(is_wrong)
        .max_by(|a, b| a.found.partial_cmp(&b.found).unwrap_or(std::cmp::Ordering::Equal));
    let mut rows = Vec::new();
    for control in &analysis.controls {
        if sides <= 6 || !is_wrong(&control) {
            rows.push(row(control));
        } else if worst.is_some_and(|worst| std::ptr::eq(worst, control)) {
            let mut cells = row(control);
            cells[0] = Cell::text(format!("{}, the worst of {sides} sides", control.name));
            rows.push(cells);
        }
    }
    table(&["control", "unit", "expected, or limit", "found [95 %]", "holds"], rows)
}

/// Every side against the first one, for runs with more sides than the first screen can hold.
pub(super) fn sides(run: &Run, analysis: &Analysis) -> Table {
    let metrics: Vec<Metric> = Metric::all(&run.protocol).into_iter().filter(|metric| metric.headline).collect();
    let mut head = vec!["side".to_owned()];
    head.extend(metrics.iter().map(Metric::label));
    let rows = run
        .compared()
        .skip(1)
        .filter(|_| focus::is_crowded(run))
        .map(|side| {
            let mut row = vec![Cell::text(side.name.clone())];
            row.extend(metrics.iter().map(|metric| {
                Cell::ratio(analysis.verdict(&metric.name(), &side.name).and_then(crate::analysis::Verdict::interval))
            }));
            row
        })
        .collect();
    Table { head, rows }
}

/// Every side at every load.
pub(super) fn loads(run: &Run) -> Table {
    let mut rows = Vec::new();
    for load in focus::loads(run) {
        for side in run.sides.iter().filter(|side| matches!(side.part, Part::Compared | Part::Again)) {
            let points: Vec<_> = run
                .blocks
                .iter()
                .filter(|block| block.side == side.name)
                .filter_map(|block| block.point(&load))
                .collect();
            if points.is_empty() {
                continue;
            }
            let mean = |value: &dyn Fn(&crate::archive::Point) -> f64| {
                points.iter().map(|point| value(point)).sum::<f64>() / points.len() as f64
            };
            let own = |kind| {
                let metric = Metric { kind, load: Some(load.clone()), headline: false };
                absolute(run, &metric, &side.name)
            };
            rows.push(vec![
                Cell::sorted(load_label(&load), focus::rank(&load)),
                Cell::text(side.name.clone()),
                Cell::maybe(points[0].offered_rps),
                Cell::number(mean(&|point| point.answered as f64 / arriving_seconds(run, point))),
                Cell::measured(own(Kind::CpuPerRequest)),
                Cell::measured(own(Kind::P50)),
                Cell::measured(own(Kind::P99)),
                Cell::number(100.0 * mean(&|point| point.failed as f64 / point.sent.max(1) as f64)),
                Cell::number(mean(&|point| {
                    point.switches.get(&Role::Side).copied().unwrap_or_default() as f64 / point.answered.max(1) as f64
                })),
                Cell::number(100.0 * mean(&|point| point.foreign_cpu_share)),
            ]);
        }
    }
    table(
        &[
            "load",
            "side",
            "offered, requests/s",
            "answered, requests/s",
            "CPU per request, µs",
            "p50, ms",
            "p99, ms",
            "failed, %",
            "context switches per request",
            "other work on the side's CPUs, %",
        ],
        rows,
    )
}

/// How long visitors arrived; the last ones are still on their way when that time is over.
fn arriving_seconds(run: &Run, point: &crate::archive::Point) -> f64 {
    let stretch = run.protocol.loads.iter().find(|load| load.percent.to_string() == point.load);
    stretch.map_or(point.seconds, |load| load.seconds).max(0.001)
}

/// The mix that was achieved at the headline load, with the latency of each request by side.
pub(super) fn requests(run: &Run) -> Table {
    let load = run.protocol.headline_load.to_string();
    let sides: Vec<&str> = focus::shown(run).into_iter().map(|(_, side)| side.name.as_str()).collect();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut medians: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for block in run.blocks.iter().filter(|block| sides.contains(&block.side.as_str())) {
        let Some(point) = block.point(&load) else { continue };
        for (name, figures) in &point.requests {
            *counts.entry(name).or_default() += figures.count;
            if figures.p50_ms > 0.0 {
                medians.entry((name, &block.side)).or_default().push(figures.p50_ms);
            }
        }
    }
    let total: u64 = counts.values().sum();
    let rows = counts
        .iter()
        .map(|(name, count)| {
            let mut row = vec![
                Cell::text(*name),
                Cell::number(*count as f64),
                Cell::number(100.0 * *count as f64 / total.max(1) as f64),
            ];
            for side in &sides {
                let values = medians.get(&(*name, *side));
                row.push(Cell::measured(
                    values.map(|values| (values.iter().sum::<f64>() / values.len() as f64, mean_interval(values))),
                ));
            }
            row
        })
        .collect();
    let mut head = vec!["request".to_owned(), "answers".to_owned(), "share, %".to_owned()];
    head.extend(sides.iter().map(|side| format!("p50 from {side}, ms")));
    Table { head, rows }
}

/// The rungs in numbers.
pub(super) fn ladder(run: &Run) -> Table {
    let row = |rung: &crate::archive::Rung| {
        vec![
            Cell::text(rung.rung.clone()),
            Cell::sorted(duration(rung.wall_ns), rung.wall_ns),
            Cell::sorted(duration(rung.cpu_ns), rung.cpu_ns),
            rung.cpu_64_ns.map_or_else(|| Cell::text("–"), |cpu| Cell::sorted(duration(cpu), cpu)),
            Cell::maybe(rung.bytes),
            Cell::maybe(rung.wire_bytes),
            Cell::maybe(rung.switches),
        ]
    };
    table(
        &[
            "rung",
            "time per call, one caller",
            "CPU of both ends per call",
            "the same, 64 callers at a time",
            "bytes of question and answer",
            "bytes on the connection",
            "context switches per call",
        ],
        run.ladder.rungs.iter().map(row).collect(),
    )
}

/// The rungs with the whole workload on them.
pub(super) fn workload_rungs(run: &Run) -> Table {
    let mean = |values: &[f64]| {
        (!values.is_empty()).then(|| (values.iter().sum::<f64>() / values.len() as f64, mean_interval(values)))
    };
    let row = |rung: &crate::archive::WorkloadRung| {
        vec![
            Cell::text(rung.rung.clone()),
            Cell::measured(mean(&rung.cpu_us)),
            Cell::measured(mean(&rung.p50_ms)),
            Cell::maybe(rung.bytes),
            Cell::maybe(rung.switches),
        ]
    };
    table(
        &[
            "rung",
            "CPU per request, µs",
            "p50, ms",
            "bytes between modules per request",
            "context switches per request",
        ],
        run.ladder.workload.iter().map(row).collect(),
    )
}

/// What each side takes of the machine, with what is counted apart.
pub(super) fn resources(run: &Run) -> Table {
    let load = run.protocol.headline_load.to_string();
    let mut rows = Vec::new();
    for side in run.sides.iter().filter(|side| matches!(side.part, Part::Compared | Part::Again)) {
        let blocks: Vec<_> = run.blocks.iter().filter(|block| block.side == side.name).collect();
        if blocks.is_empty() {
            continue;
        }
        let mean = |value: &dyn Fn(&crate::archive::Block) -> f64| {
            blocks.iter().map(|block| value(block)).sum::<f64>() / blocks.len() as f64
        };
        let spread = |value: &dyn Fn(&crate::archive::Block) -> Option<f64>| {
            let values: Vec<f64> = blocks.iter().filter_map(|block| value(block)).collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            Cell::measured((!values.is_empty()).then(|| (mean, mean_interval(&values))))
        };
        let cpu = |role: Role| {
            spread(&|block| {
                let point = block.point(&load)?;
                let cpu = point.cpu_ns.get(&role).copied().unwrap_or_default();
                Some(cpu as f64 / 1000.0 / point.answered.max(1) as f64)
            })
        };
        let memory = |role: Role| {
            spread(&|block| {
                let of_role = block.processes.iter().filter(|process| process.role == role);
                Some(of_role.map(|process| process.pss_bytes).sum::<u64>() as f64 / (1024.0 * 1024.0))
            })
        };
        let count = mean(&|block| block.processes.iter().filter(|process| process.role == Role::Side).count() as f64);
        let generator = spread(&|block| {
            let point = block.point(&load)?;
            Some(point.generator_cpu_ns as f64 / 1000.0 / point.answered.max(1) as f64)
        });
        rows.push(vec![
            Cell::text(side.name.clone()),
            Cell::sorted(format!("{count:.0}"), count),
            cpu(Role::Side),
            memory(Role::Side),
            spread(&|block| Some(block.ready_ms)),
            cpu(Role::Supervisor),
            memory(Role::Supervisor),
            cpu(Role::Provider),
            generator,
        ]);
    }
    table(
        &[
            "side",
            "processes",
            "CPU per request, µs",
            "memory (PSS), MiB",
            "ready after, ms",
            "apart: supervisor's CPU, µs",
            "apart: supervisor's memory, MiB",
            "apart: payment provider's CPU, µs",
            "apart: generator's CPU, µs",
        ],
        rows,
    )
}

/// CPU in milliseconds and memory in MiB of one process, block by block.
type Sizes = (Vec<f64>, Vec<f64>);

/// Every process of the compared sides.
pub(super) fn processes(run: &Run) -> Table {
    let mut sums: BTreeMap<(usize, Role, &str), Sizes> = BTreeMap::new();
    let sides: Vec<&str> = run.compared().map(|side| side.name.as_str()).collect();
    for block in &run.blocks {
        let Some(side) = sides.iter().position(|side| *side == block.side) else { continue };
        for process in &block.processes {
            let sum = sums.entry((side, process.role, &process.command)).or_default();
            sum.0.push(process.cpu_ns as f64 / 1e6);
            sum.1.push(process.pss_bytes as f64 / (1024.0 * 1024.0));
        }
    }
    let rows = sums
        .iter()
        .map(|((side, role, command), (cpu, memory))| {
            let role = match role {
                Role::Side => "side",
                Role::Supervisor => "supervisor, apart",
                Role::Provider => "payment provider, apart",
                Role::Network => "delaying network, apart",
            };
            let mean = |values: &[f64]| {
                Cell::measured(Some((values.iter().sum::<f64>() / values.len() as f64, mean_interval(values))))
            };
            vec![Cell::text(sides[*side]), Cell::text(*command), Cell::text(role), mean(cpu), mean(memory)]
        })
        .collect();
    table(&["side", "process", "booked as", "CPU per block, ms", "memory (PSS), MiB"], rows)
}
