//! Figure 9: what a journey costs against how many journeys survive the death of a module, one mark per side.

use super::canvas::{Canvas, Series};
use super::forecast::ticks_between;
use super::load::{number_short, shortened};
use super::scale::{Scale, spread};
use super::{Figure, NARROW};
use crate::analysis::{Kind, Metric, absolute, load_label};
use crate::archive::Run;
use crate::report::survival;
use crate::report::words::{number, percent};
use crate::statistics::Interval;
use crate::workload::Workload;

struct Place {
    side: String,
    series: Series,
    /// CPU seconds per 1,000 journeys.
    cost: Interval,
    /// Share of journeys.
    survives: f64,
    reach: (f64, f64),
}

/// Draws the figure; none when deaths or costs are known of fewer than two sides.
pub(crate) fn frontier(run: &Run) -> Option<Figure> {
    let per_journey = requests_per_journey(run)?;
    let load = run.protocol.headline_load.to_string();
    let metric = Metric { kind: Kind::CpuPerRequest, load: Some(load.clone()), headline: true };
    let places: Vec<Place> = run
        .compared()
        .enumerate()
        .filter_map(|(index, side)| {
            let (mean, interval) =
                absolute(run, &metric, &side.name).filter(|(mean, _)| mean.is_finite() && *mean > 0.0)?;
            let share = survival::of_any_death(run, &side.name)?;
            // Microseconds per request are milliseconds per 1,000 requests.
            let cost = |us: f64| us.max(0.0) * per_journey / 1000.0;
            let interval = interval.unwrap_or(Interval { estimate: mean, low: mean, high: mean });
            Some(Place {
                side: side.name.clone(),
                series: Series(index),
                cost: Interval { estimate: cost(mean), low: cost(interval.low), high: cost(interval.high) },
                survives: share.value()?,
                reach: share.interval()?,
            })
        })
        .collect();
    if places.len() < 2 {
        return None;
    }
    let (first, best) = (&places[0], places.iter().max_by(|a, b| a.survives.total_cmp(&b.survives))?);
    let title = if best.side == first.side {
        format!("No other side lets more journeys survive than the {} of {}", percent(first.survives), first.side)
    } else {
        format!(
            "{} lets {} of journeys survive one module's death instead of {}, for {} times the CPU",
            best.side,
            percent(best.survives),
            percent(first.survives),
            number(best.cost.estimate / first.cost.estimate)
        )
    };
    let label = title.clone();
    let caption = format!(
        "Across: CPU seconds per 1,000 journeys at {} ({} requests to a journey). Up: the share of journeys that survive the death of one \
         module, in the mean over all modules; where a death was not tried on a side, the module shares its process with the others as \
         on the first side, whose outcome stands for it. Strokes are 95 % intervals. The line joins the sides that no other beats in both.",
        load_label(&load),
        number(per_journey)
    );
    Some(Figure::draw("9", title, &caption, |width| draw(width, &places, &label)))
}

/// How many requests a journey takes in the mean, from the workload's own file.
fn requests_per_journey(run: &Run) -> Option<f64> {
    let workload = Workload::parse(&run.workload.text, "the run's workload").ok()?;
    let journeys = 1.0 + f64::midpoint(workload.session.journeys.0 as f64, workload.session.journeys.1 as f64);
    Some(run.workload.requests_per_session / journeys).filter(|requests| requests.is_finite() && *requests > 0.0)
}

fn draw(width: f64, places: &[Place], label: &str) -> String {
    let narrow = width <= NARROW;
    let height = if narrow { 320.0 } else { 350.0 };
    let (left, right, top, bottom) = (44.0, width - 14.0, 24.0, height - 44.0);
    let (low, high) = (
        places.iter().map(|place| place.cost.estimate).fold(f64::INFINITY, f64::min) / 1.12,
        places.iter().map(|place| place.cost.estimate).fold(0.0, f64::max) * 1.25,
    );
    let x = Scale::logarithmic((low, high), (left, right));
    let y = Scale::linear((0.0, 1.0), (bottom, top));
    let mut canvas = Canvas::new(width, height);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        canvas.line("grid", (left, y.place(tick)), (right, y.place(tick)));
        canvas.text("tick", (left - 6.0, y.place(tick) + 4.0), "end", &format!("{:.0} %", tick * 100.0));
    }
    for tick in ticks_between(low, high) {
        canvas.line("axis", (x.place(tick), bottom), (x.place(tick), bottom + 4.0));
        canvas.text("tick", (x.place(tick), bottom + 16.0), "middle", &number_short(tick));
    }
    canvas.line("axis", (left, bottom), (right, bottom));
    canvas.text("label", (f64::midpoint(left, right), height - 6.0), "middle", "CPU s per 1,000 journeys, logarithmic");
    canvas.text("label", (0.0, 11.0), "start", "journeys that survive a module's death");

    let mut unbeaten: Vec<&Place> = places
        .iter()
        .filter(|place| {
            !places.iter().any(|other| {
                other.cost.estimate <= place.cost.estimate
                    && other.survives >= place.survives
                    && (other.cost.estimate < place.cost.estimate || other.survives > place.survives)
            })
        })
        .collect();
    unbeaten.sort_by(|a, b| a.cost.estimate.total_cmp(&b.cost.estimate));
    let mut steps = Vec::new();
    for place in &unbeaten {
        let at = (x.place(place.cost.estimate), y.place(place.survives));
        if let Some((_, before)) = steps.last().copied() {
            steps.push((at.0, before));
        }
        steps.push(at);
    }
    canvas.plain_path("frontier", &steps);
    let crowded = places.len() > 4;
    for place in places {
        let at = (x.place(place.cost.estimate), y.place(place.survives));
        let series = if crowded && place.series.0 > 1 { Series(4) } else { place.series };
        let class = format!("interval s{}", series.0 % 5);
        canvas.line(&class, (x.place(place.cost.low), at.1), (x.place(place.cost.high), at.1));
        canvas.line(&class, (at.0, y.place(place.reach.0)), (at.0, y.place(place.reach.1)));
        canvas.mark(series, at, 4.6);
    }
    // Crowded figures name what lies on the line; the table has all.
    let named: Vec<&Place> = if crowded { unbeaten.clone() } else { places.iter().collect() };
    let rows =
        spread(&named.iter().map(|place| y.place(place.survives)).collect::<Vec<_>>(), 14.0, top + 8.0, bottom - 4.0);
    for (place, row) in named.iter().zip(rows) {
        let at = x.place(place.cost.estimate);
        let text = shortened(&place.side, 24);
        let room = 7.0 * text.chars().count() as f64;
        let (anchor, text_x) = if at + room + 10.0 > right { ("end", at - 9.0) } else { ("start", at + 9.0) };
        canvas.text("end", (text_x, row - 6.0), anchor, &text);
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}
