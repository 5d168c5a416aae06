//! Figure 6: what was predicted against what was measured, every partition, one panel per metric.

use super::canvas::{Canvas, Series};
use super::load::{number_short, shortened};
use super::scale::{Scale, logarithmic_ticks, spread};
use super::{Figure, NARROW};
use crate::analysis::Metric;
use crate::archive::Run;
use crate::report::forecast::{Foretold, foretold, median_error};
use crate::report::words::{listed, percent};

/// How far from the measured value the shaded stripe reaches: what the lab promises of its predictions.
const PROMISED: f64 = 0.15;

struct Panel {
    metric: Metric,
    rows: Vec<Foretold>,
}

/// Draws the figure; none when nothing that was predicted has been measured.
pub(crate) fn forecast(run: &Run) -> Option<Figure> {
    let mut panels: Vec<Panel> = Vec::new();
    for row in foretold(run) {
        let Some(metric) = row.kind.clone().filter(|_| row.error.is_some() && row.predicted > Some(0.0)) else {
            continue;
        };
        match panels.iter_mut().find(|panel| panel.metric == metric) {
            Some(panel) => panel.rows.push(row),
            None => panels.push(Panel { metric, rows: vec![row] }),
        }
    }
    panels.truncate(3);
    if panels.is_empty() {
        return None;
    }
    let parts: Vec<String> = panels
        .iter()
        .filter_map(|panel| {
            Some(format!(
                "{} within {}",
                panel.metric.label().replace(", ", " at "),
                percent(median_error(panel.rows.iter())?)
            ))
        })
        .collect();
    let title = format!("Half of the predictions hit {}", listed(&parts));
    let label = title.clone();
    Some(Figure::draw_full(
        "6",
        title,
        "Each mark is a partition that was predicted from the run of the first side before it was measured itself. On the line the two \
         are equal; the stripe is ±15 %. Strokes are the 95 % intervals of what was measured, over blocks. Both axes are logarithmic.",
        |width| draw(width, &panels, &label),
    ))
}

fn draw(width: f64, panels: &[Panel], label: &str) -> String {
    let narrow = width <= NARROW;
    let columns = if narrow { 1 } else { panels.len() };
    let gap = 34.0;
    let size = if narrow { width } else { ((width - gap * (columns as f64 - 1.0)) / columns as f64).min(470.0) };
    let panel_height = (size - 20.0).min(360.0);
    let rows = panels.len().div_ceil(columns);
    let mut canvas = Canvas::new(width, panel_height * rows as f64);
    for (index, panel) in panels.iter().enumerate() {
        let left = (size + gap) * (index % columns) as f64;
        let top = panel_height * (index / columns) as f64;
        draw_panel(&mut canvas, panel, (left, left + size), (top, top + panel_height));
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, across: (f64, f64), down: (f64, f64)) {
    let (left, right, top, bottom) = (across.0 + 48.0, across.1 - 8.0, down.0 + 30.0, down.1 - 44.0);
    let pairs: Vec<(f64, f64, &Foretold)> =
        panel.rows.iter().filter_map(|row| Some((row.measured?, row.predicted?, row))).collect();
    let all = || pairs.iter().flat_map(|(measured, predicted, _)| [*measured, *predicted]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min) / 1.18, all().fold(0.0, f64::max) * 1.18);
    let (x, y) = (Scale::logarithmic((low, high), (left, right)), Scale::logarithmic((low, high), (bottom, top)));
    let name = panel.metric.label();
    canvas.text("heading", (across.0, down.0 + 14.0), "start", &format!("{name}, {}", panel.metric.unit()));
    // The stripe is a band around the diagonal, cut at the ends of the axes.
    let steps = 24;
    let along = |factor: f64| -> Vec<(f64, f64)> {
        (0..=steps)
            .map(|step| low * (high / low).powf(f64::from(step) / f64::from(steps)))
            .map(|value| (x.place(value), y.place(value * factor)))
            .collect()
    };
    canvas.area("stripe", &along(1.0 + PROMISED), &along(1.0 - PROMISED));
    canvas.line("one", (left, bottom), (right, top));
    let ticks = ticks_between(low, high);
    for tick in &ticks {
        canvas.text("tick", (x.place(*tick), bottom + 16.0), "middle", &number_short(*tick));
        canvas.text("tick", (left - 6.0, y.place(*tick) + 4.0), "end", &number_short(*tick));
        canvas.line("axis", (x.place(*tick), bottom), (x.place(*tick), bottom + 4.0));
        canvas.line("axis", (left - 4.0, y.place(*tick)), (left, y.place(*tick)));
    }
    canvas.line("axis", (left, bottom), (right, bottom));
    canvas.line("axis", (left, top), (left, bottom));
    canvas.text("label", (f64::midpoint(left, right), bottom + 34.0), "middle", "measured");
    canvas.text("label", (left + 6.0, top + 4.0), "start", "predicted");
    for (measured, predicted, row) in &pairs {
        let place = (x.place(*measured), y.place(*predicted));
        if let Some(interval) = row.interval {
            canvas.line("interval s0", (x.place(interval.low), place.1), (x.place(interval.high), place.1));
        }
        canvas.mark(Series(0), place, 3.8);
    }
    // Named are those that tell most: the largest, and the ones that are furthest off.
    let mut named: Vec<&(f64, f64, &Foretold)> = pairs.iter().collect();
    named.sort_by(|a, b| {
        let weight = |row: &Foretold| row.error.unwrap_or_default().abs();
        weight(b.2).total_cmp(&weight(a.2))
    });
    let largest = pairs.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let mut chosen: Vec<&(f64, f64, &Foretold)> = largest.into_iter().collect();
    for candidate in named {
        if chosen.len() < 4 && !chosen.iter().any(|other| std::ptr::eq(*other, candidate)) {
            chosen.push(candidate);
        }
    }
    let places = spread(&chosen.iter().map(|pair| y.place(pair.1)).collect::<Vec<_>>(), 13.0, top + 4.0, bottom);
    for ((measured, predicted, row), label_y) in chosen.iter().zip(places) {
        let at = (x.place(*measured), y.place(*predicted));
        let text = format!("{} {:+.1} %", shortened(&row.topology, 22), row.error.unwrap_or_default() * 100.0)
            .replace('-', "−");
        let text_width = 6.2 * text.chars().count() as f64;
        let (anchor, text_x) =
            if at.0 + text_width + 12.0 > right { ("end", at.0 - 9.0) } else { ("start", at.0 + 9.0) };
        canvas.text("note", (text_x, label_y + 4.0), anchor, &text);
    }
}

/// Ticks for a range that may be narrower than a decade.
pub(super) fn ticks_between(low: f64, high: f64) -> Vec<f64> {
    let coarse = logarithmic_ticks(low, high);
    if coarse.len() >= 2 {
        return coarse;
    }
    if !(low > 0.0 && high > low && high.is_finite()) {
        return Vec::new();
    }
    let step = 10_f64.powf(((high - low) / 3.0).log10().floor());
    let step = if (high - low) / step > 6.0 { step * 2.0 } else { step };
    let first = (low / step).ceil() as i64;
    (first..first + 8).map(|index| index as f64 * step).filter(|tick| *tick <= high).collect()
}
