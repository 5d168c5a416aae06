//! Figure 5b: right answers per second while a module is broken and after, a small drawing per module.

use super::canvas::{Canvas, Series};
use super::load::shortened;
use super::scale::Scale;
use super::{Figure, NARROW};
use crate::archive::{FaultKind, Run, SurvivalRecord};
use crate::report::focus;
use crate::report::words::{listed, median, number, percent};

struct Curve<'r> {
    series: Series,
    record: &'r SurvivalRecord,
    /// Seconds, and the share of what was answered before the fault.
    points: Vec<(f64, f64)>,
}

struct Panel<'r> {
    module: &'r str,
    curves: Vec<Curve<'r>>,
}

/// Draws the figure for the gravest fault that was followed over time; none when none was.
pub(crate) fn goodput(run: &Run) -> Option<Figure> {
    let sides = focus::shown(run);
    let followed =
        |record: &&SurvivalRecord| record.goodput.len() > 2 && sides.iter().any(|(_, side)| side.name == record.side);
    let fault = run.benefits.survival.iter().filter(followed).map(|record| record.fault).min()?;
    let mut panels: Vec<Panel<'_>> = Vec::new();
    for record in run.benefits.survival.iter().filter(followed).filter(|record| record.fault == fault) {
        let Some((index, _)) = sides.iter().find(|(_, side)| side.name == record.side) else { continue };
        let Some(points) = relative(record) else { continue };
        let curve = Curve { series: Series(*index), record, points };
        match panels.iter_mut().find(|panel| panel.module == record.module) {
            Some(panel) => panel.curves.push(curve),
            None => panels.push(Panel { module: &record.module, curves: vec![curve] }),
        }
    }
    if panels.is_empty() {
        return None;
    }
    let names: Vec<(Series, &str)> = sides.iter().map(|(index, side)| (Series(*index), side.name.as_str())).collect();
    let title = title(&panels, &names, fault);
    let label = title.clone();
    Some(Figure::draw_full(
        "5b",
        title,
        "Requests answered rightly per second, as a share of the rate before the fault, over seconds; the fault lasts as long as the \
         shaded stretch, and the numbers are the times from its end until goodput was back, side by side. One drawing per broken module, measured once.",
        |width| draw(width, &panels, &names, &label),
    ))
}

/// Goodput as a share of what it was before the fault; none when nothing was answered then.
fn relative(record: &SurvivalRecord) -> Option<Vec<(f64, f64)>> {
    let before = median(record.goodput.iter().filter(|(at, _)| *at < 0.0).map(|(_, rate)| *rate))
        .or_else(|| median(record.goodput.iter().map(|(_, rate)| *rate)))
        .filter(|rate| *rate > 0.0)?;
    let finite = record.goodput.iter().filter(|(at, rate)| at.is_finite() && rate.is_finite());
    Some(finite.map(|(at, rate)| (*at, rate / before)).collect())
}

fn title(panels: &[Panel<'_>], names: &[(Series, &str)], fault: FaultKind) -> String {
    let of_side = |series: Series| {
        let curves = || panels.iter().flat_map(|panel| &panel.curves).filter(|curve| curve.series == series);
        let during = median(curves().filter_map(|curve| {
            median(curve.points.iter().filter(|(at, _)| *at >= 0.0 && *at < curve.record.lasted_s).map(|point| point.1))
        }))?;
        let back = median(curves().filter_map(|curve| curve.record.recovered_after_s));
        Some((during, back))
    };
    let parts: Vec<String> = names
        .iter()
        .filter_map(|(series, name)| {
            let (during, back) = of_side(*series)?;
            let back = back.map_or_else(String::new, |back| format!(", back within {} s", number(back)));
            Some(format!("{name} keeps {} of its goodput{back}", percent(during.clamp(0.0, 1.0))))
        })
        .collect();
    let how = match fault {
        FaultKind::Kill => "While a module is dead",
        FaultKind::Hang => "While a module hangs",
        FaultKind::Leak => "While a module leaks memory",
        FaultKind::Spin => "While a module spins",
        FaultKind::Slow => "While a module is slow",
    };
    format!("{how}, {} (medians over modules)", listed(&parts))
}

fn draw(width: f64, panels: &[Panel<'_>], names: &[(Series, &str)], label: &str) -> String {
    let narrow = width <= NARROW;
    let columns = if narrow { 2 } else { 4 }.min(panels.len());
    let rows = panels.len().div_ceil(columns);
    let (gap, head, panel_height) = (22.0, 24.0, 108.0);
    let panel_width = (width - 30.0 - gap * (columns as f64 - 1.0)) / columns as f64;
    let height = head + panel_height * rows as f64 + 6.0;
    let mut canvas = Canvas::new(width, height);
    let mut x = 30.0;
    for (series, name) in names {
        canvas.mark(*series, (x + 4.0, 9.0), 4.0);
        let name = shortened(name, 18);
        canvas.text(&format!("end s{}", series.0 % 5), (x + 13.0, 13.0), "start", &name);
        x += 34.0 + 7.5 * name.chars().count() as f64;
    }
    for (index, panel) in panels.iter().enumerate() {
        let left = 30.0 + (panel_width + gap) * (index % columns) as f64;
        let top = head + panel_height * (index / columns) as f64 + 18.0;
        draw_panel(&mut canvas, panel, (left, left + panel_width), (top, top + 66.0), index % columns == 0);
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel<'_>, across: (f64, f64), down: (f64, f64), scaled: bool) {
    let points = || panel.curves.iter().flat_map(|curve| curve.points.iter().copied());
    let first = points().map(|point| point.0).fold(0.0, f64::min);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let most = points().map(|point| point.1).fold(1.05, f64::max).min(2.0);
    let (x, y) = (Scale::linear((first, last), across), Scale::linear((0.0, most), (down.1, down.0)));
    let lasted = panel.curves.iter().map(|curve| curve.record.lasted_s).fold(0.0, f64::max);
    canvas.rectangle("fault", (x.place(0.0), down.0), (x.place(lasted) - x.place(0.0), down.1 - down.0));
    canvas.line("axis", (across.0, down.1), (across.1, down.1));
    canvas.line("grid", (across.0, y.place(1.0)), (across.1, y.place(1.0)));
    canvas.text("tick", (x.place(0.0), down.1 + 13.0), "middle", "0");
    canvas.text("tick", (x.place(lasted), down.1 + 13.0), "middle", &format!("{lasted:.0} s"));
    if scaled {
        canvas.text("tick", (across.0 - 5.0, y.place(1.0) + 4.0), "end", "1");
        canvas.text("tick", (across.0 - 5.0, y.place(0.0) + 4.0), "end", "0");
    }
    canvas.text("heading", (across.0, down.0 - 6.0), "start", panel.module);
    let mut recovered = Vec::new();
    for curve in &panel.curves {
        let places: Vec<(f64, f64)> = curve.points.iter().map(|(at, share)| (x.place(*at), y.place(*share))).collect();
        canvas.path(curve.series, if curve.series.0 == 0 { "solid thin" } else { "solid" }, &places);
        if let Some(middle) =
            places.iter().filter(|place| place.0 > x.place(lasted / 2.0)).min_by(|a, b| a.0.total_cmp(&b.0))
        {
            canvas.mark(curve.series, *middle, 3.4);
        }
        if let Some(after) = curve.record.recovered_after_s {
            recovered.push(format!("{} s", number(after)));
        } else {
            recovered.push("not back".to_owned());
        }
    }
    let recovered = recovered.join(" · ");
    if 7.0 * (panel.module.chars().count() + recovered.chars().count()) as f64 + 8.0 < across.1 - across.0 {
        canvas.text("note", (across.1, down.0 - 6.0), "end", &recovered);
    }
}
