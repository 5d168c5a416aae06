//! What visitors got while something was wrong: pure functions of a trace and what was measured of it.

use std::collections::BTreeMap;

use crate::archive::JourneyOutcome;
use crate::generator::{Measured, RIGHT_BIN};
use crate::workload::{Trace, Workload};

/// Goodput is smoothed over so many bins before it is compared with what it was: a bin holds few answers.
const SMOOTHED_OVER: usize = 4;
/// The share of the goodput before the fault from which on it counts as back.
const BACK_FROM: f64 = 0.7;

/// A stretch of a drive, seconds from its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// When the fault was in force.
    pub on: f64,
    /// When it was over.
    pub off: f64,
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
    let (first, on) = (SMOOTHED_OVER / 2, (window.on / bin) as usize);
    // The first bins hold visitors who come in, and none who go on.
    let before = bins.get(first..on).filter(|before| !before.is_empty())?;
    let enough = before.iter().sum::<u32>() as f64 / before.len() as f64 * BACK_FROM;
    let smoothed: Vec<f64> =
        bins.windows(SMOOTHED_OVER).map(|window| window.iter().sum::<u32>() as f64 / SMOOTHED_OVER as f64).collect();
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
