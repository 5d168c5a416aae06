//! Figure 8: what growing brings at equal cores, and what it takes of memory, for even and uneven visitors.

use super::canvas::{Canvas, Series};
use super::load::number_short;
use super::scale::{Scale, linear_ticks};
use super::{Figure, NARROW};
use crate::archive::{Run, ScalingRecord};
use crate::report::words::number;

struct Row<'r> {
    name: String,
    series: Series,
    records: Vec<&'r ScalingRecord>,
}

/// A panel: its name, where it is, and what of a record it shows.
type Panel = (&'static str, (f64, f64), fn(&ScalingRecord) -> f64);

/// Draws the figure; none when nothing was grown.
pub(crate) fn growth(run: &Run) -> Option<Figure> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for record in run.benefits.scaling.iter().filter(|record| record.cores > 0 && record.capacity_rps.is_finite()) {
        let name = format!("{}: {}", record.side, grown_words(&record.grown));
        let index = run.compared().position(|side| side.name == record.side).unwrap_or(4);
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.records.push(record),
            None => rows.push(Row { name, series: Series(index), records: vec![record] }),
        }
    }
    let best = rows.iter().flat_map(|row| row.records.iter().map(move |record| (row, record)));
    let (row, best) = best.max_by(|a, b| per_core(a.1).total_cmp(&per_core(b.1)))?;
    let title = format!(
        "At equal cores, {} carries the most: {} requests per second and core, with {} MiB",
        row.name.replace(": as it is", " as it is").replace(": ", " with "),
        number(per_core(best)),
        number(memory_mib(best))
    );
    let label = title.clone();
    Some(Figure::draw(
        "8",
        title,
        "Left: goodput per core, the capacity divided by the cores that all processes shared. Right: proportional set size of all \
         processes. Full marks: every product drawn alike; hollow: few products drawn most (Zipf). Each was searched for once, so there \
         is no interval.",
        |width| draw(width, &rows, &label),
    ))
}

fn per_core(record: &ScalingRecord) -> f64 {
    record.capacity_rps / record.cores as f64
}

fn memory_mib(record: &ScalingRecord) -> f64 {
    record.pss_bytes as f64 / (1024.0 * 1024.0)
}

/// `everything x 2` as people write it.
pub(crate) fn grown_words(grown: &str) -> String {
    match grown {
        "" | "nothing" => "as it is".to_owned(),
        grown => grown.replace(" x ", " × "),
    }
}

fn draw(width: f64, rows: &[Row<'_>], label: &str) -> String {
    let narrow = width <= NARROW;
    let row_height = 60.0;
    let top = 30.0;
    let bottom = top + row_height * rows.len() as f64;
    let mut canvas = Canvas::new(width, bottom + 40.0);
    let middle = width / 2.0;
    let panels: [Panel; 2] = [
        ("requests/s per core", (0.0, middle - 18.0), per_core),
        ("memory, MiB", (middle + 14.0, width - 12.0), memory_mib),
    ];
    for (index, row) in rows.iter().enumerate() {
        canvas.text("row", (0.0, top + row_height * index as f64 + 10.0), "start", &row.name);
    }
    for (name, across, value) in panels {
        let most =
            rows.iter().flat_map(|row| row.records.iter().map(|record| value(record))).fold(0.0, f64::max) * 1.12;
        let x = Scale::linear((0.0, most), across);
        canvas.text("heading", (across.0, 12.0), "start", name);
        for tick in linear_ticks(most, if narrow { 2 } else { 3 }) {
            canvas.line("grid", (x.place(tick), top), (x.place(tick), bottom));
            canvas.text(
                "tick",
                (x.place(tick), bottom + 15.0),
                if tick == 0.0 { "start" } else { "middle" },
                &number_short(tick),
            );
        }
        for (index, row) in rows.iter().enumerate() {
            let y = top + row_height * index as f64 + 27.0;
            let values: Vec<f64> = row.records.iter().map(|record| value(record)).collect();
            let longest = values.iter().copied().fold(0.0, f64::max);
            canvas.line("axis", (x.place(0.0), y), (x.place(longest), y));
            for (record, value) in row.records.iter().zip(&values) {
                let at = (x.place(*value), y);
                if record.popularity == "uniform" {
                    canvas.mark(row.series, at, 4.6);
                } else {
                    canvas.hollow_mark(row.series, at, 4.6);
                }
            }
            let text: Vec<String> = values.iter().map(|value| number(*value)).collect();
            let mut distinct = text.clone();
            distinct.dedup();
            let at = (x.place(longest), y + 16.0);
            canvas.text("note", at, "end", &distinct.join(" · "));
        }
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}
