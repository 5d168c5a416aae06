//! Prints `hop_vs_tonic`: calls per second over a line against tonic's unary calls for the same product, in one run.

mod set_up;
mod tonic_shelf;

use std::{process::ExitCode, time::Duration};

use hop_bench::{
    Figure,
    load::{Load, median},
    shelf::Hop,
};
use set_up::{CALLERS, Pace, SET_UPS, Tonic};

const NAME: &str = "hop_vs_tonic";

/// Rounds of which the median counts.
const ROUNDS: usize = 7;

/// How long each side is measured in one round: with all set-ups, half a minute in total.
const STRETCH: Duration = Duration::from_millis(600);

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figure is what this program is for")]
fn main() -> ExitCode {
    if let Some(unknown) = std::env::args().skip(1).find(|wanted| wanted != NAME) {
        eprintln!("there is no figure {unknown:?}; there is {NAME}");
        return ExitCode::from(2);
    }
    println!("{}", serde_json::to_string(&measure()).expect("a figure is text and a number"));
    ExitCode::SUCCESS
}

fn measure() -> Figure {
    let hop = Hop::start();
    let load = Load { callers: CALLERS, slow: false, timed: false };
    let tonics = SET_UPS.map(Tonic::start);
    let mut line = Vec::new();
    let mut rivals = SET_UPS.map(|_| Vec::new());
    // All take turns, so that whatever changes on the machine meanwhile changes for all.
    for _ in 0..ROUNDS {
        let measured = load.measure(&hop, STRETCH);
        line.push(Pace { rate: measured.rate(), cpu_us: measured.cpu_us() });
        for (tonic, paces) in tonics.iter().zip(&mut rivals) {
            paces.push(tonic.measure(STRETCH));
        }
    }
    judge(&line, &rivals)
}

/// Holds the line against whichever set-up of tonic answered most.
fn judge(line: &[Pace], rivals: &[Vec<Pace>; SET_UPS.len()]) -> Figure {
    let (best, paces) = SET_UPS
        .iter()
        .zip(rivals)
        .max_by(|(_, one), (_, other)| rate(one).total_cmp(&rate(other)))
        .expect("there is more than one set-up");
    let others: Vec<_> = SET_UPS
        .iter()
        .zip(rivals)
        .filter(|(set_up, _)| set_up.name != best.name)
        .map(|(set_up, paces)| format!("{} {}", set_up.name, text(paces)))
        .collect();
    let note = format!(
        "line {}; tonic at its best {} ({}); its other set-ups: {}; {CALLERS} callers, median of {ROUNDS} rounds; \
         tonic carries neither deadline nor identity, the line both",
        text(line),
        text(paces),
        best.name,
        others.join(", ")
    );
    let value = median(line.iter().zip(paces).map(|(ours, theirs)| ours.rate / theirs.rate));
    Figure { name: NAME, value, unit: "x", note }
}

fn rate(paces: &[Pace]) -> f64 {
    median(paces.iter().map(|pace| pace.rate))
}

fn text(paces: &[Pace]) -> String {
    format!("{:.0}/s at {:.1} us of CPU per call", rate(paces), median(paces.iter().map(|pace| pace.cpu_us)))
}
