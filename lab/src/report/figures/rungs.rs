//! Figure 2b: the whole workload on each rung of the ladder, with what the rung adds to a request.

use super::canvas::{Canvas, Series};
use super::load::{number_short, shortened};
use super::scale::{Scale, linear_ticks};
use super::{Figure, NARROW};
use crate::archive::Run;
use crate::report::words::{number, percent};
use crate::statistics::{Interval, mean_interval};

struct Step {
    rung: String,
    cpu: Interval,
    p50: Option<Interval>,
}

/// Draws the figure; none when the workload did not climb the ladder.
pub(crate) fn rungs_under_workload(run: &Run) -> Option<Figure> {
    let steps: Vec<Step> = run
        .ladder
        .workload
        .iter()
        .filter_map(|rung| {
            Some(Step { rung: rung.rung.clone(), cpu: interval(&rung.cpu_us)?, p50: interval(&rung.p50_ms) })
        })
        .collect();
    let (first, rest) = steps.split_first()?;
    let jump = steps
        .windows(2)
        .max_by(|a, b| (a[1].cpu.estimate - a[0].cpu.estimate).total_cmp(&(b[1].cpu.estimate - b[0].cpu.estimate)));
    let title = match jump {
        Some([before, after]) if !rest.is_empty() && after.cpu.estimate > before.cpu.estimate => format!(
            "With the whole shop on a rung, “{}” adds the most: {} µs of CPU to a request, {} more",
            after.rung,
            number(after.cpu.estimate - before.cpu.estimate),
            percent(after.cpu.estimate / before.cpu.estimate - 1.0)
        ),
        _ => {
            format!("With the whole shop on “{}” a request costs {} µs of CPU", first.rung, number(first.cpu.estimate))
        }
    };
    let label = title.clone();
    Some(Figure::draw(
        "2b",
        title,
        "CPU of the side per request with one session at a time, every call between modules on that rung. The full part of a bar is what \
         the rung adds to the one above it. Strokes are 95 % intervals over rounds. Behind it: the sum, and the median latency.",
        |width| draw(width, &steps, &label),
    ))
}

fn interval(values: &[f64]) -> Option<Interval> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let first = finite.first()?;
    Some(mean_interval(&finite).unwrap_or(Interval { estimate: *first, low: *first, high: *first }))
}

fn draw(width: f64, steps: &[Step], label: &str) -> String {
    let narrow = width <= NARROW;
    let row_height = if narrow { 44.0 } else { 40.0 };
    let bottom = row_height * steps.len() as f64 + 6.0;
    let (left, right) = if narrow { (8.0, width - 12.0) } else { (198.0, width - 98.0) };
    let most = steps.iter().map(|step| step.cpu.high.max(step.cpu.estimate)).fold(0.0, f64::max) * 1.05;
    let x = Scale::linear((0.0, most), (left, right));
    let mut canvas = Canvas::new(width, bottom + 40.0);
    for tick in linear_ticks(most, if narrow { 4 } else { 3 }) {
        canvas.line("grid", (x.place(tick), 4.0), (x.place(tick), bottom));
        canvas.text("tick", (x.place(tick), bottom + 15.0), "middle", &number_short(tick));
    }
    canvas.text("label", (f64::midpoint(left, right), bottom + 34.0), "middle", "µs of CPU per request");
    for (index, step) in steps.iter().enumerate() {
        let middle = row_height * index as f64 + if narrow { 30.0 } else { row_height / 2.0 };
        let cheaper = steps[..index].iter().rev().map(|step| step.cpu.estimate).find(|cpu| *cpu <= step.cpu.estimate);
        let from = cheaper.unwrap_or(0.0);
        let (start, end) = (x.place(from), x.place(step.cpu.estimate));
        canvas.rectangle("rung", (left, middle - 7.0), (start - left, 14.0));
        canvas.rectangle("added", (start, middle - 7.0), (end - start, 14.0));
        canvas.interval(Series(4), x.place(step.cpu.low), x.place(step.cpu.high), middle);
        let value = format!("{} µs", number(step.cpu.estimate));
        let latency = step.p50.map_or_else(String::new, |p50| format!("p50 {} ms", number(p50.estimate)));
        if narrow {
            canvas.text("row", (4.0, middle - 14.0), "start", &shortened(&step.rung, 28));
            canvas.text("value", (width - 4.0, middle - 14.0), "end", &format!("{value} · {latency}"));
        } else {
            canvas.text("row", (left - 10.0, middle + 4.0), "end", &shortened(&step.rung, 30));
            canvas.text("value", (right + 14.0, middle - 1.0), "start", &value);
            canvas.text("note", (right + 14.0, middle + 11.0), "start", &latency);
        }
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}
