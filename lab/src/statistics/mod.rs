//! Ratios with intervals, over blocks and never over requests (Kalibera & Jones, ISMM 2013).

mod stopping;
mod student;

pub use stopping::{StopReason, StoppingRule, Width};
pub use student::{student_cdf, student_quantile};

use serde::{Deserialize, Serialize};

/// The confidence of every interval; where a run looks at its intervals to decide whether to go on, they are computed at the level that
/// keeps this confidence in spite of it, see [`StoppingRule`].
pub const CONFIDENCE: f64 = 0.95;

/// An estimate with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value lies within.
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Half the width, as a share of the estimate.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.estimate
    }
}

/// The mean of the values with Student's interval; `None` below two values.
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    mean_interval_at(CONFIDENCE, values)
}

/// The same at another level than [`CONFIDENCE`].
pub fn mean_interval_at(level: f64, values: &[f64]) -> Option<Interval> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    let t = student_quantile(0.5 + level / 2.0, (n - 1) as f64);
    let reach = t * (variance / n as f64).sqrt();
    Some(Interval { estimate: mean, low: mean - reach, high: mean + reach })
}

/// The ratio `b / a` from pairs that were measured in the same round: the mean of the logarithms, with Student's interval.
///
/// The geometric mean treats "twice" and "half" alike, and pairs within a round cancel what drifts between rounds.
pub fn ratio_interval(pairs: &[(f64, f64)]) -> Option<Interval> {
    ratio_interval_at(CONFIDENCE, pairs)
}

/// The same at another level than [`CONFIDENCE`].
pub fn ratio_interval_at(level: f64, pairs: &[(f64, f64)]) -> Option<Interval> {
    if pairs.iter().any(|(a, b)| *a <= 0.0 || *b <= 0.0) {
        return None;
    }
    let logarithms: Vec<f64> = pairs.iter().map(|(a, b)| (b / a).ln()).collect();
    let interval = mean_interval_at(level, &logarithms)?;
    Some(Interval { estimate: interval.estimate.exp(), low: interval.low.exp(), high: interval.high.exp() })
}

/// How a ratio changed from one run to another: the ratio of the two, with Welch's interval, as the runs share no rounds.
pub fn change_of_ratio(before: &[(f64, f64)], after: &[(f64, f64)]) -> Option<Interval> {
    let moments = |pairs: &[(f64, f64)]| -> Option<(f64, f64, f64)> {
        let n = pairs.len() as f64;
        if n < 2.0 || pairs.iter().any(|(a, b)| *a <= 0.0 || *b <= 0.0) {
            return None;
        }
        let logarithms = pairs.iter().map(|(a, b)| (b / a).ln());
        let mean = logarithms.clone().sum::<f64>() / n;
        let variance = logarithms.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Some((mean, variance / n, n))
    };
    let ((mean_a, error_a, n_a), (mean_b, error_b, n_b)) = (moments(before)?, moments(after)?);
    let error = error_a + error_b;
    let change = mean_b - mean_a;
    if error == 0.0 {
        return Some(Interval { estimate: change.exp(), low: change.exp(), high: change.exp() });
    }
    // The degrees of freedom after Welch and Satterthwaite.
    let freedom = error.powi(2) / (error_a.powi(2) / (n_a - 1.0) + error_b.powi(2) / (n_b - 1.0));
    let reach = student_quantile(0.5 + CONFIDENCE / 2.0, freedom) * error.sqrt();
    Some(Interval { estimate: change.exp(), low: (change - reach).exp(), high: (change + reach).exp() })
}

/// The difference `b - a` from pairs that were measured in the same round.
pub fn difference_interval(pairs: &[(f64, f64)]) -> Option<Interval> {
    difference_interval_at(CONFIDENCE, pairs)
}

/// The same at another level than [`CONFIDENCE`].
pub fn difference_interval_at(level: f64, pairs: &[(f64, f64)]) -> Option<Interval> {
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
    mean_interval_at(level, &differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_that_both_sides_share_does_not_widen_the_ratio() {
        let pairs = [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)];
        let ratio = ratio_interval(&pairs).unwrap();
        assert!((ratio.estimate - 2.0).abs() < 1e-12 && ratio.half_width() < 1e-9);
    }

    #[test]
    fn one_block_has_no_interval_and_nothing_has_no_ratio() {
        assert_eq!(ratio_interval(&[(1.0, 2.0)]), None);
        assert_eq!(ratio_interval(&[(1.0, 2.0), (0.0, 1.0)]), None);
    }

    #[test]
    fn a_difference_keeps_its_unit() {
        let difference = difference_interval(&[(1.0, 2.1), (5.0, 5.9), (3.0, 4.0)]).unwrap();
        assert!((difference.estimate - 1.0).abs() < 1e-12);
        assert!(difference.holds(1.0) && !difference.holds(0.0));
    }

    #[test]
    fn a_higher_level_gives_a_wider_interval_around_the_same_estimate() {
        let pairs = [(1.0, 2.1), (5.0, 9.9), (3.0, 6.3)];
        let (narrow, wide) = (ratio_interval(&pairs).unwrap(), ratio_interval_at(0.99, &pairs).unwrap());
        assert!((narrow.estimate - wide.estimate).abs() < 1e-12 && wide.low < narrow.low && narrow.high < wide.high);
    }
}
