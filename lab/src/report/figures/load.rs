//! Figure 1: p50 and p99 against offered load, with bands, the objective and each side's capacity.

use super::canvas::{Canvas, Series};
use super::scale::{Scale, linear_ticks, logarithmic_ticks, spread};
use super::{Figure, NARROW};
use crate::analysis::{Kind, Metric, absolute};
use crate::archive::Run;
use crate::protocol::LONE;
use crate::report::focus;
use crate::report::words::{listed, number};
use crate::statistics::{Interval, mean_interval};

/// A point of a curve: offered rate, and the latency with its interval over blocks.
struct CurvePoint {
    load: String,
    rate: f64,
    latency: Interval,
}

struct Curve {
    series: Series,
    side: String,
    kind: Kind,
    lone: Option<Interval>,
    points: Vec<CurvePoint>,
}

/// Draws the figure; none when no side has a load with an offered rate.
pub(crate) fn latency_against_load(run: &Run) -> Option<Figure> {
    let curves = curves(run);
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return None;
    }
    let capacities: Vec<(Series, String, f64, Option<Interval>)> = focus::shown(run)
        .into_iter()
        .filter_map(|(index, side)| {
            let metric = Metric { kind: Kind::Capacity, load: None, headline: true };
            let (mean, interval) = absolute(run, &metric, &side.name)?;
            Some((Series(index), side.name.clone(), mean, interval))
        })
        .collect();
    let title = title(run, &curves);
    let label = title.clone();
    Some(Figure::draw(
        "1",
        title,
        "Milliseconds from the intended start, against requests per second offered to every side alike. Solid: p50; dashed: p99; bands: \
         95 % over blocks. Left strip: one visitor at a time. Upright lines: the highest rate at which p99 stays within the objective.",
        |width| draw(width, &curves, &capacities, run.workload.objective_p99_ms, &label),
    ))
}

fn title(run: &Run, curves: &[Curve]) -> String {
    let Some(load) = run.protocol.loads.last().map(|load| load.percent.to_string()) else {
        return "Latency against load".to_owned();
    };
    let parts: Vec<String> = curves
        .iter()
        .filter(|curve| curve.kind == Kind::P50)
        .filter_map(|curve| {
            let at_top = curve.points.iter().find(|point| point.load == load)?;
            Some(format!("{} ms from {}", number(at_top.latency.estimate), curve.side))
        })
        .collect();
    if parts.is_empty() {
        return "Latency against load".to_owned();
    }
    format!("At {load} % load half of the answers take {}", listed(&parts))
}

fn curves(run: &Run) -> Vec<Curve> {
    let loads = focus::loads(run);
    let mut curves = Vec::new();
    for (index, side) in focus::shown(run) {
        for kind in [Kind::P50, Kind::P99] {
            let at = |load: &str| {
                let metric = Metric { kind, load: Some(load.to_owned()), headline: false };
                geometric(&metric.values(run, &side.name).into_iter().map(|(_, value)| value).collect::<Vec<_>>())
            };
            let mut points: Vec<CurvePoint> = loads
                .iter()
                .filter_map(|load| {
                    Some(CurvePoint { load: load.clone(), rate: offered(run, &side.name, load)?, latency: at(load)? })
                })
                .collect();
            points.sort_by(|a, b| a.rate.total_cmp(&b.rate));
            curves.push(Curve { series: Series(index), side: side.name.clone(), kind, lone: at(LONE), points });
        }
    }
    curves
}

/// The rate that was offered to a side at a load, in the mean over blocks.
fn offered(run: &Run, side: &str, load: &str) -> Option<f64> {
    let of_side = run.blocks.iter().filter(|block| block.side == side);
    let rates: Vec<f64> =
        of_side.filter_map(|block| block.point(load)?.offered_rps).filter(|rate| *rate > 0.0).collect();
    (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64)
}

/// The geometric mean with its interval, as latencies are read on a logarithmic axis.
fn geometric(values: &[f64]) -> Option<Interval> {
    let logarithms: Vec<f64> = values.iter().filter(|value| **value > 0.0).map(|value| value.ln()).collect();
    match mean_interval(&logarithms) {
        Some(found) => Some(Interval { estimate: found.estimate.exp(), low: found.low.exp(), high: found.high.exp() }),
        None => logarithms.first().map(|value| Interval { estimate: value.exp(), low: value.exp(), high: value.exp() }),
    }
}

fn draw(
    width: f64,
    curves: &[Curve],
    capacities: &[(Series, String, f64, Option<Interval>)],
    objective: f64,
    label: &str,
) -> String {
    let narrow = width <= NARROW;
    let height = if narrow { 330.0 } else { 360.0 };
    let (top, bottom) = (16.0 + 14.0 * capacities.len() as f64, height - 42.0);
    let (strip, left, right) = (44.0, if narrow { 104.0 } else { 116.0 }, width - if narrow { 99.0 } else { 110.0 });
    let mut canvas = Canvas::new(width, height);

    let all = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.latency).chain(curve.lone));
    let (mut low, mut high) = (f64::INFINITY, objective * 1.3);
    for latency in all {
        low = low.min(latency.estimate / 1.4);
        high = high.max((latency.estimate * 1.4).min(60_000.0));
    }
    let most = capacities.iter().map(|(_, _, mean, _)| *mean).fold(0.0, f64::max);
    let last = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.rate)).fold(0.0, f64::max);
    let highest_rate = most.max(last) * 1.04;
    // Where one side carries far more than the other, an even axis would squeeze all loads into a corner.
    let lowest =
        curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.rate)).fold(f64::INFINITY, f64::min);
    let stretched = most > 2.5 * last;
    let x = if stretched {
        Scale::logarithmic((lowest * 0.7, highest_rate), (left, right))
    } else {
        Scale::linear((0.0, highest_rate), (left, right))
    };
    let rate_ticks = if stretched {
        logarithmic_ticks(lowest * 0.7, highest_rate)
    } else {
        linear_ticks(highest_rate, if narrow { 3 } else { 5 })
    };
    let y = Scale::logarithmic((low, high), (bottom, top));

    for tick in logarithmic_ticks(low, high) {
        canvas.line("grid", (strip, y.place(tick)), (right, y.place(tick)));
        canvas.text("tick", (strip - 6.0, y.place(tick) + 4.0), "end", &number_short(tick));
    }
    for tick in rate_ticks {
        canvas.line("axis", (x.place(tick), bottom), (x.place(tick), bottom + 4.0));
        canvas.text("tick", (x.place(tick), bottom + 17.0), "middle", &number(tick).replace("0.00", "0"));
    }
    canvas.line("axis", (left, bottom), (right, bottom));
    canvas.line("axis", (strip, bottom), (left - 14.0, bottom));
    canvas.text("tick", (f64::midpoint(strip, left - 14.0), bottom + 17.0), "middle", "1 session");
    canvas.text(
        "label",
        (f64::midpoint(left, right), height - 6.0),
        "middle",
        if stretched { "requests per second offered, logarithmic" } else { "requests per second offered" },
    );
    canvas.text("label", (strip - 6.0, top - 8.0), "end", "ms");
    canvas.line("objective", (strip, y.place(objective)), (right, y.place(objective)));
    canvas.text(
        "note",
        (right - 4.0, y.place(objective) - 5.0),
        "end",
        &format!("objective: p99 {} ms", number_short(objective)),
    );

    for (index, (series, side, mean, interval)) in capacities.iter().enumerate() {
        let row = 12.0 + 14.0 * index as f64;
        if let Some(interval) = interval {
            let (from, to) = (x.place(interval.low.max(0.0)), x.place(interval.high));
            canvas.rectangle(&format!("band s{}", series.0 % 5), (from, row + 4.0), (to - from, bottom - row - 4.0));
        }
        canvas.line(&format!("capacity s{}", series.0 % 5), (x.place(*mean), row + 4.0), (x.place(*mean), bottom));
        let text = format!("capacity of {side}: {}/s", number(*mean));
        let room = 6.5 * text.chars().count() as f64;
        let (place, anchor) = match x.place(*mean) {
            place if place - room > strip => (place - 4.0, "end"),
            place if place + room < width => (place + 4.0, "start"),
            _ => (strip, "start"),
        };
        canvas.text(&format!("note s{}", series.0 % 5), (place, row + 4.0), anchor, &text);
    }

    let strip_x = f64::midpoint(strip, left - 14.0);
    let mut ends = Vec::new();
    for curve in curves {
        let kind = if curve.kind == Kind::P50 { "solid" } else { "dashed" };
        let to_points = |value: fn(&Interval) -> f64| -> Vec<(f64, f64)> {
            curve.points.iter().map(|point| (x.place(point.rate), y.place(value(&point.latency)))).collect()
        };
        canvas.band(curve.series, &to_points(|latency| latency.high), &to_points(|latency| latency.low));
        let middle = to_points(|latency| latency.estimate);
        canvas.path(curve.series, kind, &middle);
        for point in &middle {
            canvas.mark(curve.series, *point, 3.2);
        }
        if let Some(lone) = curve.lone {
            let at = strip_x + if curve.series.0.is_multiple_of(2) { -8.0 } else { 8.0 };
            canvas.line(
                &format!("interval s{}", curve.series.0 % 5),
                (at, y.place(lone.low)),
                (at, y.place(lone.high)),
            );
            canvas.mark(curve.series, (at, y.place(lone.estimate)), 3.2);
        }
        if let Some(end) = middle.last() {
            ends.push((curve, *end));
        }
    }
    let places = spread(&ends.iter().map(|(_, end)| end.1).collect::<Vec<_>>(), 14.0, top, bottom - 4.0);
    for ((curve, _), place) in ends.iter().zip(places) {
        let kind = if curve.kind == Kind::P50 { "p50" } else { "p99" };
        let text = format!("{kind} {}", shortened(&curve.side, if narrow { 8 } else { 12 }));
        canvas.text(&format!("end s{}", curve.series.0 % 5), (right + 5.0, place + 4.0), "start", &text);
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

/// A tick's number without zeros that say nothing.
pub(super) fn number_short(value: f64) -> String {
    let text = number(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A name cut to what its place holds.
pub(super) fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let kept: String = name.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}
