//! When enough has been measured: rounds go on until the intervals are narrow, and the intervals allow for that.
//!
//! Whoever looks again and again and stops as soon as an interval is narrow stops, more often than not, where chance made it narrow: the
//! plain 95 % interval then covers as little as 93.5 times in 100 (Starr, Ann. Math. Statist. 37, 1966, on the procedure of Chow &
//! Robbins, ibid. 36, 1965). Two things mend it. The looks are few, as in Law & Kelton's survey of sequential procedures (Management
//! Science 28, 1982), and everything is computed at a level so much higher that the coverage is the nominal one again, at every
//! amount of noise. The level was found by simulation; a test repeats the simulation with the very code that decides.

use serde::{Deserialize, Serialize};

/// The rule by which rounds are ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoppingRule {
    /// Rounds that are measured in any case.
    pub fewest_rounds: u32,
    /// How many rounds lie between two looks.
    pub look_every: u32,
    /// Rounds after which the measuring ends, narrow or not.
    pub most_rounds: u32,
    /// The time after which no further round begins, seconds; the fewest rounds are measured in any case.
    pub most_seconds: f64,
    /// The level at which intervals are computed so that they cover the truth 95 times in 100 in spite of the looks.
    pub level: f64,
}

/// How narrow one interval is that decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Width {
    /// The metric's name.
    pub metric: String,
    /// The side, whose ratio to the first one it is.
    pub side: String,
    /// Half the width as a share of the ratio; none while there is no interval.
    pub half_width: Option<f64>,
    /// What it should be at most.
    pub target: f64,
}

/// Why no further round is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The number of rounds was fixed beforehand.
    Fixed,
    /// Every interval that decides is narrow enough.
    Narrow,
    /// The most rounds were reached first.
    MostRounds,
    /// The time was up first.
    MostSeconds,
    /// Somebody interrupted the run, or it failed.
    Interrupted,
}

impl Width {
    /// Whether it meets its target.
    pub fn is_narrow(&self) -> bool {
        self.half_width.is_some_and(|half_width| half_width <= self.target)
    }
}

impl StoppingRule {
    /// Whether the rule looks at the intervals after this many rounds.
    pub fn looks_after(&self, rounds: u32) -> bool {
        rounds >= self.fewest_rounds && (rounds - self.fewest_rounds).is_multiple_of(self.look_every.max(1))
    }

    /// Decides after a round whether it was the last.
    pub fn decide(&self, rounds: u32, seconds: f64, widths: &[Width]) -> Option<StopReason> {
        if rounds < self.fewest_rounds {
            return None;
        }
        if self.looks_after(rounds) && widths.iter().all(Width::is_narrow) {
            return Some(StopReason::Narrow);
        }
        if rounds >= self.most_rounds {
            return Some(StopReason::MostRounds);
        }
        (seconds >= self.most_seconds).then_some(StopReason::MostSeconds)
    }

    /// The round after which the rule will probably end, for a display: widths shrink with the root of the rounds.
    pub fn probable_rounds(&self, rounds: u32, widths: &[Width]) -> u32 {
        if rounds < 3 {
            return self.fewest_rounds;
        }
        let needed = widths
            .iter()
            .map(|width| {
                let ratio = width.half_width.map_or(f64::INFINITY, |half_width| half_width / width.target);
                (f64::from(rounds) * ratio * ratio).ceil()
            })
            .fold(0.0, f64::max);
        let needed = needed.min(f64::from(self.most_rounds)) as u32;
        let looks = needed.saturating_sub(self.fewest_rounds).div_ceil(self.look_every.max(1));
        (self.fewest_rounds + looks * self.look_every).min(self.most_rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> StoppingRule {
        StoppingRule { fewest_rounds: 10, look_every: 5, most_rounds: 60, most_seconds: 3600.0, level: 0.96 }
    }

    fn width(half_width: f64) -> Width {
        Width { metric: "p50".to_owned(), side: "services".to_owned(), half_width: Some(half_width), target: 0.02 }
    }

    #[test]
    fn nothing_ends_before_the_fewest_rounds_and_everything_at_the_most() {
        assert_eq!(rule().decide(9, 9999.0, &[width(0.001)]), None, "neither narrow nor late counts before");
        assert_eq!(rule().decide(10, 0.0, &[width(0.02)]), Some(StopReason::Narrow));
        assert_eq!(rule().decide(60, 0.0, &[width(0.5)]), Some(StopReason::MostRounds));
        assert_eq!(rule().decide(11, 3600.0, &[width(0.5)]), Some(StopReason::MostSeconds));
    }

    #[test]
    fn between_two_looks_a_narrow_interval_is_not_looked_at() {
        assert_eq!(rule().decide(11, 0.0, &[width(0.001)]), None);
        assert_eq!(rule().decide(15, 0.0, &[width(0.001)]), Some(StopReason::Narrow));
    }

    #[test]
    fn one_wide_interval_keeps_all_waiting_and_so_does_one_that_is_missing() {
        assert_eq!(rule().decide(10, 0.0, &[width(0.001), width(0.021)]), None);
        let missing = Width { half_width: None, ..width(0.0) };
        assert_eq!(rule().decide(10, 0.0, &[width(0.001), missing]), None);
    }

    #[test]
    fn the_end_is_foreseen_from_the_root_of_the_rounds() {
        assert_eq!(rule().probable_rounds(10, &[width(0.01)]), 10);
        assert_eq!(rule().probable_rounds(10, &[width(0.03)]), 25, "10 rounds times 1.5 squared, at the next look");
        assert_eq!(rule().probable_rounds(10, &[width(1.0)]), 60);
        assert_eq!(rule().probable_rounds(1, &[]), 10);
    }
}
