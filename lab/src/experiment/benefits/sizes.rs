//! What each process is to start and to hold, before anybody has visited it.

use std::time::Duration;

use super::Experiment;
use crate::archive::ProcessSize;
use crate::side::{Contender, Role, pss_bytes};

/// How long processes rest after they have become ready.
const REST: Duration = Duration::from_millis(300);

impl Experiment {
    /// Starts each side once and looks at its processes; those of one side start together, so that each is ready when all are.
    pub(super) fn look_at_sizes(&mut self) -> anyhow::Result<()> {
        for side in self.compared_sides() {
            let running = self.start(&side, "sizes")?;
            self.pause(REST);
            let binary_bytes = match self.contender(&side) {
                Contender::Topology { executable, .. } => std::fs::metadata(&executable.path)?.len(),
                // An interpreter's size says nothing of the program.
                Contender::Stranger { .. } => 0,
            };
            let serving = running.census().processes.into_iter().filter(|(process, _)| process.role == Role::Side);
            for (process, _) in serving {
                self.run.benefits.processes.push(ProcessSize {
                    side: side.name.clone(),
                    group: process.group.unwrap_or_else(|| side.topology.clone()),
                    binary_bytes,
                    pss_bytes: pss_bytes(process.pid).unwrap_or_default(),
                    ready_ms: running.ready_after.as_secs_f64() * 1000.0,
                });
            }
            drop(running.stop());
        }
        Ok(())
    }
}
