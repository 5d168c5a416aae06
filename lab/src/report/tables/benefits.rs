//! What a split may buy, in numbers.

use super::{Cell, Table, table};
use crate::archive::Run;
use crate::report::figures::fault_words;
use crate::report::figures::grown_words;
use crate::report::survival::{self, Share};
use crate::report::words::{number, percent};
use crate::statistics::Interval;

/// Every fault on every side, with what came of the journeys.
pub(in crate::report) fn survival(run: &Run) -> Table {
    let rows = run.benefits.survival.iter().map(|record| {
        let share = survival::of_record(record);
        let (alive, kinds) = survival::surviving_kinds(record);
        let back = record.recovered_after_s.map_or_else(|| Cell::text("not while watched"), Cell::number);
        let books = match record.books_balance {
            Some(true) => Cell::text("yes").with_state("ok"),
            Some(false) => Cell::text("no").with_state("bad"),
            None => Cell::text("not checked"),
        };
        vec![
            Cell::text(record.side.clone()),
            Cell::text(record.module.clone()),
            Cell::text(fault_words(record.fault)),
            Cell::sorted(format!("{alive} of {kinds}"), alive as f64 / kinds.max(1) as f64),
            share_cell(share),
            Cell::number(share.begun as f64),
            Cell::number(record.lasted_s),
            back,
            books,
        ]
    });
    table(
        &[
            "side",
            "module",
            "fault",
            "kinds of journeys that survive",
            "journeys that survive, % [95 %]",
            "begun",
            "fault lasted, s",
            "goodput back after, s",
            "books balance",
        ],
        rows.collect(),
    )
}

fn share_cell(share: Share) -> Cell {
    match (share.value(), share.interval()) {
        (Some(value), Some((low, high))) => {
            Cell::number(value * 100.0).with_interval(format!("[{}, {}]", number(low * 100.0), number(high * 100.0)))
        }
        _ => Cell::text("none begun"),
    }
}

/// The noisy neighbour.
pub(in crate::report) fn neighbours(run: &Run) -> Table {
    let rows = run.benefits.neighbours.iter().map(|record| {
        vec![
            Cell::text(record.side.clone()),
            Cell::text(record.noisy.clone()),
            Cell::number(record.quiet_p99_ms),
            Cell::number(record.noisy_p99_ms),
            times(record.noisy_p99_ms, record.quiet_p99_ms),
            Cell::number(record.failed_share * 100.0),
        ]
    });
    table(
        &["side", "flood of", "p99 of the others before, ms", "during, ms", "times", "failed of the others, %"],
        rows.collect(),
    )
}

fn times(now: f64, before: f64) -> Cell {
    let times = now / before;
    if times.is_finite() { Cell::sorted(format!("{}×", number(times)), times) } else { Cell::text("–") }
}

/// What growing brought.
pub(in crate::report) fn growth(run: &Run) -> Table {
    let rows = run.benefits.scaling.iter().map(|record| {
        let mib = record.pss_bytes as f64 / (1024.0 * 1024.0);
        vec![
            Cell::text(record.side.clone()),
            Cell::text(grown_words(&record.grown)),
            Cell::text(record.popularity.clone()),
            Cell::number(record.cores as f64),
            Cell::number(record.capacity_rps),
            Cell::number(record.capacity_rps / record.cores.max(1) as f64),
            Cell::number(mib),
        ]
    });
    table(
        &[
            "side",
            "grown",
            "visitors choose",
            "cores",
            "capacity, requests/s",
            "per core, requests/s",
            "memory (PSS), MiB",
        ],
        rows.collect(),
    )
}

/// From a changed file to a visitor.
pub(in crate::report) fn changes(run: &Run) -> Table {
    let rows = run.benefits.changes.iter().map(|record| {
        vec![
            Cell::text(record.module.clone()),
            Cell::text(record.changed.clone()),
            Cell::text(record.shape.clone()),
            Cell::number(record.build_s),
            Cell::number(record.restart_s),
            Cell::number(record.build_s + record.restart_s),
            Cell::sorted(record.binaries.to_string(), f64::from(record.binaries)),
        ]
    });
    table(
        &["module", "changed", "built as", "build, s", "restart, s", "until serving, s", "binaries built again"],
        rows.collect(),
    )
}

/// What restarts cost.
pub(in crate::report) fn restarts(run: &Run) -> Table {
    let rows = run.benefits.restarts.iter().map(|record| {
        let kept = Share { survived: record.sent.saturating_sub(record.lost), begun: record.sent };
        let lost = kept.interval().map_or_else(String::new, |(low, high)| {
            let interval = Interval { estimate: 0.0, low: 1.0 - high, high: 1.0 - low };
            format!("[{}, {}]", number(interval.low * 100.0), number(interval.high * 100.0))
        });
        let share = record.lost as f64 / record.sent.max(1) as f64;
        vec![
            Cell::text(record.side.clone()),
            Cell::text(record.restarted.clone()),
            Cell::number(record.sent as f64),
            Cell::sorted(record.lost.to_string(), record.lost as f64),
            Cell::sorted(percent(share), share).with_interval(lost),
            Cell::number(record.away_s),
        ]
    });
    table(&["side", "restarted", "requests sent meanwhile", "lost", "share lost [95 %]", "away for, s"], rows.collect())
}

/// What each process is to start and to hold.
pub(in crate::report) fn sizes(run: &Run) -> Table {
    let rows = run.benefits.processes.iter().map(|record| {
        vec![
            Cell::text(record.side.clone()),
            Cell::text(record.group.clone()),
            Cell::number(record.binary_bytes as f64 / 1e6),
            Cell::number(record.pss_bytes as f64 / (1024.0 * 1024.0)),
            Cell::number(record.ready_ms),
        ]
    });
    table(&["side", "process", "program file, MB", "memory at rest (PSS), MiB", "ready after, ms"], rows.collect())
}
