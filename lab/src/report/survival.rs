//! What visitors still get done while a module is broken, counted.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{number, percent};
use crate::archive::{FaultKind, JourneyOutcome, Run, SurvivalRecord};

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) survived: u64,
    pub(crate) begun: u64,
}

impl Share {
    /// The share itself; none of none is none.
    pub(crate) fn value(self) -> Option<f64> {
        (self.begun > 0).then(|| self.survived as f64 / self.begun as f64)
    }

    /// Wilson's 95 % interval: journeys are counted one by one, so the binomial law holds within a fault.
    pub(crate) fn interval(self) -> Option<(f64, f64)> {
        let share = self.value()?;
        let (n, z2) = (self.begun as f64, 1.96 * 1.96);
        let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let reach = 1.96 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        Some(((middle - reach).max(0.0), (middle + reach).min(1.0)))
    }

    /// `71 % [69, 73]`.
    pub(crate) fn text(self) -> String {
        match (self.value(), self.interval()) {
            (Some(share), Some((low, high))) => {
                format!("{} [{}, {}]", percent(share), number(100.0 * low), number(100.0 * high))
            }
            _ => "none begun".to_owned(),
        }
    }
}

/// What all journeys of a record come to.
pub(crate) fn of_record(record: &SurvivalRecord) -> Share {
    record.journeys.iter().fold(Share::default(), |sum, journey| Share {
        survived: sum.survived + journey.survived,
        begun: sum.begun + journey.begun,
    })
}

/// The modules that were killed anywhere, in the order of the record.
pub(crate) fn killed(run: &Run) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let kills = run.benefits.survival.iter().filter(|record| record.fault == FaultKind::Kill);
    kills.map(|record| record.module.as_str()).filter(|module| seen.insert(*module)).collect()
}

/// The death of a module on a side. Where it was not tried there, the module still lives with all others, as on the first side.
fn death<'r>(run: &'r Run, side: &str, module: &str) -> Option<&'r SurvivalRecord> {
    let first = &run.compared().next()?.name;
    let killed = |side| run.benefits.under(side, module, FaultKind::Kill);
    killed(side).or_else(|| killed(first))
}

/// The share of journeys that survive the death of one module, whichever it is; none when some death is known of no side.
pub(crate) fn of_any_death(run: &Run, side: &str) -> Option<Share> {
    let tried = run.benefits.survival.iter().any(|record| record.side == side && record.fault == FaultKind::Kill);
    let modules = killed(run);
    if !tried || modules.is_empty() {
        return None;
    }
    modules.iter().try_fold(Share::default(), |sum, module| {
        let share = of_record(death(run, side, module)?);
        Some(Share { survived: sum.survived + share.survived, begun: sum.begun + share.begun })
    })
}

/// How many of the kinds of journeys survive a record's fault, and how many there are.
pub(crate) fn surviving_kinds(record: &SurvivalRecord) -> (usize, usize) {
    let lives = |journey: &&JourneyOutcome| journey.begun > 0 && journey.survives();
    (record.journeys.iter().filter(lives).count(), record.journeys.len())
}

/// The journey that visitors begin most often.
pub(crate) fn commonest_journey(run: &Run) -> Option<&str> {
    let mut begun: BTreeMap<&str, u64> = BTreeMap::new();
    for journey in run.benefits.survival.iter().flat_map(|record| &record.journeys) {
        *begun.entry(&journey.journey).or_default() += journey.begun;
    }
    begun.into_iter().max_by_key(|(_, count)| *count).map(|(journey, _)| journey)
}

/// Of how many modules a journey survives the death on a side, and how many deaths are known of it.
pub(crate) fn deaths_survived(run: &Run, side: &str, journey: &str) -> (usize, usize) {
    let (mut survived, mut known) = (0, 0);
    for module in killed(run) {
        let outcome = death(run, side, module)
            .and_then(|record| record.journeys.iter().find(|outcome| outcome.journey == journey && outcome.begun > 0));
        if let Some(outcome) = outcome {
            known += 1;
            survived += usize::from(outcome.survives());
        }
    }
    (survived, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_few_has_a_wide_interval_that_stays_within_0_and_1() {
        assert_eq!(Share { survived: 0, begun: 0 }.text(), "none begun");
        let (low, high) = Share { survived: 5, begun: 5 }.interval().unwrap();
        assert!((0.56..0.57).contains(&low) && high == 1.0, "{low} {high}: Wilson's interval for 5 of 5 is [0.566, 1]");
        let (low, high) = Share { survived: 500, begun: 1000 }.interval().unwrap();
        assert!((low - 0.469).abs() < 0.001 && (high - 0.531).abs() < 0.001, "{low} {high}");
    }
}
