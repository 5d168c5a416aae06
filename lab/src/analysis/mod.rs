//! From raw blocks to verdicts: a pure function of the run, so that anybody can repeat it.

mod company;
mod controls;
mod metric;
mod width;

use serde::{Serialize, Serializer};

pub(crate) use company::Company;
pub use controls::{Control, LATENESS_LIMIT_MS};
pub use metric::{Kind, Metric, load_label, loads};
pub use width::widths;

use crate::archive::{Part, Run};
use crate::statistics::{Interval, mean_interval, ratio_interval_at};

/// What a run supports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Whether the controls allow the verdicts to be used.
    pub valid: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// The controls, each with what was expected and what was found.
    pub controls: Vec<Control>,
    /// Every compared side against the first one, metric by metric.
    pub verdicts: Vec<Verdict>,
}

/// One metric of one side against the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The metric; `p50` is at the headline load, `p50@25` at 25 % of the smallest capacity, `p50@1` with one session at a time.
    pub metric: String,
    /// The first side.
    pub a: String,
    /// The other side.
    pub b: String,
    /// `b / a`; none when fewer than two rounds have both.
    #[serde(serialize_with = "six_digits")]
    pub ratio: Option<f64>,
    /// The 95 % interval over blocks.
    #[serde(serialize_with = "six_digits")]
    pub low: Option<f64>,
    /// See `low`.
    #[serde(serialize_with = "six_digits")]
    pub high: Option<f64>,
    /// `slower`, `faster`, `costlier`, `cheaper`, `no difference shown` or `cannot tell`.
    pub verdict: &'static str,
}

impl Analysis {
    /// Judges a run.
    pub fn of(run: &Run) -> Self {
        let (controls, reasons) = controls::judge(run);
        Self { valid: reasons.is_empty(), reasons, controls, verdicts: verdicts(run) }
    }

    /// The verdict on a metric for a side.
    pub fn verdict(&self, metric: &str, b: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.metric == metric && verdict.b == b)
    }
}

impl Verdict {
    /// Ratio and interval, when there is one.
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval { estimate: self.ratio?, low: self.low?, high: self.high? })
    }
}

fn verdicts(run: &Run) -> Vec<Verdict> {
    let mut compared = run.compared();
    let Some(first) = compared.next() else { return Vec::new() };
    let metrics = Metric::all(&run.protocol);
    compared
        .flat_map(|side| metrics.iter().map(|metric| judge(run, metric, &first.name, &side.name)).collect::<Vec<_>>())
        .collect()
}

/// Judges one metric of two sides.
fn judge(run: &Run, metric: &Metric, a: &str, b: &str) -> Verdict {
    let interval = ratio_interval_at(run.protocol.level(), &metric.pairs(run, a, b));
    let answers_are_right = [a, b].iter().all(|side| controls::wrong_share(run, side) < controls::WRONG_LIMIT);
    let verdict = match interval {
        // A side that answers wrongly has no latency.
        Some(interval) if answers_are_right => word(metric, interval, metric.target(&run.protocol)),
        _ => "cannot tell",
    };
    Verdict {
        metric: metric.name(),
        a: a.to_owned(),
        b: b.to_owned(),
        ratio: interval.map(|interval| interval.estimate),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        verdict,
    }
}

/// The verdict that an interval supports.
pub(crate) fn word(metric: &Metric, interval: Interval, target: f64) -> &'static str {
    let (more, less) = metric.words();
    if interval.low > 1.0 {
        more
    } else if interval.high < 1.0 {
        less
    } else if interval.half_width() <= target {
        "no difference shown"
    } else {
        "cannot tell"
    }
}

/// Writes a number with six significant digits: more are noise, and would differ between machines that compute the same.
pub(crate) fn six_digits<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    let rounded = value.and_then(|value| format!("{value:.5e}").parse::<f64>().ok());
    rounded.serialize(serializer)
}

/// The mean of a metric on a side, with its interval over blocks when there are two or more.
pub fn absolute(run: &Run, metric: &Metric, side: &str) -> Option<(f64, Option<Interval>)> {
    let values: Vec<f64> = metric.values(run, side).into_iter().map(|(_, value)| value).collect();
    if values.is_empty() {
        return None;
    }
    Some((values.iter().sum::<f64>() / values.len() as f64, mean_interval(&values)))
}

/// The ratio of the first side measured again to the first side: it should be 1.
pub fn again(run: &Run, metric: &Metric) -> Option<Interval> {
    let first = run.compared().next()?;
    let again = run.side_for(Part::Again)?;
    ratio_interval_at(run.protocol.level(), &metric.pairs(run, &first.name, &again.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval { estimate: (low * high).sqrt(), low, high }
    }

    #[test]
    fn the_words_say_only_what_the_interval_supports() {
        let metric = |kind| Metric { kind, load: None, headline: true };
        let cases = [
            (Kind::CpuPerRequest, interval(1.2, 1.4), "costlier"),
            (Kind::CpuPerRequest, interval(0.7, 0.9), "cheaper"),
            (Kind::P50, interval(1.01, 1.02), "slower"),
            (Kind::P99, interval(0.5, 0.6), "faster"),
            (Kind::Capacity, interval(0.5, 0.6), "slower"),
            (Kind::MemoryPss, interval(3.0, 3.1), "costlier"),
            (Kind::P50, interval(0.99, 1.015), "no difference shown"),
            (Kind::P50, interval(0.9, 1.15), "cannot tell"),
        ];
        for (kind, interval, expected) in cases {
            assert_eq!(word(&metric(kind), interval, 0.02), expected, "{kind:?} {interval:?}");
        }
    }
}
