//! The requests of the first side as the model sees them: how long each name takes when nothing queues, and how much of it is CPU.

use std::collections::BTreeMap;

use super::price::{cpu_per_request_ns, geometric_mean};
use crate::archive::Point;

/// Standard deviations from the median of a normal distribution to its 99th percentile.
const NINETY_NINE: f64 = 2.326_347_874;

/// The requests of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// The name.
    pub name: String,
    /// Its share of all requests.
    pub weight: f64,
    /// The median latency, nanoseconds.
    pub median_ns: f64,
    /// The spread: the standard deviation of the latency's logarithm.
    pub sigma: f64,
    /// The share of its latency that is CPU of this machine.
    pub cpu_share: f64,
}

impl Class {
    /// The mean latency, nanoseconds; latencies are taken to be log-normal.
    pub fn mean_ns(&self) -> f64 {
        self.median_ns * (self.sigma.powi(2) / 2.0).exp()
    }

    /// The mean CPU, nanoseconds.
    pub fn cpu_ns(&self) -> f64 {
        self.mean_ns() * self.cpu_share
    }

    /// The same requests when each takes longer by this much.
    fn later(&self, by_ns: f64) -> Self {
        let median = self.median_ns + by_ns;
        let tail = self.median_ns * (NINETY_NINE * self.sigma).exp() + by_ns;
        Self { median_ns: median, sigma: (tail / median).ln().max(0.0) / NINETY_NINE, ..self.clone() }
    }
}

/// Reads the classes off what was measured with one session at a time.
pub fn classes(points: &[&Point]) -> Vec<Class> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for point in points {
        for (name, record) in &point.requests {
            *counts.entry(name).or_default() += record.count;
        }
    }
    let all: u64 = counts.values().sum();
    let records = |name: &str| points.iter().filter_map(|point| point.requests.get(name)).collect::<Vec<_>>();
    let mut classes: Vec<Class> = counts
        .into_iter()
        .filter_map(|(name, count)| {
            let records = records(name);
            let median_ms = geometric_mean(records.iter().map(|record| record.p50_ms))?;
            let tail_ms = geometric_mean(records.iter().map(|record| record.p99_ms))?;
            Some(Class {
                name: name.to_owned(),
                weight: count as f64 / all as f64,
                median_ns: median_ms * 1e6,
                sigma: (tail_ms / median_ms).ln().max(0.0) / NINETY_NINE,
                cpu_share: 1.0,
            })
        })
        .collect();
    if let Some(cpu_ns) = geometric_mean(points.iter().filter_map(|point| cpu_per_request_ns(point))) {
        share_cpu(&mut classes, cpu_ns);
    }
    classes
}

/// Divides the CPU among the names: a request is CPU from end to end up to a limit that makes the sum right, as those that take longest
/// are those that wait for a disk or for somebody else. What cannot be placed is work behind the requests' backs.
fn share_cpu(classes: &mut [Class], cpu_ns: f64) {
    let sum = |limit: f64| -> f64 { classes.iter().map(|class| class.weight * class.mean_ns().min(limit)).sum() };
    let (mut low, mut high) = (0.0, classes.iter().map(Class::mean_ns).fold(0.0, f64::max));
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if sum(middle) < cpu_ns { low = middle } else { high = middle }
    }
    for class in classes.iter_mut() {
        class.cpu_share = (high / class.mean_ns()).min(1.0);
    }
}

/// A quantile of all requests together, nanoseconds, when those of each class take longer by so much.
pub fn quantile_ns(classes: &[Class], later_ns: &[f64], quantile: f64) -> f64 {
    let shifted: Vec<Class> = classes.iter().zip(later_ns).map(|(class, by)| class.later(*by)).collect();
    let below = |value: f64| -> f64 {
        let share = |class: &Class| {
            if class.sigma <= 0.0 {
                return if value >= class.median_ns { 1.0 } else { 0.0 };
            }
            normal_cdf((value / class.median_ns).ln() / class.sigma)
        };
        shifted.iter().map(|class| class.weight * share(class)).sum()
    };
    let (mut low, mut high) = (0.0_f64, 1e12_f64);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if below(middle) < quantile { low = middle } else { high = middle }
    }
    high
}

/// The normal distribution (Abramowitz & Stegun 26.2.17; the error is below 7.5e-8).
fn normal_cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let polynomial =
        t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * polynomial;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, weight: f64, median_ns: f64, sigma: f64) -> Class {
        Class { name: name.to_owned(), weight, median_ns, sigma, cpu_share: 1.0 }
    }

    #[test]
    fn a_quantile_of_one_class_is_its_own_and_moves_with_it() {
        let one = [class("a", 1.0, 100.0, 0.5)];
        assert!((quantile_ns(&one, &[0.0], 0.5) - 100.0).abs() < 1e-3);
        assert!((quantile_ns(&one, &[0.0], 0.99) - 100.0 * (0.5 * NINETY_NINE).exp()).abs() < 0.1);
        assert!((quantile_ns(&one, &[30.0], 0.5) - 130.0).abs() < 1e-3);
    }

    #[test]
    fn the_median_of_a_mixture_follows_the_commoner_class() {
        let two = [class("short", 0.7, 100.0, 0.1), class("long", 0.3, 10_000.0, 0.1)];
        let median = quantile_ns(&two, &[0.0, 0.0], 0.5);
        assert!((100.0..120.0).contains(&median), "{median}");
        assert!(quantile_ns(&two, &[0.0, 0.0], 0.99) > 9_000.0);
    }

    #[test]
    fn cpu_is_divided_so_that_its_sum_is_what_was_measured_and_long_requests_wait() {
        let mut classes = [class("short", 0.9, 100.0, 0.0), class("long", 0.1, 5_000.0, 0.0)];
        share_cpu(&mut classes, 200.0);
        let sum: f64 = classes.iter().map(|class| class.weight * class.cpu_ns()).sum();
        assert!((sum - 200.0).abs() < 1e-3, "{sum}");
        assert_eq!(classes[0].cpu_share, 1.0);
        assert!((classes[1].cpu_share - 0.22).abs() < 1e-3, "{}", classes[1].cpu_share);
    }
}
