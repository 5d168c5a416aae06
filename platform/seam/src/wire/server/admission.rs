//! How much runs at the same time, and what is shed first when it is too much.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crate::{Breakdown, Criticality};

/// When it is worth asking again after being shed.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Bounds the calls that wait for something inside this process.
///
/// Only calls that wait are counted: one that is answered at once is gone before anything could be decided about it, and need not
/// pay for the count. Sheddable calls are turned away from half of the bound on, normal ones from nine tenths, critical ones at
/// the bound.
#[derive(Debug)]
pub(super) struct Admission {
    running: AtomicUsize,
    bounds: [usize; 3],
}

impl Admission {
    pub(super) fn new(bound: usize) -> Self {
        Self { running: AtomicUsize::new(0), bounds: [bound / 2, bound - bound / 10, bound] }
    }

    /// Whether a call of this weight may begin now.
    pub(super) fn admit(&self, criticality: Criticality) -> Result<(), Breakdown> {
        if self.running.load(Relaxed) < self.bounds[criticality as usize] {
            return Ok(());
        }
        Err(Breakdown::overloaded(RETRY_AFTER))
    }

    pub(super) fn began_to_wait(&self) {
        self.running.fetch_add(1, Relaxed);
    }

    pub(super) fn ended(&self) {
        self.running.fetch_sub(1, Relaxed);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.load(Relaxed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_least_is_shed_first() {
        let admission = Admission::new(10);
        let admitted = |criticality| admission.admit(criticality).is_ok();
        for (running, sheddable, normal, critical) in
            [(0, true, true, true), (5, false, true, true), (9, false, false, true), (10, false, false, false)]
        {
            while admission.running.load(Relaxed) < running {
                admission.began_to_wait();
            }
            let seen = [Criticality::Sheddable, Criticality::Normal, Criticality::Critical].map(admitted);
            assert_eq!(seen, [sheddable, normal, critical], "with {running} of 10 running");
        }
    }
}
