//! What visitors got while something was wrong: pure functions of a trace and what was measured of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::archive::JourneyOutcome;
use crate::generator::{Measured, RIGHT_BIN};
use crate::workload::{Trace, Workload};

/// Goodput is smoothed over so many answers before it is compared with what it was: a bin holds few, and few say little.
const SMOOTHED_OVER: f64 = 40.0;
/// The fewest and the most bins that it is smoothed over.
const FEWEST_BINS: usize = 4;
const MOST_BINS: usize = 12;
/// The share of the goodput before the fault from which on it counts as back.
const BACK_FROM: f64 = 0.65;

/// A stretch of a drive, seconds from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// When the fault was in force.
    pub on: f64,
    /// When it was over.
    pub off: f64,
}

impl Window {
    /// The part of it in which whoever began knew, before the fault was over, that it took longer than they would wait.
    pub fn decided_within(self, patience: Duration) -> Self {
        Self { off: (self.off - patience.as_secs_f64()).max(self.on), ..self }
    }
}

/// Books every journey that began within the window, in the workload's order: each is begun once, and survived when all its answers were
/// right and in time. One that was still on its way when the drive ended has not survived.
///
/// The trace must have one journey per session, as [`Arrivals::Open`](crate::workload::Arrivals) draws it: a visitor whose first journey
/// fails begins no second one.
pub fn book(workload: &Workload, trace: &Trace, measured: &Measured, window: Window) -> Vec<JourneyOutcome> {
    let mut booked: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    let journey_in_window = |session: usize| {
        let planned = &trace.sessions[session];
        let arrival = planned.arrival_ns as f64 / 1e9;
        (window.on..window.off).contains(&arrival).then(|| planned.journeys[0].journey)
    };
    for journey in (0..trace.sessions.len()).filter_map(journey_in_window) {
        booked.entry(journey).or_default().0 += 1;
    }
    for end in measured.ended.iter().filter(|end| end.whole) {
        if let Some(journey) = journey_in_window(end.session) {
            booked.entry(journey).or_default().1 += 1;
        }
    }
    let outcome = |(journey, (begun, survived)): (usize, (u64, u64))| JourneyOutcome {
        journey: workload.journeys[journey].name.clone(),
        begun,
        survived,
    };
    booked.into_iter().map(outcome).collect()
}

/// Requests answered rightly per second over time, until `end`; zero of the time is when the fault began.
pub fn goodput(measured: &Measured, on: f64, end: f64) -> Vec<(f64, f64)> {
    let bins = bins(measured, end);
    let pairs = bins.chunks(2).enumerate();
    let bin = RIGHT_BIN.as_secs_f64();
    pairs
        .map(|(index, pair)| {
            let rate = pair.iter().sum::<u32>() as f64 / (pair.len() as f64 * bin);
            (round(index as f64 * 2.0 * bin - on), rate.round())
        })
        .collect()
}

/// From the end of the fault until goodput was back for good, seconds; none when it was not back by `end`.
pub fn recovered_after(measured: &Measured, window: Window, end: f64) -> Option<f64> {
    let bin = RIGHT_BIN.as_secs_f64();
    let bins = bins(measured, end);
    // The first bins hold visitors who come in, and none who go on.
    let before = bins.get(1..(window.on / bin) as usize).filter(|before| !before.is_empty())?;
    let usual = f64::from(before.iter().sum::<u32>()) / before.len() as f64;
    let over = ((SMOOTHED_OVER / usual.max(1.0)).ceil() as usize).clamp(FEWEST_BINS, MOST_BINS);
    let enough = usual * BACK_FROM;
    let smoothed: Vec<f64> =
        bins.windows(over).map(|window| f64::from(window.iter().sum::<u32>()) / over as f64).collect();
    if *smoothed.last()? < enough {
        return None;
    }
    let last_bad = smoothed.iter().rposition(|rate| *rate < enough).map_or(0.0, |index| (index + 1) as f64 * bin);
    Some(round((last_bad - window.off).max(0.0)))
}

/// All bins until `end`, those without an answer too.
fn bins(measured: &Measured, end: f64) -> Vec<u32> {
    let mut bins = measured.right.clone();
    bins.resize((end / RIGHT_BIN.as_secs_f64()) as usize, 0);
    bins
}

/// To milliseconds, which is finer than a bin.
fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins of a drive with 20 right answers each, but for those of a dip.
    fn measured(bins: usize, dip: std::ops::Range<usize>) -> Measured {
        let right = (0..bins).map(|bin| if dip.contains(&bin) { 0 } else { 20 }).collect();
        Measured { right, ..Measured::default() }
    }

    const FAULT: Window = Window { on: 0.5, off: 1.5 };

    #[test]
    fn recovery_is_the_end_of_the_last_bad_stretch_after_the_fault() {
        let at_once = recovered_after(&measured(60, 10..30), FAULT, 3.0).unwrap();
        assert!(at_once <= 0.1, "{at_once}");
        let late = recovered_after(&measured(60, 10..40), FAULT, 3.0).unwrap();
        assert!((0.4..=0.6).contains(&late), "{late}: dead until 2.0 s, 0.5 s after the fault");
        assert_eq!(recovered_after(&measured(60, 0..0), FAULT, 3.0), Some(0.0), "nobody noticed");
        assert_eq!(recovered_after(&measured(60, 10..60), FAULT, 3.0), None, "never");
        assert_eq!(recovered_after(&measured(8, 0..0), FAULT, 3.0), None, "it answered nothing to the end");
    }

    #[test]
    fn goodput_is_told_from_when_the_fault_began() {
        let told = goodput(&measured(60, 10..30), 0.5, 3.0);
        assert_eq!(told.len(), 30);
        assert_eq!((told[0], told[5], told[20]), ((-0.5, 400.0), (0.0, 0.0), (1.5, 400.0)));
    }

    #[test]
    fn who_came_too_late_to_give_up_during_the_fault_is_left_out() {
        assert_eq!(FAULT.decided_within(Duration::from_millis(400)), Window { on: 0.5, off: 1.1 });
        assert_eq!(FAULT.decided_within(Duration::from_secs(4)), Window { on: 0.5, off: 0.5 });
    }
}
