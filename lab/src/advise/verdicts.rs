//! One verdict per module: what taking it out costs, what that buys, and which of the two the run shows.

use serde::Serialize;

use super::gains::{Gain, gains};
use super::policy::Policy;
use crate::analysis::{Analysis, Verdict};
use crate::archive::Run;
use crate::protocol::own_percent;
use crate::statistics::Interval;

/// The share of wrong answers up to which a side has a cost.
const MOST_FAILED: f64 = 0.001;

/// What to do with a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Advice {
    /// It is worth a process of its own.
    #[serde(rename = "split")]
    Split,
    /// The run does not show enough for either.
    #[serde(rename = "no difference shown")]
    NoDifferenceShown,
    /// It belongs with its callers.
    #[serde(rename = "keep in")]
    KeepIn,
}

impl Advice {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::NoDifferenceShown => "no difference shown",
            Self::KeepIn => "keep in",
        }
    }
}

/// What a run says about one module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModuleVerdict {
    /// The module.
    pub module: String,
    /// What to do with it.
    pub verdict: Advice,
    /// Why, in one sentence.
    pub reason: String,
    /// CPU per request with the module taken out, as a ratio to the first side.
    #[serde(skip)]
    pub cpu: Option<Interval>,
    /// The same of the median latency.
    #[serde(skip)]
    pub p50: Option<Interval>,
    /// The same of the 99th percentile.
    #[serde(skip)]
    pub p99: Option<Interval>,
}

/// What taking a module out was measured to cost, as ratios to the first side.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// CPU per request.
    pub cpu: Option<Interval>,
    /// Median latency.
    pub p50: Option<Interval>,
    /// 99th percentile of the latency.
    pub p99: Option<Interval>,
}

/// The verdicts on all modules that a run has taken out one by one, the ones worth splitting first, then by what they cost.
///
/// A pure function of the run, with the default [`Policy`].
pub fn modules(run: &Run) -> Vec<ModuleVerdict> {
    modules_under(run, &Policy::default())
}

/// The same with thresholds of the reader's own.
pub fn modules_under(run: &Run, policy: &Policy) -> Vec<ModuleVerdict> {
    let analysis = Analysis::of(run);
    let mut verdicts: Vec<ModuleVerdict> = run
        .compared()
        .skip(1)
        .filter_map(|side| {
            let module = side.topology.strip_prefix("extract:").filter(|module| !module.contains('+'))?;
            // A side that answers wrongly has no cost, whatever its intervals say.
            let right = answers_rightly(run, &side.name);
            let of = |metric: &str| analysis.verdict(metric, &side.name).filter(|_| right);
            let interval = |metric: &str| of(metric).and_then(Verdict::interval);
            let cost = Cost { cpu: interval("cpu_per_request"), p50: interval("p50"), p99: interval("p99") };
            let (verdict, reason) = judge(&cost, gains(run, module, &side.name, policy).as_deref(), policy);
            Some(ModuleVerdict {
                module: module.to_owned(),
                verdict,
                reason,
                cpu: cost.cpu,
                p50: cost.p50,
                p99: cost.p99,
            })
        })
        .collect();
    let cpu = |verdict: &ModuleVerdict| verdict.cpu.map_or(f64::INFINITY, |cpu| cpu.estimate);
    verdicts.sort_by(|a, b| {
        a.verdict.cmp(&b.verdict).then_with(|| cpu(a).total_cmp(&cpu(b))).then_with(|| a.module.cmp(&b.module))
    });
    verdicts
}

fn answers_rightly(run: &Run, side: &str) -> bool {
    // Around its own capacity and past it, failures are what is looked for.
    let points = run.blocks.iter().filter(|block| block.side == side).flat_map(|block| &block.points);
    let points = points.filter(|point| own_percent(&point.load).is_none());
    let (sent, failed) = points.fold((0, 0), |(sent, failed), point| (sent + point.sent, failed + point.failed));
    failed as f64 <= sent as f64 * MOST_FAILED
}

/// The rule: see [`Policy`]. `gains` is none where nobody measured what the split buys.
pub fn judge(cost: &Cost, gains: Option<&[Gain]>, policy: &Policy) -> (Advice, String) {
    let Some(cpu) = cost.cpu else {
        return (Advice::NoDifferenceShown, "what it costs was not measured often enough to say".to_owned());
    };
    if let Some(dear) = too_dear(cost, policy) {
        let buys = match gains {
            Some(gains) if !gains.is_empty() => format!(", more than what it buys is allowed to: {}", in_words(gains)),
            _ => ", more than a split may".to_owned(),
        };
        return (Advice::KeepIn, format!("{dear}{buys}"));
    }
    match gains {
        Some(gains) if !gains.is_empty() => {
            let within = cpu.high <= policy.most_cpu && cost.p99.is_none_or(|p99| p99.estimate <= policy.most_p99);
            if within {
                (Advice::Split, format!("{} for {}", in_words(gains), share("CPU", cpu)))
            } else {
                let why = format!(
                    "{}, but this run cannot tell whether it costs more than it may ({})",
                    in_words(gains),
                    share("CPU", cpu)
                );
                (Advice::NoDifferenceShown, why)
            }
        }
        _ => {
            let buys =
                if gains.is_some() { "it buys nothing that was measured" } else { "what it buys was not measured" };
            match shown(cost) {
                Some(costs) => (Advice::KeepIn, format!("{costs}, and {buys}")),
                None => (Advice::NoDifferenceShown, format!("no cost is shown ({}), and {buys}", share("CPU", cpu))),
            }
        }
    }
}

/// What is shown to cost more than the policy allows.
fn too_dear(cost: &Cost, policy: &Policy) -> Option<String> {
    let over = |interval: Option<Interval>, most: f64| interval.filter(|interval| interval.low > most);
    let cpu = over(cost.cpu, policy.most_cpu).map(|cpu| format!("taking it out costs {}", share("CPU", cpu)));
    cpu.or_else(|| over(cost.p99, policy.most_p99).map(|p99| format!("taking it out costs {}", share("p99", p99))))
}

/// What is shown to cost anything.
fn shown(cost: &Cost) -> Option<String> {
    [("CPU", cost.cpu), ("p50", cost.p50), ("p99", cost.p99)].into_iter().find_map(|(what, interval)| {
        Some(format!("taking it out costs {}", share(what, interval.filter(|it| it.low > 1.0)?)))
    })
}

/// `1.12 times the CPU [1.10, 1.14]`.
fn share(what: &str, interval: Interval) -> String {
    format!("{:.2} times the {what} [{:.2}, {:.2}]", interval.estimate, interval.low, interval.high)
}

fn in_words(gains: &[Gain]) -> String {
    gains.iter().map(|gain| gain.words.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { estimate: (low + high) / 2.0, low, high })
    }

    #[test]
    fn the_rule_says_for_every_kind_of_cost_and_gain_what_to_do() {
        let gain = || vec![Gain { words: "two more journeys survive its death".to_owned() }];
        let (none, even, little, much, unclear) =
            (None, interval(0.98, 1.02), interval(1.03, 1.06), interval(1.2, 1.3), interval(1.05, 1.16));
        let cases = [
            (none, None, Some(gain()), Advice::NoDifferenceShown, "nothing was measured of its cost"),
            (even, even, None, Advice::NoDifferenceShown, "no cost, and nobody looked for gains"),
            (even, even, Some(vec![]), Advice::NoDifferenceShown, "no cost and no gain"),
            (even, even, Some(gain()), Advice::Split, "a gain for nothing"),
            (little, even, None, Advice::KeepIn, "a cost, and nobody looked for gains"),
            (little, even, Some(vec![]), Advice::KeepIn, "a cost for nothing"),
            (even, little, Some(vec![]), Advice::KeepIn, "a slower tail for nothing"),
            (little, even, Some(gain()), Advice::Split, "a gain at a price that is allowed"),
            (unclear, even, Some(gain()), Advice::NoDifferenceShown, "a gain at a price that may be too much"),
            (much, even, Some(gain()), Advice::KeepIn, "a gain at a price that is too much"),
            (little, interval(1.4, 1.6), Some(gain()), Advice::KeepIn, "a gain with a tail that is too slow"),
            (much, even, None, Advice::KeepIn, "too much, whatever it buys"),
        ];
        for (cpu, p99, gains, expected, why) in cases {
            let cost = Cost { cpu, p50: None, p99 };
            let (advice, reason) = judge(&cost, gains.as_deref(), &Policy::default());
            assert_eq!(advice, expected, "{why}: {reason}");
            assert!(!reason.is_empty(), "{why}");
        }
    }

    #[test]
    fn a_policy_of_ones_own_changes_the_verdict() {
        let cost = Cost { cpu: interval(1.2, 1.3), p50: None, p99: interval(1.0, 1.1) };
        let gains = vec![Gain { words: "it restarts alone".to_owned() }];
        let generous = Policy { most_cpu: 1.4, ..Policy::default() };
        assert_eq!(judge(&cost, Some(&gains), &Policy::default()).0, Advice::KeepIn);
        assert_eq!(judge(&cost, Some(&gains), &generous).0, Advice::Split);
    }
}
