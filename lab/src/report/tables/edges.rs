//! The edges between modules, and what each request waits for.

use super::{Cell, Table, table};
use crate::analysis::load_label;
use crate::archive::{Run, TracedPass};
use crate::report::edges::{self, Edge};
use crate::report::figures::duration;
use crate::report::words::percent;

/// The edges of the traced passes, summed over methods; the dearest to cut first.
pub(in crate::report) fn edges(run: &Run) -> Table {
    let mut rows: Vec<(f64, Vec<Cell>)> = Vec::new();
    for pass in &run.accounts.passes {
        rows.extend(edges::edges(pass).iter().map(|edge| (edge.calls_per_request(), row(run, pass, edge))));
    }
    table(
        &[
            "edge",
            "side",
            "calls per request",
            "attempts per call",
            "leave the process, %",
            "bytes per call",
            "serialise, µs",
            "queue, µs",
            "wire, µs",
            "handler, µs",
            "deserialise, µs",
            "if cut, µs of CPU per request",
        ],
        rows.into_iter().map(|(_, row)| row).collect(),
    )
}

fn row(run: &Run, pass: &TracedPass, edge: &Edge) -> Vec<Cell> {
    let time = |nanoseconds: u64| {
        if nanoseconds == 0 { Cell::text("–") } else { Cell::number(edge.us_per_call(nanoseconds)) }
    };
    let calls = edge.calls.max(1) as f64;
    vec![
        Cell::text(format!("{} → {}", edge.caller, edge.callee)),
        Cell::text(format!("{}, {}", pass.side, load_label(&pass.load))),
        Cell::number(edge.calls_per_request()),
        Cell::sorted(format!("{:.3}", edge.attempts as f64 / calls), edge.attempts as f64 / calls),
        Cell::number(100.0 * edge.hops as f64 / calls),
        Cell::number(edge.bytes as f64 / calls),
        time(edge.time.serialise_ns),
        time(edge.time.queue_ns),
        time(edge.time.wire_ns),
        time(edge.time.handler_ns),
        time(edge.time.deserialise_ns),
        Cell::maybe(edge.price_of_cut_us(run)),
    ]
}

/// The same by request and method.
pub(in crate::report) fn methods(run: &Run) -> Table {
    let mut rows = Vec::new();
    for pass in &run.accounts.passes {
        for record in &pass.edges {
            let requests = pass.requests.get(&record.request).copied().unwrap_or_default();
            let per_request = (requests > 0).then(|| record.calls as f64 / requests as f64);
            let calls = record.calls.max(1) as f64;
            let time = record.time;
            let all = time.serialise_ns + time.queue_ns + time.wire_ns + time.handler_ns + time.deserialise_ns;
            rows.push(vec![
                Cell::text(record.request.clone()),
                Cell::text(format!("{} → {}.{}", record.caller, record.callee, record.method)),
                Cell::text(format!("{}, {}", pass.side, load_label(&pass.load))),
                Cell::number(record.calls as f64),
                Cell::maybe(per_request),
                Cell::number(record.question_bytes as f64 / calls),
                Cell::number(record.answer_bytes as f64 / calls),
                Cell::number(all as f64 / 1000.0 / calls),
            ]);
        }
    }
    table(
        &[
            "request",
            "call",
            "side",
            "calls",
            "per request",
            "bytes of the question",
            "bytes of the answer",
            "time per call, µs",
        ],
        rows,
    )
}

/// What each request waits for: the parts of its critical path.
pub(in crate::report) fn waits(run: &Run) -> Table {
    let mut rows = Vec::new();
    for pass in &run.accounts.passes {
        for path in &pass.paths {
            let share = |nanoseconds: f64| percent(nanoseconds / path.mean_ns.max(1.0));
            let way: f64 = path.steps.iter().map(|step| step.way_ns).sum();
            let steps: Vec<String> = path
                .steps
                .iter()
                .filter(|step| step.own_ns + step.way_ns >= 0.02 * path.mean_ns)
                .take(5)
                .map(|step| match &step.method {
                    Some(method) => format!("{}.{method} {}", step.module, share(step.own_ns + step.way_ns)),
                    None => format!("{} itself {}", step.module, share(step.own_ns + step.way_ns)),
                })
                .collect();
            rows.push(vec![
                Cell::text(path.request.clone()),
                Cell::text(steps.join(" · ")),
                Cell::text(format!("{}, {}", pass.side, load_label(&pass.load))),
                Cell::sorted(duration(path.mean_ns), path.mean_ns),
                Cell::sorted(share(way), way / path.mean_ns.max(1.0)),
                Cell::number(path.requests as f64),
            ]);
        }
    }
    table(&["request", "waits for, the most first", "side", "in the mean", "on the way", "traced"], rows)
}
