//! Loads that several sides have in turns (see docs/adr/0017-sides-take-turns.md).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Experiment;
use super::load::{Reading, SETTLE, Spent, Stretch, during, generating};
use crate::analysis::load_label;
use crate::archive::{Point, SideRecord};
use crate::generator::{Drive, Progress, StretchLog, Think, TurnEdge, Turns, drive_in_turns};
use crate::protocol::{LONE, LONE_PAUSE, LONE_PAUSED, LoadStretch};
use crate::side::{Census, RunningSide};
use crate::workload::Arrivals;

/// A turn that nobody else waits for.
const NO_TURNS: Duration = Duration::from_secs(3600);

/// A side that has a load in turns with others.
pub(super) struct InTurns<'s> {
    pub side: &'s SideRecord,
    pub running: &'s RunningSide,
    /// The round whose lines its requests are, where there is a table of all requests.
    pub round: Option<u32>,
}

/// What came of a load, and what was odd meanwhile.
pub(super) type Came = (Point, Vec<String>);

impl Experiment {
    /// One visitor after another without pauses, so many of them: the price of a request when nothing queues.
    pub(super) fn lone_sessions(
        &self,
        sides: &[InTurns<'_>],
        sessions: usize,
        number: u64,
    ) -> anyhow::Result<Vec<Came>> {
        self.each_alone(sides, LONE, sessions, Think::Never, number)
    }

    /// The same with pauses: what a delay adds when it makes nothing colder than it is.
    pub(super) fn paused_sessions(
        &self,
        sides: &[InTurns<'_>],
        sessions: usize,
        number: u64,
    ) -> anyhow::Result<Vec<Came>> {
        self.each_alone(sides, LONE_PAUSED, sessions, Think::AfterEach(LONE_PAUSE), number)
    }

    fn each_alone(
        &self,
        sides: &[InTurns<'_>],
        load: &str,
        sessions: usize,
        think: Think,
        number: u64,
    ) -> anyhow::Result<Vec<Came>> {
        let (trace, label) = (self.trace(number, Arrivals::Closed { sessions }), load_label(load));
        let stretch = Stretch { think, ..Stretch::one_by_one(&trace, &label) };
        self.in_turns(sides, load, &stretch, self.turn() / 2, number)
    }

    /// A load that is offered, the same visitors to each side.
    pub(super) fn open_load_in_turns(
        &self,
        sides: &[InTurns<'_>],
        load: &LoadStretch,
        number: u64,
    ) -> anyhow::Result<Vec<Came>> {
        let name = load.percent.to_string();
        let (offered, label) = (self.offered_at(load), load_label(&name));
        let trace = self.open_trace(load, offered, number);
        if sides.iter().any(|side| side.round.is_some()) {
            self.keep_arrivals(&name, &trace)?;
        }
        self.in_turns(sides, &name, &self.open_stretch(&trace, &label, load, offered), self.turn(), number)
    }

    /// How many of so many sides run at once: all of them, unless they cannot take turns.
    pub(super) fn at_once(&self, sides: usize) -> usize {
        if self.run.protocol.turn_seconds > 0.0 { sides } else { 1 }
    }

    fn turn(&self) -> Duration {
        match self.run.protocol.turn_seconds {
            0.0 => NO_TURNS,
            seconds => Duration::from_secs_f64(seconds),
        }
    }

    /// Drives the same stretch of each side, in turns, with the CPU clocks of a side's processes read around each of its turns.
    fn in_turns(
        &self,
        sides: &[InTurns<'_>],
        load: &str,
        stretch: &Stretch<'_>,
        turn: Duration,
        number: u64,
    ) -> anyhow::Result<Vec<Came>> {
        let (cpus, seed) = (&self.run.placement.side, self.run.seed ^ number);
        let log_of = |InTurns { side, round, .. }: &InTurns<'_>| {
            self.keep_requests_of(*round, side);
            self.requests.as_ref().and_then(|requests| requests.stretch(load, &self.workload))
        };
        let logs: Vec<Option<StretchLog>> = sides.iter().map(log_of).collect();
        let progress: Vec<Progress> = sides.iter().map(|_| Progress::default()).collect();
        let drives: Vec<Drive<'_>> = sides
            .iter()
            .zip(&logs)
            .zip(&progress)
            .map(|((side, log), progress)| self.drive_of(side.running, stretch, None, log.as_ref(), progress))
            .collect();
        let known: Vec<Census> = sides.iter().map(|side| side.running.census()).collect();
        let mut spent: Vec<Spent> = sides.iter().map(|_| Spent::default()).collect();
        let (whose, turns_had) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let read = |index: usize| Reading::of(sides[index].running.count_again(&known[index]), cpus);
        let mut before = None;
        let mut edge = |edge| match edge {
            TurnEdge::Begins(index) => {
                whose.store(index, Ordering::Relaxed);
                before = Some(read(index));
            }
            TurnEdge::Over(index) => {
                turns_had.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(SETTLE);
                if let Some(before) = before.take() {
                    spent[index].add(&before, &read(index));
                }
            }
        };
        let show = || {
            let index = whose.load(Ordering::Relaxed);
            let had = turn.mul_f64(turns_had.load(Ordering::Relaxed) as f64 / sides.len() as f64);
            let label = format!("{}, {}", stretch.label, sides[index].side.name);
            self.display.show(&label, stretch.offered_rps, had, &progress[index]);
        };
        let turns = Turns { length: turn, seed, edge: &mut edge };
        let measured = generating(|| drive_in_turns(&drives, turns), show)??;
        let parts = sides.iter().zip(spent).zip(&known).zip(measured);
        Ok(parts
            .map(|(((side, spent), known), measured)| {
                // The turns count those who were there at first; who has come or gone only a look at all processes tells.
                let (_, changes) = side.running.census().since(known);
                let point = spent.point(load, stretch.offered_rps, measured, cpus.len());
                (point, during(load, changes).collect())
            })
            .collect())
    }
}
