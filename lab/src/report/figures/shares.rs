//! Figure 7: where the CPU of a request goes, stacked by process, and within one process by the time of its modules' handlers.

use std::collections::BTreeMap;

use super::canvas::Canvas;
use super::load::{number_short, shortened};
use super::scale::{Scale, linear_ticks};
use super::{Figure, NARROW};
use crate::analysis::{Kind, Metric, absolute, load_label};
use crate::archive::Run;
use crate::report::words::{bracket_number, number, percent};
use crate::report::{edges, focus};
use crate::side::Role;
use crate::statistics::Interval;

/// The name of what no handler covers.
const REST: &str = "the rest";

/// A part of a side's bar.
struct Part {
    name: String,
    cpu_us: f64,
    /// Measured by a process clock, or by the time of handlers.
    by_clock: bool,
}

struct Bar {
    side: String,
    total: f64,
    interval: Option<Interval>,
    parts: Vec<Part>,
    /// Writing and reading of questions and answers, where it was traced.
    serialised_us: Option<f64>,
}

/// Draws the figure; none when no side has CPU at the headline load.
pub(crate) fn shares(run: &Run) -> Option<Figure> {
    let bars: Vec<Bar> = focus::shown(run).into_iter().filter_map(|(_, side)| bar(run, &side.name)).collect();
    let most = bars.iter().filter(|bar| bar.parts.len() > 1).max_by_key(|bar| bar.parts.len())?;
    let largest =
        most.parts.iter().filter(|part| !part.name.is_empty()).max_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us))?;
    let title = format!(
        "Of the {} µs that a request costs in {}, {} goes to {}",
        number(most.total),
        most.side,
        percent(largest.cpu_us / most.total),
        largest.name
    );
    let label = title.clone();
    let caption = caption(run, &bars);
    Some(Figure::draw_full("7", title, &caption, |width| draw(width, &bars, &label)))
}

fn caption(run: &Run, bars: &[Bar]) -> String {
    let mut caption = format!(
        "CPU per request in microseconds at {}, with its 95 % interval over blocks. Plain parts are processes: each one's share of the \
         CPU of whole blocks, by the kernel's clocks.",
        load_label(&run.protocol.headline_load.to_string())
    );
    if bars.iter().any(|bar| bar.parts.iter().any(|part| !part.by_clock)) {
        caption.push_str(
            " Hatched parts divide one process by the time that its modules' own handlers took in the traced pass; that time holds waits, so a \
             part is an upper bound. The rest is what no handler covers: the web server, templates, the kernel.",
        );
    }
    let serialised: Vec<String> =
        bars.iter().filter_map(|bar| Some(format!("{} µs in {}", number(bar.serialised_us?), bar.side))).collect();
    if !serialised.is_empty() {
        caption.push_str(&format!(
            " Of it, questions and answers between processes are written and read for {}.",
            serialised.join(" and ")
        ));
    }
    caption.push_str(" The kernel's share is not told apart: no clock of a process does that for each request. The database is inside the processes.");
    caption
}

fn bar(run: &Run, side: &str) -> Option<Bar> {
    let load = run.protocol.headline_load.to_string();
    let metric = Metric { kind: Kind::CpuPerRequest, load: Some(load), headline: true };
    let (total, interval) = absolute(run, &metric, side).filter(|(total, _)| total.is_finite() && *total > 0.0)?;
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for block in run.blocks.iter().filter(|block| block.side == side) {
        for process in block.processes.iter().filter(|process| process.role == Role::Side) {
            *sums.entry(&process.command).or_default() += process.cpu_ns;
        }
    }
    let all: u64 = sums.values().sum();
    let commands: Vec<&str> = sums.keys().copied().collect();
    let mut parts: Vec<Part> = sums
        .iter()
        .filter(|_| all > 0)
        .map(|(command, cpu)| Part {
            name: process_name(command, &commands, side),
            cpu_us: total * *cpu as f64 / all as f64,
            by_clock: true,
        })
        .collect();
    parts.sort_by(|a, b| b.cpu_us.total_cmp(&a.cpu_us));
    let pass = edges::pass_of(run, side);
    if let (1, Some(pass)) = (parts.len(), pass) {
        let own = edges::own_time_us(pass);
        let sum: f64 = own.iter().map(|(_, time)| time).sum();
        // Handlers that took longer than all the CPU there was mostly waited: dividing the CPU by them would be made up.
        if sum > 0.0 && sum < total {
            parts = own.into_iter().map(|(name, cpu_us)| Part { name, cpu_us, by_clock: false }).collect();
            parts.push(Part { name: REST.to_owned(), cpu_us: total - sum, by_clock: true });
        }
    }
    let serialised_us = pass.map(|pass| {
        let sum: u64 = pass.edges.iter().map(|edge| edge.time.serialise_ns + edge.time.deserialise_ns).sum();
        sum as f64 / 1000.0 / edges::requests(pass).max(1) as f64
    });
    Some(Bar { side: side.to_owned(), total, interval, parts, serialised_us: serialised_us.filter(|time| *time > 0.0) })
}

/// What tells a process from the others of its side: its arguments without those that all of them begin with.
fn process_name(command: &str, commands: &[&str], side: &str) -> String {
    if commands.len() < 2 {
        return side.to_owned();
    }
    let words: Vec<&str> = command.split(' ').collect();
    let common = (0..words.len())
        .take_while(|index| commands.iter().all(|other| other.split(' ').nth(*index) == Some(words[*index])))
        .count();
    let own = words[common..].join(" ");
    if own.is_empty() { command.to_owned() } else { own }
}

fn draw(width: f64, bars: &[Bar], label: &str) -> String {
    let narrow = width <= NARROW;
    let (left, right) = (2.0, width - 8.0);
    let row_height = if narrow { 112.0 } else { 106.0 };
    let height = row_height * bars.len() as f64 + 40.0;
    let most = bars
        .iter()
        .map(|bar| bar.interval.map_or(bar.total, |interval| interval.high.max(bar.total)))
        .fold(0.0, f64::max);
    let x = Scale::linear((0.0, most * 1.02), (left, right));
    let mut canvas = Canvas::new(width, height);
    let bottom = row_height * bars.len() as f64;
    for tick in linear_ticks(most * 1.02, if narrow { 4 } else { 8 }) {
        canvas.line("axis", (x.place(tick), bottom), (x.place(tick), bottom + 4.0));
        canvas.text(
            "tick",
            (x.place(tick), bottom + 17.0),
            if tick == 0.0 { "start" } else { "middle" },
            &number_short(tick),
        );
    }
    canvas.line("axis", (left, bottom), (right, bottom));
    canvas.text("label", (f64::midpoint(left, right), height - 6.0), "middle", "µs of CPU per request");
    for (row, bar) in bars.iter().enumerate() {
        let top = row_height * row as f64 + 24.0;
        let total = bar.interval.map_or_else(String::new, |interval| format!(" {}", bracket_number(interval)));
        canvas.text("heading", (left, top - 8.0), "start", &bar.side);
        canvas.text("value", (right, top - 8.0), "end", &format!("{}{total} µs", number(bar.total)));
        draw_bar(&mut canvas, bar, &x, top, narrow);
    }
    canvas.finish(label, if narrow { "narrow" } else { "wide" })
}

/// Parts from the largest, each named where it has room; what is left is named together.
fn draw_bar(canvas: &mut Canvas, bar: &Bar, x: &Scale, top: f64, narrow: bool) {
    let bar_height = 26.0;
    let (mut from, mut unnamed) = (0.0, Vec::new());
    let mut unnamed_from = None;
    for (index, part) in bar.parts.iter().enumerate() {
        let (start, end) = (x.place(from), x.place(from + part.cpu_us));
        let class = match (part.by_clock, index % 2) {
            (true, 0) => "share",
            (true, _) => "share pale",
            (false, 0) => "share hatched",
            (false, _) => "share hatched pale",
        };
        let words =
            format!("{}: {} µs per request, {}", part.name, number(part.cpu_us), percent(part.cpu_us / bar.total));
        canvas.told_rectangle(class, (start, top), (end - start - 1.0, bar_height), &words);
        let room = ((end - start - 8.0) / 6.7) as usize;
        let value = number(part.cpu_us);
        if part.name == REST {
            let text = format!("{REST} {value}");
            canvas.text("named number", (end, top + bar_height + 28.0), "end", &text);
            continue;
        }
        // From the first part without room on, all are named together: they are the smaller ones.
        if unnamed.is_empty() && room >= 5 && room >= part.name.chars().count().min(if narrow { 8 } else { 12 }) {
            canvas.text("named", (start + 4.0, top + bar_height + 14.0), "start", &shortened(&part.name, room));
            canvas.text("named number", (start + 4.0, top + bar_height + 27.0), "start", &value);
        } else {
            unnamed_from.get_or_insert(start);
            unnamed.push((part.name.as_str(), part.cpu_us));
        }
        from += part.cpu_us;
    }
    if let (Some(start), false) = (unnamed_from, unnamed.is_empty()) {
        let sum: f64 = unnamed.iter().map(|(_, cpu)| cpu).sum();
        let text = match &unnamed[..] {
            [(name, _)] => format!("{name} {}", number(sum)),
            several => format!("{} smaller: {}", several.len(), number(sum)),
        };
        let room = x.place(from) - start;
        let (anchor, at) =
            if room < 6.5 * text.chars().count() as f64 { ("end", x.place(from)) } else { ("start", start + 4.0) };
        canvas.text(
            "named number",
            (at, top + bar_height + if anchor == "start" { 14.0 } else { 41.0 }),
            anchor,
            &text,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_by_what_tells_it_from_the_others() {
        let commands = ["serve services cart", "serve services orders"];
        assert_eq!(process_name(commands[0], &commands, "services"), "cart");
        assert_eq!(process_name("node server.js", &["node server.js"], "one"), "one");
        assert_eq!(process_name("a", &["a", "a b"], "x"), "a", "never empty");
    }
}
