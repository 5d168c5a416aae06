//! What taking a module out buys, as far as the benefit side of a run has measured it.

use super::policy::Policy;
use crate::archive::{BenefitsRecord, FaultKind, Run, SurvivalRecord};

/// Something that is better with the module in a process of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// What, in words that begin a sentence.
    pub words: String,
}

/// The gains that reach the policy's thresholds; none when the run has measured nothing of the module.
///
/// `side` is where the module is out; where a fault was tried only on a topology that is split further, that one counts.
pub fn gains(run: &Run, module: &str, side: &str, policy: &Policy) -> Option<Vec<Gain>> {
    let first = run.compared().next()?.name.as_str();
    let benefits = &run.benefits;
    let found = [
        survival(benefits, module, first, side, policy),
        change(benefits, module, policy),
        scaling(benefits, module, policy),
        neighbours(benefits, first, side, policy),
    ];
    let measured: Vec<Option<Gain>> = found.into_iter().flatten().collect();
    (!measured.is_empty()).then(|| measured.into_iter().flatten().collect())
}

/// Whether journeys survive more often, in the mean over the faults that both sides had; the outer none is "not measured".
fn survival(benefits: &BenefitsRecord, module: &str, first: &str, side: &str, policy: &Policy) -> Option<Option<Gain>> {
    let of = |side: &str, fault: FaultKind| benefits.under(side, module, fault);
    let elsewhere = |fault: FaultKind| {
        let other = |record: &&SurvivalRecord| record.side != first && record.module == module && record.fault == fault;
        of(side, fault).or_else(|| benefits.survival.iter().find(other))
    };
    let faults = [FaultKind::Kill, FaultKind::Hang, FaultKind::Leak, FaultKind::Spin, FaultKind::Slow];
    let shares: Vec<(f64, f64)> = faults
        .into_iter()
        .filter_map(|fault| Some((surviving(of(first, fault)?)?, surviving(elsewhere(fault)?)?)))
        .collect();
    if shares.is_empty() {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| shares.iter().map(of).sum::<f64>() / shares.len() as f64;
    let (inside, outside) = (mean(|shares| shares.0), mean(|shares| shares.1));
    Some((outside - inside >= policy.survival).then(|| Gain {
        words: format!(
            "{:.0} % of journeys survive when it breaks, {:.0} % with it inside",
            outside * 100.0,
            inside * 100.0
        ),
    }))
}

/// The share of journeys that survived, every name of a journey alike.
fn surviving(record: &SurvivalRecord) -> Option<f64> {
    let begun: Vec<f64> = record
        .journeys
        .iter()
        .filter(|journey| journey.begun > 0)
        .map(|journey| journey.survived as f64 / journey.begun as f64)
        .collect();
    (!begun.is_empty()).then(|| begun.iter().sum::<f64>() / begun.len() as f64)
}

fn change(benefits: &BenefitsRecord, module: &str, policy: &Policy) -> Option<Option<Gain>> {
    let time = |alone: bool| {
        let times = benefits
            .changes
            .iter()
            .filter(|change| change.module == module && change.changed == "service")
            .filter(|change| change.shape.contains("per module") == alone)
            .map(|change| change.build_s + change.restart_s);
        times.reduce(f64::min)
    };
    let (inside, outside) = (time(false)?, time(true)?);
    Some(
        (outside <= inside * policy.change)
            .then(|| Gain { words: format!("a change of it serves after {outside:.1} s in place of {inside:.1} s") }),
    )
}

fn scaling(benefits: &BenefitsRecord, module: &str, policy: &Policy) -> Option<Option<Gain>> {
    let best = |wanted: &dyn Fn(&str) -> bool| {
        benefits
            .scaling
            .iter()
            .filter(|record| wanted(&record.grown))
            .map(|record| record.capacity_rps)
            .reduce(f64::max)
    };
    let alone = best(&|grown| grown.split(' ').next() == Some(module))?;
    let everything = best(&|grown| grown.starts_with("everything"))?;
    Some((alone >= everything * policy.scaling).then(|| Gain {
        words: format!("multiplied alone it carries {:.2} times what multiplying everything does", alone / everything),
    }))
}

fn neighbours(benefits: &BenefitsRecord, first: &str, side: &str, policy: &Policy) -> Option<Option<Gain>> {
    let suffering = |side: &str| {
        let records = benefits.neighbours.iter().filter(|record| record.side == side && record.quiet_p99_ms > 0.0);
        records.map(|record| record.noisy_p99_ms / record.quiet_p99_ms).reduce(f64::max)
    };
    let (inside, outside) = (suffering(first)?, suffering(side)?);
    Some((outside <= inside * policy.neighbours).then(|| Gain {
        words: format!("a flood makes its neighbours {outside:.1} times as slow in place of {inside:.1} times"),
    }))
}
