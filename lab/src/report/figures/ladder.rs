//! Figure 2: the ladder from a function call to another process, one more thing per rung.

use super::canvas::{Canvas, Series};
use super::load::shortened;
use super::scale::{Scale, logarithmic_ticks};
use super::{Figure, NARROW};
use crate::archive::{Run, Rung};
use crate::report::words::number;

/// Draws the figure; none when the program gave no rungs.
pub(crate) fn ladder(run: &Run) -> Option<Figure> {
    let rungs = &run.ladder.rungs;
    rungs.first()?;
    let title = title(rungs);
    let label = title.clone();
    Some(Figure::draw(
        "2a",
        title,
        "Time per call, logarithmic; one thing more stands between caller and answer on each rung. Circle: wall-clock time with one \
         caller; square: CPU of both ends. The number behind a bar is what the rung adds to the one above it, or to the last one above that was cheaper.",
        |width| draw(width, rungs, &label),
    ))
}

fn title(rungs: &[Rung]) -> String {
    let first = &rungs[0];
    let largest =
        rungs.windows(2).max_by(|a, b| (a[1].wall_ns / a[0].wall_ns).total_cmp(&(b[1].wall_ns / b[0].wall_ns)));
    match largest {
        Some([before, after]) if after.wall_ns > before.wall_ns => format!(
            "A call takes {} on the rung “{}”; the largest step is “{}”, {} times as long: {}",
            duration(first.wall_ns),
            first.rung,
            after.rung,
            number(after.wall_ns / before.wall_ns),
            duration(after.wall_ns)
        ),
        _ => format!("A call takes {} on the rung “{}”", duration(first.wall_ns), first.rung),
    }
}

fn draw(width: f64, rungs: &[Rung], label: &str) -> String {
    let narrow = width <= NARROW;
    let row_height = if narrow { 44.0 } else { 40.0 };
    let content = row_height * rungs.len() as f64;
    let height = content + 46.0;
    let (left, right) = if narrow { (8.0, width - 12.0) } else { (198.0, width - 98.0) };
    let values = || rungs.iter().flat_map(|rung| [rung.wall_ns, rung.cpu_ns]).filter(|value| *value > 0.0);
    let low = values().fold(f64::INFINITY, f64::min).min(1.0);
    let high = values().fold(0.0, f64::max) * 1.3;
    let x = Scale::logarithmic((low, high), (left, right));
    let mut canvas = Canvas::new(width, height);
    let bottom = content + 6.0;
    let mut last_name = f64::NEG_INFINITY;
    for tick in logarithmic_ticks(low, high).into_iter().filter(|tick| is_power_of_ten(*tick)) {
        canvas.line("grid", (x.place(tick), 4.0), (x.place(tick), bottom));
        // Names that would touch are left out; their lines stay.
        if x.place(tick) - last_name < 42.0 {
            continue;
        }
        last_name = x.place(tick);
        canvas.text(
            "tick",
            (x.place(tick), bottom + 15.0),
            "middle",
            &duration(tick).replace(".00", "").replace(".0 ", " "),
        );
    }
    canvas.text("label", (f64::midpoint(left, right), height - 4.0), "middle", "time per call, logarithmic");
    for (index, rung) in rungs.iter().enumerate() {
        let middle = 6.0 + row_height * index as f64 + if narrow { 30.0 } else { row_height / 2.0 };
        let before = rungs[..index].iter().rev().map(|rung| rung.wall_ns).find(|wall| *wall <= rung.wall_ns);
        let from: f64 = before.unwrap_or(low);
        let (start, end) = (x.place(from.min(rung.wall_ns)), x.place(rung.wall_ns));
        canvas.rectangle("rung", (left, middle - 1.0), (start - left, 2.0));
        canvas.rectangle("added", (start, middle - 7.0), (end - start, 14.0));
        canvas.mark(Series(0), (end, middle - 3.5), 4.2);
        canvas.mark(Series(1), (x.place(rung.cpu_ns.max(low)), middle + 4.5), 3.8);
        let value = duration(rung.wall_ns);
        let more = before.map_or_else(String::new, |before| added(rung.wall_ns - before));
        if narrow {
            canvas.text("row", (4.0, middle - 14.0), "start", &rung.rung);
            canvas.text("value", (width - 4.0, middle - 14.0), "end", &format!("{value}  {more}"));
        } else {
            canvas.text("row", (left - 10.0, middle + 4.0), "end", &shortened(&rung.rung, 30));
            canvas.text("value", (right + 14.0, middle - 1.0), "start", &value);
            canvas.text("note", (right + 14.0, middle + 11.0), "start", &more);
        }
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

fn is_power_of_ten(value: f64) -> bool {
    (value.log10() - value.log10().round()).abs() < 1e-6
}

fn added(nanoseconds: f64) -> String {
    let sign = if nanoseconds < 0.0 { "−" } else { "+" };
    format!("{sign}{}", duration(nanoseconds.abs()))
}

/// Nanoseconds in the unit that suits them.
pub(crate) fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{} ns", number(n)),
        n if n < 1e6 => format!("{} µs", number(n / 1e3)),
        n => format!("{} ms", number(n / 1e6)),
    }
}
