//! The matrix of faults and journeys: one module of one side is broken at a time, and visitors of every journey go on coming.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Experiment;
use super::load::{PATIENCE, SLACK};
use crate::archive::{FaultKind, SideRecord, SurvivalRecord};
use crate::benefits::{Faults, Window, book, goodput, recovered_after};
use crate::generator::Pacing;
use crate::side::{LayoutGroup, RunningSide};

/// How long a shop may take to be well again before it is started anew for the next fault.
const WELL_WITHIN: Duration = Duration::from_secs(4);
/// How long a shop is given to finish what a fault has cut off, when its books do not balance at once.
const QUIET: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(6), Duration::from_secs(15)];
/// How often a fault is looked after while it lasts.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long each part of a cell takes, seconds; a fault lasts longer than visitors are patient, or they would only wait for its end.
#[derive(Debug, Clone, Copy)]
struct Pace {
    before: f64,
    fault: f64,
    after: f64,
}

/// One module of one side, about to be broken.
struct Victim<'v> {
    /// The side with the folder of faults in its environment.
    side: &'v SideRecord,
    module: &'v str,
    group: &'v LayoutGroup,
    /// Its place among the modules, so that every side gets the same visitors.
    number: u64,
}

impl Pace {
    fn seconds(self) -> f64 {
        self.before + self.fault + self.after
    }
}

impl Experiment {
    /// Breaks each module of each compared side in every way that the run has time for.
    pub(super) fn break_modules(&mut self) -> anyhow::Result<()> {
        for side in self.compared_sides() {
            let side = self.breakable(&side);
            let running = self.start(&side, "faults")?;
            let layout = self.layout(&side, &running);
            drop(running);
            let layout = match layout {
                Ok(layout) => layout,
                Err(error) => {
                    self.absent(format!("what survives a fault in {}: {error:#}", side.name));
                    continue;
                }
            };
            let cells = layout.modules().count() * self.kinds().len();
            let seconds = cells as f64 * self.pace().seconds();
            self.display.say(&format!("{}: breaking each module, {cells} faults, about {seconds:.0} s", side.name));
            let mut dead = BTreeMap::new();
            for (number, (module, group)) in layout.modules().enumerate() {
                if self.stopped() {
                    return Ok(());
                }
                let victim = Victim { side: &side, module, group, number: number as u64 };
                let records = self.break_module(&victim, &mut dead)?;
                self.run.benefits.survival.extend(records);
            }
        }
        Ok(())
    }

    /// Breaks one module in every way, one after another, on a side of its own. `dead` has what came of killing a group: a process dies with
    /// all its modules, whichever of them it is killed for.
    fn break_module(
        &mut self,
        victim: &Victim<'_>,
        dead: &mut BTreeMap<String, SurvivalRecord>,
    ) -> anyhow::Result<Vec<SurvivalRecord>> {
        let mut running = self.start(victim.side, "faults")?;
        self.warm_modestly(&running)?;
        let (mut records, mut known) = (Vec::new(), None);
        for kind in self.kinds() {
            if let (FaultKind::Kill, Some(record)) = (kind, dead.get(&victim.group.name)) {
                known = Some(SurvivalRecord { module: victim.module.to_owned(), ..record.clone() });
                continue;
            }
            records.extend(self.cell(victim, &running, kind)?);
            if self.stopped() {
                break;
            }
            if !self.is_well_within(&running, WELL_WITHIN)? {
                drop(running);
                running = self.start(victim.side, "faults")?;
                self.warm_modestly(&running)?;
            }
        }
        drop(running.stop());
        let balance = self.books_balance(victim.side)?;
        for record in &mut records {
            record.books_balance = balance;
            if record.fault == FaultKind::Kill {
                dead.insert(victim.group.name.clone(), record.clone());
            }
        }
        records.extend(known);
        Ok(records)
    }

    /// One fault: some time before it, the fault, and some time after it, under the same visitors on every side.
    fn cell(
        &mut self,
        victim: &Victim<'_>,
        running: &RunningSide,
        kind: FaultKind,
    ) -> anyhow::Result<Option<SurvivalRecord>> {
        let pace = self.pace();
        let number = 10 + victim.number * 10 + kind as u64;
        let trace = self.single_journeys(&self.workload, number, self.modest_rps(), pace.seconds());
        let folder = self.faults_folder();
        let faults = Faults::of(running, &folder);
        let (measured, window) = self.drive_beside(running, (&self.workload, &trace, Pacing::Arrivals), |began| {
            self.pause(Duration::from_secs_f64(pace.before));
            let mut fault = faults.begin(victim.module, victim.group, kind)?;
            let on = began.elapsed().as_secs_f64();
            let until = Instant::now() + Duration::from_secs_f64(pace.fault);
            while !self.stopped() && Instant::now() < until {
                fault.keep_up();
                self.pause(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
            }
            drop(fault);
            Ok(Window { on, off: began.elapsed().as_secs_f64() })
        })?;
        let refused: crate::benefits::Refused = match window {
            Ok(window) if !self.stopped() => {
                return Ok(Some(SurvivalRecord {
                    side: victim.side.name.clone(),
                    module: victim.module.to_owned(),
                    fault: kind,
                    journeys: book(&self.workload, &trace, &measured, window.decided_within(PATIENCE + SLACK)),
                    goodput: goodput(&measured, window.on, pace.seconds()),
                    lasted_s: window.off - window.on,
                    recovered_after_s: recovered_after(&measured, window, pace.seconds()),
                    books_balance: None,
                }));
            }
            Ok(_) => return Ok(None),
            Err(refused) => refused,
        };
        self.absent(format!("{} in {} of {}: {refused}", word(kind), victim.module, victim.side.name));
        Ok(None)
    }

    /// Checks the books of a stopped side; when they do not balance, the side is left in quiet for a while and checked again, because what was
    /// cut off is finished only by a shop that runs.
    fn books_balance(&self, side: &SideRecord) -> anyhow::Result<Option<bool>> {
        for quiet in std::iter::once(None).chain(QUIET.map(Some)) {
            if self.stopped() {
                return Ok(None);
            }
            if let Some(quiet) = quiet {
                let log = self.folder.join("logs").join("faults-quiet.log");
                let running = self.contender(side).start(&self.data_of(side), &side.environment, &log)?;
                self.pause(quiet);
                drop(running.stop());
            }
            let verification = self.contender(side).verify(&self.data_of(side))?;
            if !verification.checked {
                return Ok(None);
            }
            if verification.holds {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }

    /// What there is time for; kills come last, because a supervisor waits longer before each further start.
    fn kinds(&self) -> Vec<FaultKind> {
        if self.is_full() {
            vec![FaultKind::Slow, FaultKind::Hang, FaultKind::Spin, FaultKind::Leak, FaultKind::Kill]
        } else {
            vec![FaultKind::Slow, FaultKind::Hang, FaultKind::Kill]
        }
    }

    fn pace(&self) -> Pace {
        match (self.is_full(), self.is_smoke()) {
            (true, _) => Pace { before: 0.6, fault: 2.5, after: 2.4 },
            (_, true) => Pace { before: 0.3, fault: 0.9, after: 0.5 },
            _ => Pace { before: 0.4, fault: 1.6, after: 1.2 },
        }
    }
}

fn word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Kill => "a kill",
        FaultKind::Hang => "a hang",
        FaultKind::Leak => "a leak",
        FaultKind::Spin => "a spin",
        FaultKind::Slow => "a delay",
    }
}
