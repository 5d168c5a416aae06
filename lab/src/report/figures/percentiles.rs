//! Figure 4: latency by percentile, from the intended start and as service time.

use hdrhistogram::Histogram;

use super::canvas::{Canvas, Series};
use super::load::{number_short, shortened};
use super::scale::{Scale, logarithmic_ticks, spread};
use super::{Figure, NARROW};
use crate::archive::{Point, Run, StoredHistogram};
use crate::generator::new_histogram;
use crate::report::focus;
use crate::report::words::{listed, number};

struct Curve {
    series: Series,
    side: String,
    latency: Histogram<u64>,
    service: Histogram<u64>,
}

/// Draws the figure at the headline load; none when nothing was timed there.
pub(crate) fn percentiles(run: &Run) -> Option<Figure> {
    let load = run.protocol.headline_load.to_string();
    let curves: Vec<Curve> = focus::shown(run)
        .into_iter()
        .map(|(index, side)| Curve {
            series: Series(index),
            side: side.name.clone(),
            latency: merged(run, &side.name, &load, |point| &point.latency),
            service: merged(run, &side.name, &load, |point| &point.service),
        })
        .filter(|curve| !curve.latency.is_empty())
        .collect();
    if curves.is_empty() {
        return None;
    }
    let parts: Vec<String> = curves
        .iter()
        .map(|curve| {
            format!("{} ms from {}", number(curve.latency.value_at_quantile(0.99) as f64 / 1000.0), curve.side)
        })
        .collect();
    let title = format!("At {load} % load one answer in a hundred takes longer than {}", listed(&parts));
    let label = title.clone();
    Some(Figure::draw(
        "4",
        title,
        "Milliseconds by percentile, all blocks together. Solid: from the intended start, which a queue in front of the side belongs to; \
         dashed: service time, from the moment of sending. The axis stretches towards the slowest answers.",
        |width| draw(width, &curves, &label),
    ))
}

fn merged(run: &Run, side: &str, load: &str, pick: impl Fn(&Point) -> &StoredHistogram) -> Histogram<u64> {
    let mut sum = new_histogram();
    for block in run.blocks.iter().filter(|block| block.side == side) {
        if let Some(Ok(histogram)) = block.point(load).map(|point| pick(point).decode()) {
            // All histograms of the lab have the same bounds, so adding cannot fail.
            let _ = sum.add(&histogram);
        }
    }
    sum
}

/// The place of a quantile before scaling: each nine takes the same room.
fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

fn draw(width: f64, curves: &[Curve], label: &str) -> String {
    let narrow = width <= NARROW;
    let height = if narrow { 320.0 } else { 360.0 };
    let (left, right, top, bottom) = (44.0, width - if narrow { 78.0 } else { 92.0 }, 20.0, height - 42.0);
    let fewest = curves.iter().map(|curve| curve.latency.len()).min().unwrap_or(1).max(20) as f64;
    // Beyond this quantile fewer than five answers would speak.
    let last = (1.0 - 5.0 / fewest).max(0.9);
    let in_ms = |histogram: &Histogram<u64>, quantile: f64| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    let low = curves.iter().map(|curve| in_ms(&curve.service, 0.02)).fold(f64::INFINITY, f64::min) / 1.1;
    let high = curves.iter().map(|curve| in_ms(&curve.latency, last)).fold(0.0, f64::max) * 1.25;
    let x = Scale::linear((0.0, nines(last)), (left, right));
    let y = Scale::logarithmic((low, high), (bottom, top));
    let mut canvas = Canvas::new(width, height);

    for tick in logarithmic_ticks(low, high) {
        canvas.line("grid", (left, y.place(tick)), (right, y.place(tick)));
        canvas.text("tick", (left - 6.0, y.place(tick) + 4.0), "end", &number_short(tick));
    }
    let mut last_place = f64::NEG_INFINITY;
    for (quantile, name) in [(0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99")] {
        let place = x.place(nines(quantile));
        if quantile > last || place - last_place < 30.0 {
            continue;
        }
        last_place = place;
        canvas.line("grid", (place, top), (place, bottom));
        canvas.text("tick", (place, bottom + 17.0), "middle", name);
    }
    canvas.line("axis", (left, bottom), (right, bottom));
    canvas.text("label", (f64::midpoint(left, right), height - 6.0), "middle", "percentile");
    canvas.text("label", (left - 6.0, top - 8.0), "end", "ms");

    let steps = 120;
    let mut ends = Vec::new();
    for curve in curves {
        let points = |histogram: &Histogram<u64>| -> Vec<(f64, f64)> {
            (0..=steps)
                .map(|step| {
                    let along = nines(last) * f64::from(step) / f64::from(steps);
                    let quantile = 1.0 - 10_f64.powf(-along);
                    (x.place(along), y.place(in_ms(histogram, quantile)))
                })
                .collect()
        };
        canvas.path(curve.series, "dashed thin", &points(&curve.service));
        let line = points(&curve.latency);
        canvas.path(curve.series, "solid", &line);
        for quantile in [0.5, 0.99] {
            if quantile <= last {
                canvas.mark(curve.series, (x.place(nines(quantile)), y.place(in_ms(&curve.latency, quantile))), 3.2);
            }
        }
        ends.extend(line.last().map(|end| (curve, end.1)));
    }
    let places = spread(&ends.iter().map(|(_, y)| *y).collect::<Vec<_>>(), 14.0, top, bottom - 4.0);
    for ((curve, _), place) in ends.iter().zip(places) {
        let text = shortened(&curve.side, if narrow { 11 } else { 13 });
        canvas.text(&format!("end s{}", curve.series.0 % 5), (right + 5.0, place + 4.0), "start", &text);
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}
