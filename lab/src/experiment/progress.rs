//! What a person sees while a comparison runs: a live view in a terminal, plain lines elsewhere.
//!
//! ```text
//! ━━━━━━━━━━━━━━━━╸─────────────  round 3 of 10 · 50 blocks in all · 4 min 10 s left
//!   50 % load, services    1,234/s offered    1,230/s answered    p50 1.42 ms    p99 8.31 ms
//!   services / monolith    CPU ±1.8 % ✓    p50 ±4.1 % → 2 %    p99 ±12 % → 10 %
//! ```

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::block::Extent;
use super::forecast::Forecast;
use crate::archive::{Block, SideRecord};
use crate::generator::Progress;
use crate::protocol::Protocol;
use crate::report::words::number;
use crate::statistics::Width;

/// The display; it writes to stderr, stdout belongs to the result.
pub(super) struct Display {
    lines: MultiProgress,
    /// Where the run stands.
    place: ProgressBar,
    /// How the stretch goes that is being driven.
    stretch: ProgressBar,
    /// How wide the intervals are, a line for each compared side but the first.
    widths: RefCell<Vec<ProgressBar>>,
    in_terminal: bool,
    forecast: RefCell<Forecast>,
}

impl Display {
    pub(super) fn new() -> Self {
        let in_terminal = std::io::stderr().is_terminal();
        let target = if in_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = MultiProgress::with_draw_target(target);
        let place = lines.add(ProgressBar::new(1));
        place.set_style(style("{bar:30.cyan}  {wide_msg}").progress_chars("━╸─"));
        place.set_message("before the rounds");
        let stretch = lines.add(ProgressBar::new_spinner());
        stretch.set_style(style("  {wide_msg}"));
        Self { lines, place, stretch, widths: RefCell::default(), in_terminal, forecast: RefCell::default() }
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        if self.in_terminal {
            // A line that the terminal does not take is lost to a person who has closed it.
            let _ = self.lines.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    pub(super) fn begin_round(&self, protocol: &Protocol, round: u32, extent: Extent) {
        let mut forecast = self.forecast.borrow_mut();
        forecast.begin_round(extent);
        let blocks = forecast.planned_blocks();
        self.place.set_length(blocks);
        self.place.set_position(forecast.measured_blocks());
        let rounds = forecast.rounds().max(round);
        let about = if protocol.stopping.is_some() { "about " } else { "" };
        let left = in_words(forecast.left());
        self.place
            .set_message(format!("round {round} of {about}{rounds} · {about}{blocks} blocks in all · {left} left"));
        self.stretch.set_message("starting every side on restored data");
    }

    /// How the stretch goes that is being driven.
    pub(super) fn show(&self, label: &str, offered: Option<f64>, elapsed: Duration, progress: &Progress) {
        if !self.in_terminal {
            return;
        }
        let achieved = progress.answered.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64().max(0.001);
        let (p50, p99) = progress.percentiles.lock().map(|percentiles| *percentiles).unwrap_or_default();
        let offered = offered.map_or_else(String::new, |rate| format!("{:>7}/s offered    ", number(rate.round())));
        self.stretch.set_message(format!(
            "{label:<12}  {offered}{:>7}/s answered    p50 {} ms    p99 {} ms",
            number(achieved.round()),
            number(p50 as f64 / 1000.0),
            number(p99 as f64 / 1000.0)
        ));
    }

    pub(super) fn end_block(&self, block: &Block) {
        let mut forecast = self.forecast.borrow_mut();
        forecast.end_block();
        self.place.set_position(forecast.measured_blocks());
        self.stretch.set_message("");
        if !self.in_terminal {
            let loads: Vec<String> = block
                .points
                .iter()
                .map(|point| {
                    let cpu = point.cpu_ns.get(&crate::side::Role::Side).copied().unwrap_or_default();
                    format!("{}: {:.0} µs CPU", point.load, cpu as f64 / 1000.0 / point.answered.max(1) as f64)
                })
                .collect();
            eprintln!(
                "block {} of {}: round {}, {} ({})",
                forecast.measured_blocks(),
                forecast.planned_blocks(),
                block.round,
                block.side,
                loads.join(", ")
            );
        }
        for trouble in &block.troubles {
            self.say(&format!("  {}: {trouble}", block.side));
        }
        if let Some(verification) = block.verification.as_ref().filter(|verification| !verification.holds) {
            self.say(&format!("  {}: invariants do not hold:\n{}", block.side, verification.text.trim()));
        }
    }

    /// Tells how many blocks a round has and how many rounds there probably are.
    pub(super) fn begin_rounds(&self, protocol: &Protocol, sides: &[SideRecord]) {
        *self.forecast.borrow_mut() = Forecast::of(protocol, sides);
    }

    /// How wide the intervals are after a round.
    pub(super) fn end_round(&self, protocol: &Protocol, round: u32, first: &str, widths: &[Width]) {
        self.forecast.borrow_mut().end_round();
        if let Some(rule) = &protocol.stopping {
            self.forecast.borrow_mut().expect_rounds(rule.probable_rounds(round, widths).max(round));
        }
        let mut sides: Vec<&str> = widths.iter().map(|width| width.side.as_str()).collect();
        sides.dedup();
        let longest = sides.iter().map(|side| side.chars().count()).max().unwrap_or_default();
        for (index, side) in sides.iter().enumerate() {
            let of_side: Vec<String> = widths
                .iter()
                .filter(|width| width.side == *side && width.half_width.is_some())
                .map(one_width)
                .collect();
            let line = format!("{side:<longest$} / {first}    {}", of_side.join("    "));
            if self.in_terminal {
                let mut bars = self.widths.borrow_mut();
                if bars.len() <= index {
                    let bar = self.lines.add(ProgressBar::new_spinner());
                    bar.set_style(style("  {wide_msg}"));
                    bars.push(bar);
                }
                bars[index].set_message(line);
            } else if !of_side.is_empty() {
                eprintln!("after round {round}: {line}");
            }
        }
    }

    /// The rounds are over; what was asked for beside them may follow.
    pub(super) fn end_rounds(&self) {
        self.place.set_message("after the rounds");
        self.stretch.set_message("");
    }

    pub(super) fn finish(&self) {
        for bar in self.widths.borrow().iter().chain([&self.stretch, &self.place]) {
            bar.finish_and_clear();
        }
    }
}

/// `p50 ±4.1 % → 2 %` while it is wide, `CPU ±1.8 % ✓` when it is narrow enough.
fn one_width(width: &Width) -> String {
    let name = if width.metric == "cpu_per_request" { "CPU" } else { &width.metric };
    let found = width.half_width.unwrap_or(f64::INFINITY) * 100.0;
    if found >= 100.0 {
        // Two rounds have an interval, but one of no use to anybody.
        return format!("{name} not known yet");
    }
    let digits = usize::from(found < 9.95);
    let target = if width.is_narrow() { "✓".to_owned() } else { format!("→ {:.0} %", width.target * 100.0) };
    format!("{name} ±{found:.digits$} % {target}")
}

fn in_words(left: Duration) -> String {
    let seconds = left.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        // Nobody plans by the second when minutes remain.
        (minutes @ 1..=9, seconds) => format!("{minutes} min {} s", seconds / 10 * 10),
        (minutes, _) => format!("{minutes} min"),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_shown_against_its_target_until_it_meets_it() {
        let width = |half_width| Width {
            metric: "cpu_per_request".to_owned(),
            side: "services".to_owned(),
            half_width: Some(half_width),
            target: 0.02,
        };
        assert_eq!(one_width(&width(0.0412)), "CPU ±4.1 % → 2 %");
        assert_eq!(one_width(&width(0.123)), "CPU ±12 % → 2 %");
        assert_eq!(one_width(&width(0.018)), "CPU ±1.8 % ✓");
        assert_eq!(one_width(&width(40_915.0)), "CPU not known yet");
    }

    #[test]
    fn the_time_left_is_said_as_people_say_it() {
        assert_eq!(in_words(Duration::from_secs(42)), "42 s");
        assert_eq!(in_words(Duration::from_secs(257)), "4 min 10 s");
        assert_eq!(in_words(Duration::from_secs(1500)), "25 min");
    }
}
