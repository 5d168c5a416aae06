//! The trust panel: what must be right before a verdict may be used.

use serde::Serialize;

use super::{Company, Kind, Metric, again};
use crate::archive::{Part, Point, Run, SideRecord};
use crate::generator::new_histogram;
use crate::protocol::own_percent;
use crate::statistics::{Interval, difference_interval_at};

/// The lateness of the generator, p99, from which on a run is not used, milliseconds.
pub const LATENESS_LIMIT_MS: f64 = 1.0;
/// The share of arrivals that the generator may fail to send.
const UNSENT_LIMIT: f64 = 0.001;
/// The share of wrong answers from which on a side has no latency.
pub(super) const WRONG_LIMIT: f64 = 0.001;
/// How many blocks a side must have.
const FEWEST_ROUNDS: u32 = 5;
/// How far from 1 the first side against itself may lie when its interval does not hold 1.
const AGAIN_TOLERANCE: f64 = 0.02;
/// How wide its interval may be to either side: one that holds everything says nothing.
const AGAIN_WIDEST: f64 = 0.25;
/// The same for a known delta, as a share of it.
const DELTA_WIDEST: f64 = 0.5;

/// One control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// What is controlled.
    pub name: String,
    /// The metric it is read from, where it is one.
    pub metric: Option<String>,
    /// The unit of the figures.
    pub unit: &'static str,
    /// What should be found, or the limit.
    #[serde(serialize_with = "super::six_digits")]
    pub expected: Option<f64>,
    /// What was found.
    #[serde(serialize_with = "super::six_digits")]
    pub found: Option<f64>,
    /// The 95 % interval over blocks, where there is one.
    #[serde(serialize_with = "super::six_digits")]
    pub low: Option<f64>,
    /// See `low`.
    #[serde(serialize_with = "super::six_digits")]
    pub high: Option<f64>,
    /// Whether it is as it should be.
    pub holds: bool,
    /// Whether the verdicts stand and fall with it.
    pub decides: bool,
}

/// Judges all controls; the reasons say why the verdicts may not be used.
pub(super) fn judge(run: &Run) -> (Vec<Control>, Vec<String>) {
    let mut controls = Vec::new();
    let mut reasons = Vec::new();
    if !run.complete {
        reasons.push("the run is incomplete: not all that was planned was measured".to_owned());
    }
    let rounds = run.protocol.measured_rounds();
    if rounds < FEWEST_ROUNDS {
        reasons.push(format!("{rounds} blocks a side support nothing: {FEWEST_ROUNDS} are the least"));
    }
    if !run.placement.is_apart() {
        reasons.push("the generator had no CPU of its own, so it and the sides slowed each other down".to_owned());
    }
    judge_again(run, &mut controls, &mut reasons);
    judge_deltas(run, &mut controls, &mut reasons);
    judge_generator(run, &mut controls, &mut reasons);
    controls.push(company(run));
    judge_answers(run, &mut controls, &mut reasons);
    for block in &run.blocks {
        for trouble in &block.troubles {
            reasons.push(format!("round {}, {}: {trouble}", block.round, block.side));
        }
    }
    (controls, reasons)
}

fn judge_again(run: &Run, controls: &mut Vec<Control>, reasons: &mut Vec<String>) {
    for metric in
        Metric::all(&run.protocol).into_iter().filter(|metric| metric.headline && metric.kind != Kind::Capacity)
    {
        let interval = again(run, &metric);
        let is_one = |interval: Interval| {
            interval.holds(1.0) || (interval.low >= 1.0 - AGAIN_TOLERANCE && interval.high <= 1.0 + AGAIN_TOLERANCE)
        };
        let is_known = |interval: Interval| interval.high <= interval.low * (1.0 + AGAIN_WIDEST).powi(2);
        let holds = interval.is_some_and(|interval| is_one(interval) && is_known(interval));
        // One of several 95 % intervals misses now and then; these two carry the verdicts, the others are shown.
        let decides = matches!(metric.kind, Kind::CpuPerRequest | Kind::P50);
        if decides && !holds {
            reasons.push(match interval {
                Some(found) if is_one(found) => format!(
                    "the first side against itself is known no better than as {:.3} [{:.3}, {:.3}] in {}: this machine was too restless",
                    found.estimate, found.low, found.high, metric.label()
                ),
                Some(found) => format!(
                    "the first side against itself differs in {}: {:.3} [{:.3}, {:.3}], so this machine cannot tell such differences apart",
                    metric.label(), found.estimate, found.low, found.high
                ),
                None => format!("the first side was not measured against itself often enough ({})", metric.label()),
            });
        }
        controls.push(Control {
            name: format!("A/A {}", metric.label()),
            metric: Some(metric.name()),
            unit: "ratio",
            expected: Some(1.0),
            found: interval.map(|interval| interval.estimate),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            holds,
            decides,
        });
    }
}

fn judge_deltas(run: &Run, controls: &mut Vec<Control>, reasons: &mut Vec<String>) {
    let protocol = &run.protocol;
    let (delay_ms, burn_us) = (protocol.injected_delay_us as f64 / 1000.0, protocol.injected_burn_us as f64);
    let cases = [
        (Part::KnownDelay, "known delay per request", Kind::P50, delay_ms),
        (Part::KnownBurn, "known CPU burn per request", Kind::CpuPerRequest, burn_us),
    ];
    for (part, name, kind, expected) in cases {
        let Some(first) = run.compared().next() else { continue };
        let metric = delta_metric(run, part, kind);
        let Some(side) = run.side_for(part) else {
            controls.extend((expected > 0.0).then(|| left_out(name, &metric, expected, first)));
            continue;
        };
        let interval = difference_interval_at(protocol.level(), &metric.pairs(run, &first.name, &side.name));
        let reach = expected * protocol.delta_tolerance;
        let holds = interval.is_some_and(|found| {
            let is_right = (found.estimate - expected).abs() <= reach || found.holds(expected);
            is_right && found.low > 0.0 && found.high - found.low <= 2.0 * DELTA_WIDEST * expected
        });
        if !holds {
            reasons.push(match interval {
                Some(found) => format!(
                    "a {name} of {expected} {unit} was found as {:.3} {unit} [{:.3}, {:.3}]",
                    found.estimate,
                    found.low,
                    found.high,
                    unit = metric.unit()
                ),
                None => format!("the {name} was not measured often enough to be found"),
            });
        }
        controls.push(Control {
            name: name.to_owned(),
            metric: Some(metric.name()),
            unit: metric.unit(),
            expected: Some(expected),
            found: interval.map(|interval| interval.estimate),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            holds,
            decides: true,
        });
    }
}

/// Where a known delta was looked for: at the headline load, or at the only one that its side has.
fn delta_metric(run: &Run, part: Part, kind: Kind) -> Metric {
    let headline = run.protocol.headline_load.to_string();
    let other_load = |side: &SideRecord| {
        let block = run.blocks.iter().find(|block| block.side == side.name)?;
        let first = block.points.first().filter(|_| block.point(&headline).is_none())?;
        Some(first.load.clone())
    };
    match run.side_for(part).and_then(other_load) {
        Some(other) => Metric { kind, load: Some(other), headline: false },
        None => Metric { kind, load: Some(headline), headline: true },
    }
}

/// A known delta that was not injected, and why; the verdicts then rest on the other controls.
fn left_out(name: &str, metric: &Metric, expected: f64, first: &SideRecord) -> Control {
    let why = match &first.stranger {
        Some(_) => "somebody else's program, which does not say `known_deltas = true`",
        None => "it was not asked for",
    };
    Control {
        name: format!("{name}, left out: {why}"),
        metric: Some(metric.name()),
        unit: metric.unit(),
        expected: Some(expected),
        found: None,
        low: None,
        high: None,
        holds: false,
        decides: false,
    }
}

fn points(run: &Run) -> impl Iterator<Item = &Point> {
    run.blocks.iter().flat_map(|block| &block.points)
}

fn judge_generator(run: &Run, controls: &mut Vec<Control>, reasons: &mut Vec<String>) {
    let mut lateness = new_histogram();
    for point in points(run) {
        if let Ok(more) = point.lateness.decode() {
            // Both have the bounds of every histogram of the lab, so adding cannot fail.
            let _ = lateness.add(&more);
        }
    }
    let p99 = lateness.value_at_quantile(0.99) as f64 / 1000.0;
    limit("lateness of the generator, p99", "ms", LATENESS_LIMIT_MS, p99, controls, reasons);
    let (sent, unsent) = points(run).fold((0, 0), |(sent, unsent), point| (sent + point.sent, unsent + point.unsent));
    let share = unsent as f64 / (sent + unsent).max(1) as f64;
    limit("arrivals that the generator failed to send", "share", UNSENT_LIMIT, share, controls, reasons);
}

/// It does not decide: interleaved blocks bear some of it, and where they do not, the other controls say so. This one says why.
fn company(run: &Run) -> Control {
    let taken = Company::of(&run.blocks).taken;
    Control { decides: false, ..at_most("CPU time of the sides that other work took", "share", Company::LIMIT, taken) }
}

fn judge_answers(run: &Run, controls: &mut Vec<Control>, reasons: &mut Vec<String>) {
    for side in &run.sides {
        let share = wrong_share(run, &side.name);
        let name = format!("wrong answers of {}", side.name);
        limit(&name, "share", WRONG_LIMIT, share, controls, reasons);
    }
    let differing = run.equality.differences.len() as f64;
    let compared = run.compared().count() < 2 || run.equality.answers > 0;
    controls.push(at_most_zero("answers that differ between sides", differing, compared));
    if let Some(first) = run.equality.differences.first() {
        reasons
            .push(format!("{} does not answer like the first side: {}: {}", first.side, first.request, first.detail));
    }
    let verified: Vec<_> = run.blocks.iter().filter_map(|block| Some((block, block.verification.as_ref()?))).collect();
    let checked: Vec<_> = verified.iter().filter(|(_, verification)| verification.checked).collect();
    let broken: Vec<_> = checked.iter().filter(|(_, verification)| !verification.holds).collect();
    // Strangers need not say how their data is checked; then nothing decides on it, and the panel says that it was not.
    let cannot_be_checked = checked.is_empty() && !verified.is_empty();
    controls.push(Control {
        decides: !cannot_be_checked,
        ..at_most_zero("blocks after which an invariant did not hold", broken.len() as f64, !checked.is_empty())
    });
    if let Some((block, verification)) = broken.first() {
        // Programs print a line per invariant; the telling one is the first that does not say that it holds.
        let line = verification.text.lines().find(|line| !line.trim().is_empty() && !line.contains(" holds"));
        let words = line.or_else(|| verification.text.lines().next()).unwrap_or_default();
        reasons.push(format!("after round {} of {} the invariants did not hold: {words}", block.round, block.side));
    }
    if verified.is_empty() {
        reasons.push("the invariants were never checked".to_owned());
    }
}

/// The share of a side's answers that were wrong, late or missing, over all timed loads that it was meant to carry: around its own capacity
/// and past it, failures are what is looked for.
pub(super) fn wrong_share(run: &Run, side: &str) -> f64 {
    let points = run.blocks.iter().filter(|block| block.side == side).flat_map(|block| &block.points);
    let points = points.filter(|point| own_percent(&point.load).is_none());
    let (sent, failed) = points.fold((0, 0), |(sent, failed), point| (sent + point.sent, failed + point.failed));
    failed as f64 / sent.max(1) as f64
}

fn limit(
    name: &str,
    unit: &'static str,
    expected: f64,
    found: f64,
    controls: &mut Vec<Control>,
    reasons: &mut Vec<String>,
) {
    let control = at_most(name, unit, expected, found);
    if !control.holds {
        reasons.push(format!("{name}: {found:.4} {unit}, at most {expected} {unit} is usable"));
    }
    controls.push(control);
}

fn at_most(name: &str, unit: &'static str, expected: f64, found: f64) -> Control {
    Control {
        name: name.to_owned(),
        metric: None,
        unit,
        expected: Some(expected),
        found: Some(found),
        low: None,
        high: None,
        holds: found <= expected,
        decides: true,
    }
}

fn at_most_zero(name: &str, found: f64, measured: bool) -> Control {
    let control = at_most(name, "count", 0.0, found);
    Control { found: measured.then_some(found), holds: measured && control.holds, ..control }
}
