//! Figure 10: from a changed file to a visitor answered by it, module by module.

use super::canvas::{Canvas, Series};
use super::load::{number_short, shortened};
use super::scale::{Scale, linear_ticks};
use super::{Figure, NARROW};
use crate::archive::{ChangeRecord, Run};
use crate::report::words::{listed, median, number};

/// What was changed, with its rows.
struct Panel<'r> {
    changed: &'r str,
    modules: Vec<&'r str>,
}

/// Draws the figure; none when no change was timed.
pub(crate) fn change(run: &Run) -> Option<Figure> {
    let changes: Vec<&ChangeRecord> = run.benefits.changes.iter().filter(|change| total(change).is_finite()).collect();
    let mut panels: Vec<Panel<'_>> = Vec::new();
    let mut shapes: Vec<&str> = Vec::new();
    for change in &changes {
        if !shapes.contains(&change.shape.as_str()) {
            shapes.push(&change.shape);
        }
        match panels.iter_mut().find(|panel| panel.changed == change.changed) {
            Some(panel) if panel.modules.contains(&change.module.as_str()) => {}
            Some(panel) => panel.modules.push(&change.module),
            None => panels.push(Panel { changed: &change.changed, modules: vec![&change.module] }),
        }
    }
    let first = panels.first()?;
    let parts: Vec<String> = shapes
        .iter()
        .filter_map(|shape| {
            let of_shape = changes.iter().filter(|change| change.shape == **shape && change.changed == first.changed);
            Some(format!("{} s as {shape}", number(median(of_shape.map(|change| total(change)))?)))
        })
        .collect();
    let title =
        format!("A changed {} answers visitors after {}, in the median over modules", first.changed, listed(&parts));
    let label = title.clone();
    Some(Figure::draw(
        "10",
        title,
        "Seconds from the change of one file until a visitor was answered by it: the build, and from the small stroke on the restart. \
         Each was timed once, in a scratch copy of the work tree whose other parts were built already, so there is no interval.",
        |width| draw(width, &panels, &shapes, &changes, &label),
    ))
}

fn total(change: &ChangeRecord) -> f64 {
    change.build_s + change.restart_s
}

fn draw(width: f64, panels: &[Panel<'_>], shapes: &[&str], changes: &[&ChangeRecord], label: &str) -> String {
    let narrow = width <= NARROW;
    let (row_height, head) = (22.0, 30.0);
    let rows: usize = panels.iter().map(|panel| panel.modules.len()).sum();
    let bottom = 20.0 + row_height * rows as f64 + head * panels.len() as f64;
    let (left, right) = (if narrow { 106.0 } else { 122.0 }, width - 14.0);
    let most = changes.iter().map(|change| total(change)).fold(0.0, f64::max) * 1.06;
    let x = Scale::linear((0.0, most), (left, right));
    let mut canvas = Canvas::new(width, bottom + 40.0);
    let mut at = if narrow { 0.0 } else { left };
    for (index, shape) in shapes.iter().enumerate() {
        canvas.mark(Series(index), (at + 4.0, 8.0), 4.2);
        canvas.text(&format!("end s{}", index % 5), (at + 12.0, 12.0), "start", shape);
        at += 30.0 + 6.8 * shape.chars().count() as f64;
    }
    for tick in linear_ticks(most, if narrow { 4 } else { 6 }) {
        canvas.line("grid", (x.place(tick), 24.0), (x.place(tick), bottom));
        canvas.text("tick", (x.place(tick), bottom + 15.0), "middle", &number_short(tick));
    }
    canvas.text("label", (f64::midpoint(left, right), bottom + 34.0), "middle", "seconds");
    let mut y = 20.0;
    for panel in panels {
        canvas.text("heading", (0.0, y + 22.0), "start", &format!("its {} changed", panel.changed));
        y += head;
        for module in &panel.modules {
            let middle = y + row_height / 2.0;
            canvas.text("row", (left - 8.0, middle + 4.0), "end", &shortened(module, if narrow { 13 } else { 16 }));
            for (index, shape) in shapes.iter().enumerate() {
                let found = changes.iter().find(|change| {
                    change.module == *module && change.changed == panel.changed && change.shape == *shape
                });
                let Some(change) = found else { continue };
                // Two shapes share a row, one a little above the other.
                let level = middle
                    + if shapes.len() > 1 { 7.0 * (index as f64 / (shapes.len() - 1) as f64 - 0.5) } else { 0.0 };
                let class = format!("interval s{}", index % 5);
                canvas.line(&format!("thread s{}", index % 5), (left, level), (x.place(change.build_s), level));
                canvas.line(&class, (x.place(change.build_s), level), (x.place(total(change)), level));
                canvas.line(&class, (x.place(change.build_s), level - 3.0), (x.place(change.build_s), level + 3.0));
                canvas.mark(Series(index), (x.place(total(change)), level), 3.4);
            }
            y += row_height;
        }
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}
