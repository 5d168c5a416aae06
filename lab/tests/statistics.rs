//! Whether an interval of the lab covers what it claims to cover, by simulation from distributions that are known, and whether it agrees
//! with SciPy.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use lab::Thoroughness;
use lab::protocol::Protocol;
use lab::statistics::{
    StopReason, StoppingRule, Width, change_of_ratio, mean_interval, ratio_interval, ratio_interval_at,
    student_quantile,
};
use proptest::prelude::*;

/// Between these a coverage counts as the nominal 95 %.
const COVERAGE: std::ops::RangeInclusive<f64> = 0.93..=0.97;

/// Draws from the normal distribution (SplitMix64, then Box & Muller), so that a failure can be repeated from its seed.
struct Normal(u64);

impl Normal {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn draw(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.fraction()).cos()
    }
}

/// A machine whose rounds differ by a log-normal drift that both sides of a round share, and by log-normal noise that they do not.
#[derive(Debug, Clone, Copy)]
struct Machine {
    ratio: f64,
    drift: f64,
    noise: f64,
}

impl Machine {
    fn round(self, normal: &mut Normal) -> (f64, f64) {
        let drift = normal.draw() * self.drift;
        let side = |normal: &mut Normal| (drift + normal.draw() * self.noise).exp() * 400.0;
        (side(normal), side(normal) * self.ratio)
    }
}

/// The rounds that the rule of a full run takes, and the interval that its report shows.
fn measured_by(
    rule: &StoppingRule,
    machine: Machine,
    target: f64,
    normal: &mut Normal,
) -> (StopReason, Vec<(f64, f64)>) {
    let mut pairs = Vec::new();
    loop {
        pairs.push(machine.round(normal));
        let interval = ratio_interval_at(rule.level, &pairs);
        let half_width = interval.map(|interval| interval.half_width());
        let width = Width { metric: "p50".to_owned(), side: "b".to_owned(), half_width, target };
        if let Some(reason) = rule.decide(pairs.len() as u32, 0.0, &[width]) {
            return (reason, pairs);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_interval_covers_the_true_ratio_95_times_in_100_at_the_rounds_of_quick_and_full(
        seed in any::<u64>(),
        rounds in prop_oneof![Just(5_usize), Just(10)],
        ratio in 0.25..8.0_f64,
        drift in 0.0..1.0_f64,
        noise in 0.001..0.3_f64,
    ) {
        let (machine, mut normal) = (Machine { ratio, drift, noise }, Normal(seed));
        let repetitions = 4000;
        let covered = (0..repetitions)
            .filter(|_| {
                let pairs: Vec<_> = (0..rounds).map(|_| machine.round(&mut normal)).collect();
                ratio_interval(&pairs).unwrap().holds(ratio)
            })
            .count();
        let coverage = covered as f64 / f64::from(repetitions);
        prop_assert!(COVERAGE.contains(&coverage), "{rounds} rounds, {machine:?}: {coverage}");
    }
}

/// The noises are those at which the rule stops at once, soon, late, and never before its cap: looking costs coverage in between.
#[test]
fn an_interval_at_which_the_rule_of_full_stopped_covers_95_times_in_100_at_every_noise() {
    let protocol = Protocol::of(Thoroughness::Full);
    let rule = protocol.stopping.as_ref().unwrap();
    let mut plain = Vec::new();
    for (number, noise) in [0.005, 0.015, 0.022, 0.028, 0.035, 0.045, 0.06, 0.1].into_iter().enumerate() {
        let machine = Machine { ratio: 1.7, drift: 0.2, noise };
        let mut normal = Normal(number as u64);
        let repetitions = 2500;
        let (mut covered, mut covered_plainly, mut rounds) = (0, 0, 0);
        for _ in 0..repetitions {
            let (reason, pairs) = measured_by(rule, machine, protocol.targets.fine, &mut normal);
            let interval = ratio_interval_at(rule.level, &pairs).unwrap();
            assert!(reason == StopReason::MostRounds || interval.half_width() <= protocol.targets.fine);
            covered += u32::from(interval.holds(1.7));
            covered_plainly += u32::from(ratio_interval(&pairs).unwrap().holds(1.7));
            rounds += pairs.len();
        }
        let coverage = f64::from(covered) / f64::from(repetitions);
        plain.push(f64::from(covered_plainly) / f64::from(repetitions));
        println!(
            "noise {noise}: {} rounds in the mean, coverage {coverage:.4}, without the correction {:.4}",
            rounds / repetitions as usize,
            plain[number]
        );
        assert!(COVERAGE.contains(&coverage), "noise {noise}: {coverage}");
    }
    // The correction is there for a reason: without it the worst coverage is visibly below the nominal one.
    assert!(plain.iter().any(|coverage| *coverage < 0.943), "{plain:?}");
}

#[test]
fn a_change_between_runs_is_found_and_covered() {
    let mut normal = Normal(5);
    let repetitions = 4000;
    let mut draw = |ratio| -> Vec<(f64, f64)> {
        let machine = Machine { ratio, drift: 0.2, noise: 0.05 };
        (0..5).map(|_| machine.round(&mut normal)).collect()
    };
    let covered = (0..repetitions).filter(|_| change_of_ratio(&draw(1.5), &draw(1.8)).unwrap().holds(1.2)).count();
    let coverage = covered as f64 / f64::from(repetitions);
    assert!((0.93..=0.975).contains(&coverage), "{coverage}");
}

/// What SciPy says: quantiles of t, and the interval of the ratio by its own paired test on logarithms.
const SCIPY: &str = r"
import json, sys
import numpy
from scipy import stats
asked = json.load(sys.stdin)
quantiles = [stats.t.ppf(p, f) for p, f in asked['quantiles']]
intervals = []
for level, pairs in asked['pairs']:
    a, b = numpy.log(numpy.array(pairs)).T
    found = stats.ttest_rel(b, a).confidence_interval(confidence_level=level)
    intervals.append([float(numpy.exp(x)) for x in (found.low, found.high)])
json.dump({'quantiles': quantiles, 'intervals': intervals}, sys.stdout)
";

#[derive(serde::Deserialize)]
struct Said {
    quantiles: Vec<f64>,
    intervals: Vec<(f64, f64)>,
}

fn ask_scipy(question: &serde_json::Value) -> Option<Said> {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let has_scipy = Command::new("python3").args(["-c", "import scipy"]).stderr(Stdio::null()).status();
    if !has_scipy.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut python =
        Command::new("python3").args(["-c", SCIPY]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "SciPy is here but its script failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn quantiles_and_paired_intervals_agree_with_scipy() {
    let mut normal = Normal(77);
    let mut quantiles = Vec::new();
    for freedom in [1.0, 2.0, 3.5, 4.0, 9.0, 14.0, 59.0, 1000.0] {
        for probability in [0.001, 0.025, 0.1, 0.5, 0.8, 0.975, 0.98, 0.9995] {
            quantiles.push((probability, freedom));
        }
    }
    let mut cases = Vec::new();
    for (level, rounds) in [(0.95, 2), (0.95, 5), (0.95, 10), (0.96, 10), (0.96, 60), (0.99, 5)] {
        let machine = Machine { ratio: 2.0, drift: 0.3, noise: 0.1 };
        cases.push((level, (0..rounds).map(|_| machine.round(&mut normal)).collect::<Vec<_>>()));
    }
    let Some(said) = ask_scipy(&serde_json::json!({ "quantiles": quantiles, "pairs": cases })) else {
        eprintln!("skipped: there is no python3 with SciPy 1.10 or newer here (`pip install scipy`)");
        return;
    };
    assert_eq!((said.quantiles.len(), said.intervals.len()), (quantiles.len(), cases.len()));
    for ((probability, freedom), expected) in quantiles.into_iter().zip(said.quantiles) {
        let found = student_quantile(probability, freedom);
        let close = (found - expected).abs() <= 1e-8 * expected.abs().max(1.0);
        assert!(close, "t({probability}, {freedom}) is {found}, SciPy says {expected}");
    }
    for ((level, pairs), (low, high)) in cases.into_iter().zip(said.intervals) {
        let found = ratio_interval_at(level, &pairs).unwrap();
        let close = (found.low / low - 1.0).abs() < 1e-9 && (found.high / high - 1.0).abs() < 1e-9;
        assert!(close, "{level} over {} rounds is {found:?}, SciPy says {low} to {high}", pairs.len());
    }
}

#[test]
fn what_cannot_have_an_interval_has_none() {
    assert!(mean_interval(&[1.0]).is_none() && ratio_interval(&[(1.0, 2.0)]).is_none());
    assert!(ratio_interval(&[(1.0, 2.0), (0.0, 1.0)]).is_none(), "a ratio to nothing");
}
