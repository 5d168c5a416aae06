//! What a split may buy: how faults are made and undone, and what is read from what visitors then got.
//!
//! Everything here is either pure or undoes itself: a fault is over when its [`FaultInForce`] is dropped, whatever happens.

mod changes;
mod faults;
mod layout;
mod limits;
mod outcome;

use crate::archive::{FaultKind, Run, SurvivalRecord};

pub(crate) use changes::{Begun, Changes, Copy as CheckoutCopy, Shape};
pub use faults::{FAULTS_VARIABLE, FaultInForce, Faults, Refused};
pub use layout::{Layout, LayoutGroup};
pub use outcome::{Window, book, goodput, recovered_after};

/// From this share of its visitors on, a journey counts as one that survives; the rest of a per cent is for those whom the fault met on
/// their way.
const SURVIVES_FROM: f64 = 0.99;

/// The share of journeys that got all their answers right and in time while the process of `module` was dead, weighed as visitors
/// weigh them; none when that was not measured.
pub fn survival_share(run: &Run, side: &str, module: &str) -> Option<f64> {
    share(killed(run, side, module)?)
}

/// How many of the workload's journeys survive the death of `module`, and of how many that began.
pub fn journeys_that_survive(run: &Run, side: &str, module: &str) -> Option<(usize, usize)> {
    let begun = || killed(run, side, module).into_iter().flat_map(|cell| &cell.journeys).filter(|one| one.begun > 0);
    let all = begun().count();
    (all > 0).then(|| (begun().filter(|one| one.survived as f64 >= SURVIVES_FROM * one.begun as f64).count(), all))
}

fn killed<'r>(run: &'r Run, side: &str, module: &str) -> Option<&'r SurvivalRecord> {
    let is_it = |cell: &&SurvivalRecord| cell.side == side && cell.module == module && cell.fault == FaultKind::Kill;
    run.benefits.survival.iter().find(is_it)
}

fn share(cell: &SurvivalRecord) -> Option<f64> {
    let begun: u64 = cell.journeys.iter().map(|journey| journey.begun).sum();
    let survived: u64 = cell.journeys.iter().map(|journey| journey.survived).sum();
    (begun > 0).then(|| survived as f64 / begun as f64)
}
