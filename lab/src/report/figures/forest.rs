//! Figure 3: every ratio with its interval, the first side against itself on top.

use super::canvas::{Canvas, Series};
use super::load::{number_short, shortened};
use super::scale::Scale;
use super::{Figure, NARROW};
use crate::analysis::{Analysis, Kind, Metric, again, load_label};
use crate::archive::{Part, Run};
use crate::report::focus;
use crate::report::words::{bracket, ratio};
use crate::statistics::{Interval, ratio_interval};

/// Beyond these an interval is drawn with an arrow: one wild ratio must not squeeze all others.
const DOMAIN: (f64, f64) = (0.2, 12.0);
/// Ratios that are round numbers to people.
const TICKS: [f64; 15] = [0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0];

struct Row {
    label: String,
    series: Series,
    interval: Interval,
    rounds: Vec<f64>,
    word: String,
}

enum Entry {
    Heading(String),
    Ratio(Row),
}

/// Draws the figure; none when there is no ratio at all.
pub(crate) fn forest(run: &Run, analysis: &Analysis) -> Option<Figure> {
    let entries = entries(run, analysis);
    if !entries.iter().any(|entry| matches!(entry, Entry::Ratio(_))) {
        return None;
    }
    let title = title(run, analysis);
    let label = title.clone();
    Some(Figure::draw_full(
        "3",
        title,
        "Ratio to the first side; the stroke is the 95 % interval over blocks, the dots below it are the rounds themselves. An interval \
         that holds 1 shows no difference. The shaded stripe is ±2 %, where the first side against itself has to lie.",
        |width| draw(width, &entries, &label),
    ))
}

fn title(run: &Run, analysis: &Analysis) -> String {
    let first = run.compared().next().map(|side| side.name.clone()).unwrap_or_default();
    let cpu = |side: &str| analysis.verdict("cpu_per_request", side)?.ratio;
    let shown = focus::shown(run);
    let mut parts: Vec<String> = shown
        .iter()
        .filter(|(index, _)| *index > 0)
        .filter_map(|(_, side)| {
            Some(format!("{} needs {} times the CPU of {first}", side.name, self::ratio(cpu(&side.name)?)))
        })
        .collect();
    let others: Vec<f64> = run
        .compared()
        .skip(1)
        .filter(|side| !shown.iter().any(|(_, drawn)| drawn.name == side.name))
        .filter_map(|side| cpu(&side.name))
        .collect();
    if !others.is_empty() {
        let (low, high) =
            others.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), cpu| (low.min(*cpu), high.max(*cpu)));
        parts.push(format!("the {} others {} to {} times", others.len(), self::ratio(low), self::ratio(high)));
    }
    let itself = Metric::all(&run.protocol).first().and_then(|metric| again(run, metric));
    match itself {
        Some(itself) if !parts.is_empty() => {
            format!("{}; {first} against itself gives {}", parts.join("; "), self::ratio(itself.estimate))
        }
        _ if parts.is_empty() => format!("{first} against itself"),
        _ => parts.join("; "),
    }
}

fn entries(run: &Run, analysis: &Analysis) -> Vec<Entry> {
    let Some(first) = run.compared().next() else { return Vec::new() };
    let metrics: Vec<Metric> = Metric::all(&run.protocol).into_iter().filter(|metric| metric.headline).collect();
    let rounds = |metric: &Metric, side: &str| -> Vec<f64> {
        metric.pairs(run, &first.name, side).iter().map(|(a, b)| b / a).collect()
    };
    let load = load_label(&run.protocol.headline_load.to_string());
    let mut entries = Vec::new();
    if let Some(side) = run.side_for(Part::Again) {
        entries.push(Entry::Heading(format!("{} against itself: should be 1", first.name)));
        for metric in metrics.iter().filter(|metric| metric.kind != Kind::Capacity) {
            if let Some(interval) = ratio_interval(&metric.pairs(run, &first.name, &side.name)) {
                let rounds = rounds(metric, &side.name);
                entries.push(Entry::Ratio(Row {
                    label: metric.short_label().to_owned(),
                    series: Series(4),
                    interval,
                    rounds,
                    word: String::new(),
                }));
            }
        }
    }
    let shown = focus::shown(run);
    for (index, side) in shown.iter().copied().filter(|(index, _)| *index > 0) {
        entries.push(Entry::Heading(format!("{} against {}, {load}", side.name, first.name)));
        for metric in &metrics {
            let Some(verdict) = analysis.verdict(&metric.name(), &side.name) else { continue };
            let Some(interval) = verdict.interval() else { continue };
            let (rounds, word) = (rounds(metric, &side.name), verdict.verdict.to_owned());
            entries.push(Entry::Ratio(Row {
                label: metric.short_label().to_owned(),
                series: Series(index),
                interval,
                rounds,
                word,
            }));
        }
    }
    // Of many other sides, what decides is enough, and what all their names begin with need not be said in each row.
    let others: Vec<&str> = run
        .compared()
        .skip(1)
        .map(|side| side.name.as_str())
        .filter(|name| !shown.iter().any(|(_, drawn)| drawn.name == *name))
        .collect();
    let prefix = others.first().and_then(|name| name.split_once(':')).map(|(kind, _)| format!("{kind}:"));
    let prefix =
        prefix.filter(|prefix| others.iter().all(|name| name.starts_with(prefix.as_str()))).unwrap_or_default();
    for metric in metrics.iter().filter(|metric| matches!(metric.kind, Kind::CpuPerRequest | Kind::P50)) {
        let mut others: Vec<Row> = run
            .compared()
            .skip(1)
            .filter(|side| !shown.iter().any(|(_, drawn)| drawn.name == side.name))
            .filter_map(|side| {
                let verdict = analysis.verdict(&metric.name(), &side.name)?;
                Some(Row {
                    label: shortened(side.name.strip_prefix(prefix.as_str()).unwrap_or(&side.name), 17),
                    series: Series(2),
                    interval: verdict.interval()?,
                    rounds: rounds(metric, &side.name),
                    word: verdict.verdict.to_owned(),
                })
            })
            .collect();
        if !others.is_empty() {
            let who = if prefix.is_empty() { "others".to_owned() } else { format!("{prefix}…") };
            entries.push(Entry::Heading(format!("{who} against {}: {}", first.name, metric.short_label())));
            others.sort_by(|a, b| b.interval.estimate.total_cmp(&a.interval.estimate));
            entries.extend(others.into_iter().map(Entry::Ratio));
        }
    }
    entries
}

fn draw(width: f64, entries: &[Entry], label: &str) -> String {
    let narrow = width <= NARROW;
    let (row_height, heading_height) = (if narrow { 44.0 } else { 28.0 }, 28.0);
    let content: f64 = entries
        .iter()
        .map(|entry| match entry {
            Entry::Heading(_) => heading_height,
            Entry::Ratio(_) => row_height,
        })
        .sum();
    let height = content + 44.0;
    let (left, right) = if narrow { (8.0, width - 10.0) } else { (124.0, width - 290.0) };
    let rows = || {
        entries.iter().filter_map(|entry| match entry {
            Entry::Ratio(row) => Some(row),
            Entry::Heading(_) => None,
        })
    };
    let low = rows().map(|row| row.interval.low).fold(0.9, f64::min).max(DOMAIN.0) / 1.03;
    let high = rows().map(|row| row.interval.high).fold(1.1, f64::max).min(DOMAIN.1) * 1.03;
    let x = Scale::logarithmic((low, high), (left, right));
    let mut canvas = Canvas::new(width, height);
    let bottom = content + 4.0;

    let stripe = (x.place(0.98).min(x.place(1.0) - 2.5), x.place(1.02).max(x.place(1.0) + 2.5));
    canvas.rectangle("stripe", (stripe.0, 4.0), (stripe.1 - stripe.0, bottom - 4.0));
    let mut last_tick = f64::NEG_INFINITY;
    for tick in TICKS.iter().filter(|tick| (low..=high).contains(*tick)) {
        let place = x.place(*tick);
        // 1 is always named; others only where they do not crowd it or each other.
        if *tick != 1.0 && (place - last_tick < 30.0 || (place - x.place(1.0)).abs() < 26.0) {
            continue;
        }
        last_tick = place;
        canvas.line(if *tick == 1.0 { "one" } else { "grid" }, (place, 4.0), (place, bottom));
        canvas.text("tick", (place, bottom + 15.0), "middle", &number_short(*tick));
    }
    canvas.text("label", (f64::midpoint(left, right), height - 6.0), "middle", "ratio, logarithmic");

    let mut y = 4.0;
    for entry in entries {
        match entry {
            Entry::Heading(text) => {
                canvas.text("heading", (if narrow { 4.0 } else { 0.0 }, y + 18.0), "start", text);
                y += heading_height;
            }
            Entry::Ratio(row) => {
                let middle = if narrow { y + 28.0 } else { y + row_height / 2.0 - 2.0 };
                draw_row(&mut canvas, row, &x, middle, (left, right, width), narrow);
                y += row_height;
            }
        }
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

fn draw_row(canvas: &mut Canvas, row: &Row, x: &Scale, y: f64, edges: (f64, f64, f64), narrow: bool) {
    let (left, right, width) = edges;
    for round in &row.rounds {
        canvas.dot(row.series, (x.place(*round), y + 8.5));
    }
    let (from, to) = (x.place(row.interval.low), x.place(row.interval.high));
    canvas.interval(row.series, from, to, y);
    if row.interval.high > DOMAIN.1 {
        canvas.text("note", (right + 1.0, y + 4.0), "start", "›");
    }
    if row.interval.low < DOMAIN.0 {
        canvas.text("note", (left - 1.0, y + 4.0), "end", "‹");
    }
    canvas.mark(row.series, (x.place(row.interval.estimate), y), 4.6);
    let value = format!("{} {}", ratio(row.interval.estimate), bracket(row.interval));
    if narrow {
        canvas.text("row", (4.0, y - 14.0), "start", &row.label);
        canvas.text("value", (width - 4.0, y - 14.0), "end", &value);
    } else {
        canvas.text("row", (left - 10.0, y + 4.0), "end", &row.label);
        canvas.text("value", (right + 18.0, y + 4.0), "start", &value);
        canvas.text("note", (width - 4.0, y + 4.0), "end", &row.word);
    }
}
