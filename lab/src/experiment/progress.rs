//! What a person sees while a comparison runs: a bar in a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::archive::Block;
use crate::generator::Progress;

/// The display; it writes to stderr, stdout belongs to the result.
pub(super) struct Display {
    bar: ProgressBar,
    in_terminal: bool,
}

impl Display {
    pub(super) fn new(blocks: u64) -> Self {
        let in_terminal = std::io::stderr().is_terminal();
        let target = if in_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(blocks), target);
        let style = ProgressStyle::with_template("{bar:24} block {pos}/{len}  {prefix}\n  {msg}")
            .expect("the template is a constant");
        bar.set_style(style.progress_chars("━╸─"));
        Self { bar, in_terminal }
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        if self.in_terminal {
            self.bar.println(line);
        } else {
            eprintln!("{line}");
        }
    }

    pub(super) fn begin_block(&self, round: u32, rounds: u32, side: &str, elapsed: Duration) {
        let done = self.bar.position();
        let left = match (done, self.bar.length()) {
            (1.., Some(all)) => format!(", about {} s left", (all - done) * elapsed.as_secs() / done),
            _ => String::new(),
        };
        self.bar.set_prefix(format!("round {round}/{rounds}  {side}{left}"));
        self.bar.set_message("starting");
    }

    /// How the stretch goes that is being driven.
    pub(super) fn show(&self, label: &str, offered: Option<f64>, elapsed: Duration, progress: &Progress) {
        if !self.in_terminal {
            return;
        }
        let achieved = progress.answered.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64().max(0.001);
        let (p50, p99) = progress.percentiles.lock().map(|percentiles| *percentiles).unwrap_or_default();
        let offered = offered.map_or_else(String::new, |rate| format!("{rate:.0} offered, "));
        let (p50, p99) = (p50 as f64 / 1000.0, p99 as f64 / 1000.0);
        self.bar.set_message(format!("{label}: {offered}{achieved:.0} requests/s, p50 {p50:.2} ms, p99 {p99:.2} ms"));
    }

    pub(super) fn end_block(&self, block: &Block) {
        self.bar.inc(1);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
        if !self.in_terminal {
            let loads: Vec<String> = block
                .points
                .iter()
                .map(|point| {
                    let cpu = point.cpu_ns.get(&crate::side::Role::Side).copied().unwrap_or_default();
                    format!("{}: {:.0} µs CPU", point.load, cpu as f64 / 1000.0 / point.answered.max(1) as f64)
                })
                .collect();
            eprintln!("block {done} of {all}: round {}, {} ({})", block.round, block.side, loads.join(", "));
        }
        for trouble in &block.troubles {
            self.say(&format!("  {}: {trouble}", block.side));
        }
        if let Some(verification) = block.verification.as_ref().filter(|verification| !verification.holds) {
            self.say(&format!("  {}: invariants do not hold:\n{}", block.side, verification.text.trim()));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
