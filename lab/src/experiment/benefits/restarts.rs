//! Requests that are lost while a module, or everything, is restarted in order.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Experiment;
use crate::archive::{RestartRecord, SideRecord};
use crate::benefits::{Window, recovered_after};
use crate::generator::Pacing;
use crate::side::{Process, Role, RunningSide};

/// How much of the load comes before the signal, seconds.
const BEFORE: f64 = 0.5;
/// A quick run restarts so many groups of a side, spread over all of them, beside everything at once.
const QUICKLY: usize = 3;

impl Experiment {
    /// Restarts groups of each compared side under load: SIGTERM to their processes, and the supervisor starts them again.
    pub(super) fn restart_modules(&mut self) -> anyhow::Result<()> {
        for side in self.compared_sides() {
            let running = self.start(&side, "restarts")?;
            if !running.census().processes.iter().any(|(process, _)| process.role == Role::Supervisor) {
                self.absent(format!("restarts of {}: nobody supervises its processes", side.name));
                continue;
            }
            let mut groups: Vec<String> = Vec::new();
            for process in serving(&running) {
                groups.extend(process.group.filter(|group| !groups.contains(group)));
            }
            let wanted = if self.is_full() { groups.len() } else { QUICKLY };
            let step = groups.len().div_ceil(wanted.max(1)).max(1);
            // With one process, its group is everything.
            let one_by_one = groups.iter().step_by(step).filter(|_| groups.len() > 1).cloned().map(Some);
            let restarted: Vec<Option<String>> = one_by_one.chain([None]).collect();
            drop(running);
            for (number, group) in restarted.into_iter().enumerate() {
                if self.stopped() {
                    return Ok(());
                }
                self.display.say(&format!("{}: restarting {}", side.name, group.as_deref().unwrap_or("everything")));
                let record = self.restart(&side, group.as_deref(), number as u64)?;
                if !self.stopped() {
                    self.run.benefits.restarts.push(record);
                }
            }
        }
        Ok(())
    }

    fn restart(&self, side: &SideRecord, group: Option<&str>, number: u64) -> anyhow::Result<RestartRecord> {
        let running = self.start(side, "restarts")?;
        self.warm_modestly(&running)?;
        let lasts = if self.is_smoke() { 1.5 } else { 4.0 };
        let trace = self.single_journeys(&self.workload, 2_000 + number, self.modest_rps(), lasts);
        let (measured, at) = self.drive_beside(&running, (&self.workload, &trace, Pacing::Arrivals), |began| {
            self.pause(Duration::from_secs_f64(BEFORE));
            let asked =
                serving(&running).into_iter().filter(|process| group.is_none() || process.group.as_deref() == group);
            for process in asked {
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGTERM);
            }
            began.elapsed().as_secs_f64()
        })?;
        drop(running.stop());
        Ok(RestartRecord {
            side: side.name.clone(),
            restarted: group.unwrap_or("everything").to_owned(),
            sent: measured.sent,
            lost: measured.failed,
            away_s: recovered_after(&measured, Window { on: at, off: at }, lasts).unwrap_or(lasts - at),
        })
    }
}

/// The processes that serve visitors.
fn serving(running: &RunningSide) -> Vec<Process> {
    let processes = running.census().processes.into_iter().map(|(process, _)| process);
    processes.filter(|process| process.role == Role::Side).collect()
}
