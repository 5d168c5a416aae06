//! The tables of a report: absolute values beside every ratio.

use std::collections::BTreeMap;

use super::figures::duration;
use super::words::{number, with_interval};
use crate::analysis::{Analysis, Kind, Metric, absolute, load_label};
use crate::archive::{Part, Run};
use crate::side::Role;
use crate::statistics::Interval;

/// A table; the first column is text, the others are numbers with their units in the head.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One cell.
pub(super) struct Cell {
    pub(super) text: String,
    /// What to sort by, when it is not the text.
    pub(super) key: Option<f64>,
    /// A class: `ok`, `bad` or nothing.
    pub(super) state: &'static str,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), key: None, state: "" }
    }

    fn number(value: f64) -> Self {
        Self { text: number(value), key: Some(value), state: "" }
    }

    fn maybe(value: Option<f64>) -> Self {
        value.map_or_else(|| Self::text("–"), Self::number)
    }
}

fn table(head: &[&str], rows: Vec<Vec<Cell>>) -> Table {
    Table { head: head.iter().map(|text| (*text).to_owned()).collect(), rows }
}

/// The trust panel in full.
pub(super) fn controls(analysis: &Analysis) -> Table {
    let row = |control: &crate::analysis::Control| {
        let found = match (control.found, control.low, control.high) {
            (Some(estimate), Some(low), Some(high)) if control.unit == "ratio" => {
                with_interval(Interval { estimate, low, high })
            }
            (Some(found), Some(low), Some(high)) => format!("{} [{}, {}]", number(found), number(low), number(high)),
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
            Cell { text: found, key: control.found, state: "" },
            Cell { text: text.to_owned(), key: None, state },
        ]
    };
    table(
        &["control", "unit", "expected, or limit", "found [95 %]", "holds"],
        analysis.controls.iter().map(row).collect(),
    )
}

/// Every side at every load.
pub(super) fn loads(run: &Run) -> Table {
    let mut rows = Vec::new();
    for load in crate::analysis::loads(&run.protocol) {
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
                absolute(run, &metric, &side.name).map(|(mean, _)| mean)
            };
            rows.push(vec![
                Cell::text(load_label(&load)),
                Cell::text(side.name.clone()),
                Cell::maybe(points[0].offered_rps),
                Cell::number(mean(&|point| point.answered as f64 / arriving_seconds(run, point))),
                Cell::maybe(own(Kind::CpuPerRequest)),
                Cell::maybe(own(Kind::P50)),
                Cell::maybe(own(Kind::P99)),
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
    let sides: Vec<&str> = run.compared().map(|side| side.name.as_str()).collect();
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
                row.push(Cell::maybe(values.map(|values| values.iter().sum::<f64>() / values.len() as f64)));
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
            Cell { text: duration(rung.wall_ns), key: Some(rung.wall_ns), state: "" },
            Cell { text: duration(rung.cpu_ns), key: Some(rung.cpu_ns), state: "" },
            Cell { text: rung.cpu_64_ns.map_or_else(|| "–".to_owned(), duration), key: rung.cpu_64_ns, state: "" },
        ]
    };
    table(
        &["rung", "time per call, one caller", "CPU of both ends per call", "the same, 64 callers at a time"],
        run.ladder.rungs.iter().map(row).collect(),
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
        let cpu = |role: Role| {
            mean(&|block| {
                let Some(point) = block.point(&load) else { return 0.0 };
                point.cpu_ns.get(&role).copied().unwrap_or_default() as f64 / 1000.0 / point.answered.max(1) as f64
            })
        };
        let memory = |role: Role| {
            mean(&|block| {
                let of_role = block.processes.iter().filter(|process| process.role == role);
                of_role.map(|process| process.pss_bytes).sum::<u64>() as f64 / (1024.0 * 1024.0)
            })
        };
        let count = mean(&|block| block.processes.iter().filter(|process| process.role == Role::Side).count() as f64);
        let generator = mean(&|block| {
            block
                .point(&load)
                .map_or(0.0, |point| point.generator_cpu_ns as f64 / 1000.0 / point.answered.max(1) as f64)
        });
        rows.push(vec![
            Cell::text(side.name.clone()),
            Cell { text: format!("{count:.0}"), key: Some(count), state: "" },
            Cell::number(cpu(Role::Side)),
            Cell::number(memory(Role::Side)),
            Cell::number(mean(&|block| block.ready_ms)),
            Cell::number(cpu(Role::Supervisor)),
            Cell::number(memory(Role::Supervisor)),
            Cell::number(cpu(Role::Provider)),
            Cell::number(generator),
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

/// Every process of the compared sides.
pub(super) fn processes(run: &Run) -> Table {
    let mut sums: BTreeMap<(usize, Role, &str), (f64, f64, u32)> = BTreeMap::new();
    let sides: Vec<&str> = run.compared().map(|side| side.name.as_str()).collect();
    for block in &run.blocks {
        let Some(side) = sides.iter().position(|side| *side == block.side) else { continue };
        for process in &block.processes {
            let sum = sums.entry((side, process.role, &process.command)).or_default();
            sum.0 += process.cpu_ns as f64 / 1e6;
            sum.1 += process.pss_bytes as f64 / (1024.0 * 1024.0);
            sum.2 += 1;
        }
    }
    let rows = sums
        .iter()
        .map(|((side, role, command), (cpu, memory, count))| {
            let role = match role {
                Role::Side => "side",
                Role::Supervisor => "supervisor, apart",
                Role::Provider => "payment provider, apart",
            };
            let mean = |sum: &f64| Cell::number(sum / f64::from(*count));
            vec![Cell::text(sides[*side]), Cell::text(*command), Cell::text(role), mean(cpu), mean(memory)]
        })
        .collect();
    table(&["side", "process", "booked as", "CPU per block, ms", "memory (PSS), MiB"], rows)
}
