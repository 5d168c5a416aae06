//! The benefit side: what a split may buy.

mod changes;
mod load;
mod neighbours;
mod restarts;
mod scaling;
mod sizes;
mod survival;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Experiment;
use crate::archive::SideRecord;
use crate::benefits::FAULTS_VARIABLE;
use crate::side::{Contender, Layout, RunningSide};

/// Numbers of the traces of this stage: beyond those of every round, equal for all sides.
const TRACES: u64 = 900_000;
/// The load beside which something is broken, flooded or restarted, as a share of the smallest capacity.
const MODEST: f64 = 0.3;

/// A part of the stage.
type Part = fn(&mut Experiment) -> anyhow::Result<()>;

/// The parts in the order in which they are done, with what each is about.
const PARTS: [(&str, Part); 6] = [
    ("what processes are at rest", Experiment::look_at_sizes),
    ("what survives a fault", Experiment::break_modules),
    ("what a restart costs", Experiment::restart_modules),
    ("a noisy neighbour", Experiment::flood_neighbours),
    ("growing", Experiment::grow_modules),
    ("changes until they serve", Experiment::change_modules),
];

impl Experiment {
    /// Breaks, floods, grows, restarts and changes modules, when that is asked for.
    pub(super) fn look_for_benefits(&mut self) -> anyhow::Result<()> {
        if !self.beside.benefits || self.stopped() {
            return Ok(());
        }
        std::fs::create_dir_all(self.faults_folder())?;
        for (what, look) in PARTS {
            if self.stopped() {
                break;
            }
            // What fails in one part is no reason to leave out the others.
            if let Err(error) = look(self) {
                self.absent(format!("{what}: {error:#}"));
            }
            self.keep();
        }
        Ok(())
    }

    /// The sides that are looked at.
    fn compared_sides(&self) -> Vec<SideRecord> {
        self.run.compared().cloned().collect()
    }

    /// The modest load of this stage, requests per second.
    fn modest_rps(&self) -> f64 {
        self.run.reference_rps() * MODEST
    }

    /// How much there is to do: `quick`, `full` or `smoke`.
    fn is_full(&self) -> bool {
        self.run.protocol.name == "full"
    }

    fn is_smoke(&self) -> bool {
        self.run.protocol.name == "smoke"
    }

    /// Where programs look for the faults that are asked of them.
    fn faults_folder(&self) -> PathBuf {
        self.scratch.path().join("faults")
    }

    fn data_folder(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// The side as it is started when it may be asked for faults.
    fn breakable(&self, side: &SideRecord) -> SideRecord {
        let mut side = side.clone();
        side.environment.insert(FAULTS_VARIABLE.to_owned(), self.faults_folder().to_string_lossy().into_owned());
        side
    }

    /// Which modules share a process: the program says, or the processes do when it is somebody else's.
    fn layout(&self, side: &SideRecord, running: &RunningSide) -> anyhow::Result<Layout> {
        match self.contender(side) {
            Contender::Topology { executable, topology } => executable.layout(&topology),
            Contender::Stranger { .. } => Ok(Layout::of_processes(&running.census())),
        }
    }

    /// Notes what was not measured, once.
    fn absent(&mut self, why: String) {
        if !self.run.benefits.absent.contains(&why) {
            self.display.say(&format!("not measured: {why}"));
            self.run.benefits.absent.push(why);
        }
    }

    /// Waits, but not beyond an interrupt.
    fn pause(&self, length: Duration) {
        let until = Instant::now() + length;
        while !self.stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}
