//! Measures what a call costs, here and over a hop, each against a hand-written rival in the same run.
//!
//! All numbers are ratios of medians over interleaved rounds, because absolute times change with the machine and its mood. Both ends run in
//! this process, on threads of their own (two workers each side), so that the process's CPU clock counts both.

pub mod cpu;
pub mod echo;
mod here;
pub mod load;
mod page;
pub mod shelf;

use std::time::Duration;

use load::{Load, Measured, Rival, median};
use serde::Serialize;

/// One measured value.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The name of the gate it is for.
    pub name: &'static str,
    /// The value.
    pub value: f64,
    /// What it counts: `ratio` or `ns`.
    pub unit: &'static str,
    /// The absolute numbers behind it.
    pub note: String,
}

/// What can be measured here.
pub const NAMES: [&str; 7] =
    ["call_here", "call_here_ns", "hop_cpu", "hop_cpu_mixed", "hop_p50", "hop_slow_neighbour", "four_hops"];

/// How long one side is measured in one round.
const STRETCH: Duration = Duration::from_millis(700);

/// Rounds of which the median counts.
const ROUNDS: usize = 7;

/// One call in a hundred waits this long, where calls are mixed.
pub const SLOW: Duration = Duration::from_millis(50);

/// Measures what is wanted; everything when nothing is named. Hands each figure to `report` as soon as it is known.
pub fn measure(wanted: &[String], mut report: impl FnMut(Figure)) {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if is_wanted("call_here") || is_wanted("call_here_ns") {
        here::measure().into_iter().filter(|figure| is_wanted(figure.name)).for_each(&mut report);
    }
    if ["hop_cpu", "hop_cpu_mixed", "hop_p50", "hop_slow_neighbour"].into_iter().any(is_wanted) {
        let (echo, hop) = (echo::Echo::start(), shelf::Hop::start());
        if is_wanted("hop_cpu") {
            report(cpu_per_call("hop_cpu", &hop, &echo, Load { callers: 64, slow: false, timed: false }));
        }
        if is_wanted("hop_cpu_mixed") {
            report(cpu_per_call("hop_cpu_mixed", &hop, &echo, Load { callers: 64, slow: true, timed: false }));
        }
        if is_wanted("hop_p50") {
            report(p50(&hop, &echo));
        }
        if is_wanted("hop_slow_neighbour") {
            report(slow_neighbour(&hop));
        }
    }
    if is_wanted("four_hops") {
        report(page::measure());
    }
}

fn cpu_per_call(name: &'static str, hop: &impl Rival, echo: &impl Rival, load: Load) -> Figure {
    let (ours, theirs) = interleaved(|| load.measure(hop, STRETCH), || load.measure(echo, STRETCH));
    let (ours, theirs) = (median(ours.iter().map(Measured::cpu_us)), median(theirs.iter().map(Measured::cpu_us)));
    let note = format!("{ours:.2} us of CPU per call, both ends, where the echo takes {theirs:.2}");
    Figure { name, value: ours / theirs, unit: "ratio", note }
}

fn p50(hop: &impl Rival, echo: &impl Rival) -> Figure {
    let load = Load { callers: 1, slow: false, timed: true };
    let (ours, theirs) = interleaved(|| load.measure(hop, STRETCH), || load.measure(echo, STRETCH));
    let p50 = |measured: &Measured| measured.fast_us(0.5);
    let (ours, theirs) = (median(ours.iter().map(p50)), median(theirs.iter().map(p50)));
    let note = format!("{ours:.0} us with one caller, where the echo takes {theirs:.0}");
    Figure { name: "hop_p50", value: ours / theirs, unit: "ratio", note }
}

fn slow_neighbour(hop: &impl Rival) -> Figure {
    let load = |slow| Load { callers: 64, slow, timed: true };
    let (with, without) = interleaved(|| load(true).measure(hop, STRETCH), || load(false).measure(hop, STRETCH));
    let p99 = |measured: &Measured| measured.fast_us(0.99);
    let (with, without) = (median(with.iter().map(p99)), median(without.iter().map(p99)));
    let note = format!(
        "p99 of the fast calls {with:.0} us beside one in a hundred that waits {} ms, {without:.0} without; 64 callers",
        SLOW.as_millis()
    );
    Figure { name: "hop_slow_neighbour", value: with / without, unit: "ratio", note }
}

/// Takes turns, so that whatever changes on the machine meanwhile changes for both.
fn interleaved<T>(mut ours: impl FnMut() -> T, mut theirs: impl FnMut() -> T) -> (Vec<T>, Vec<T>) {
    let mut pairs = Vec::new();
    for round in 0..ROUNDS {
        // Whoever goes first finds warmer or colder caches; so they swap.
        pairs.push(if round % 2 == 0 {
            let ours = ours();
            (ours, theirs())
        } else {
            let theirs = theirs();
            (ours(), theirs)
        });
    }
    pairs.into_iter().unzip()
}
