//! Foretelling: what each topology will cost, from the first side and the price of a hop.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::{Experiment, equality, turns::InTurns};
use crate::advise::{self, Proposal};
use crate::archive::{HopsTo, Partition, Point, Projection, Scouted, SideRecord, write_text};
use crate::predict::{self, SCOUTED, Visits};
use crate::protocol::LoadStretch;
use crate::side::Contender;

/// The file of the grouping that is proposed, in the run's folder.
const PROPOSAL: &str = "proposal.toml";

/// How often all of them are scouted.
const ROUNDS: u32 = 5;
/// With how many sessions one after another, and for how many seconds at each other load, at most: what differs between sides that take
/// turns is known long before the intervals of a full run are narrow.
const MOST_SESSIONS: usize = 60;
const LONGEST: f64 = 2.5;
/// What tells the program to ask so many idle services in each request, which, and how often again.
const HOPS: &str = "CLEAVE__LAB__HOPS";
const HOPS_TO: &str = "CLEAVE__LAB__HOPS_TO";
const HOPS_AGAIN: &str = "CLEAVE__LAB__HOPS_AGAIN";
/// Numbers of traces (see [`Experiment::trace`]): no other part of a run has these.
const TRACES: u64 = 600;
const TRACES_PER_ROUND: u64 = 10;

impl Experiment {
    /// Says what each topology will cost before it is measured, when that is asked for.
    ///
    /// What goes wrong here is no reason to end a run: it is recorded in place of the predictions.
    pub(super) fn predict(&mut self) -> anyhow::Result<()> {
        if !self.beside.predict || self.stopped() {
            return Ok(());
        }
        if let Err(why) = self.foretell() {
            self.display.say(&format!("nothing is foretold: {why:#}"));
            self.run.predictions.absent = Some(format!("{why:#}"));
        }
        self.keep();
        Ok(())
    }

    fn foretell(&mut self) -> anyhow::Result<()> {
        let topologies: Vec<String> = self.run.compared().map(|side| side.topology.clone()).collect();
        for topology in topologies {
            let layout = self.executable.layout(&topology)?;
            self.run.predictions.partitions.push(Partition::of(&topology, &layout));
        }
        self.scout()?;
        self.foretell_and_propose()
    }

    fn foretell_and_propose(&mut self) -> anyhow::Result<()> {
        let price = predict::price(&self.run.ladder, &self.run.predictions.scouted).map_err(anyhow::Error::msg)?;
        self.run.predictions.price = Some(price);
        let visits = Visits::of(&self.workload);
        if let Some(proposal) = self.proposal(visits)? {
            self.take_part(&proposal)?;
        }
        let (predicted, projections) = {
            let model = predict::model(&self.run, visits).map_err(anyhow::Error::msg)?;
            (predict::foretell(&self.run, &model), predict::project(&self.run, &model))
        };
        self.run.predictions.predicted = predicted;
        self.run.predictions.projections = projections;
        self.say_predictions();
        Ok(())
    }

    /// The grouping to propose, when one is asked for.
    fn proposal(&self, visits: Visits) -> anyhow::Result<Option<Proposal>> {
        let Some(permille) = self.beside.budget_permille else { return Ok(None) };
        let model = predict::model(&self.run, visits).map_err(anyhow::Error::msg)?;
        let first = self.run.predictions.partitions.first();
        let modules: Vec<String> = first.iter().flat_map(|partition| partition.modules()).map(str::to_owned).collect();
        Ok(advise::propose(&self.run, &model, &modules, 1.0 + f64::from(permille) / 1000.0))
    }

    /// Makes a side of what is proposed, unless it is one already, so that it is measured in the same rounds.
    fn take_part(&mut self, proposal: &Proposal) -> anyhow::Result<()> {
        let groups = |groups: &[Vec<String>]| -> BTreeSet<BTreeSet<String>> {
            groups.iter().map(|group| group.iter().cloned().collect()).collect()
        };
        let known =
            self.run.predictions.partitions.iter().find(|known| groups(&known.groups) == groups(&proposal.groups));
        let within =
            if proposal.proven { "the best within the budget" } else { "the best that was found within the budget" };
        if let Some(known) = known {
            self.display.say(&format!("{} is {within}", known.topology));
            return Ok(());
        }
        let file = self.folder.join(PROPOSAL);
        write_text(&file, &proposal.as_topology())?;
        let topology = file.to_string_lossy().into_owned();
        self.display.say(&format!("proposed, {within}: {} processes, see {topology}", proposal.groups.len()));
        self.contenders.insert(topology.clone(), Contender::asked_for(&self.executable, &topology)?);
        let first = self.run.compared().next().cloned().context("a run has a first side")?;
        let side = SideRecord { name: "proposal".to_owned(), topology: topology.clone(), ..first.clone() };
        let expected = self.replay_for_equality(&self.start(&first, "proposal-first")?)?;
        let found = self.replay_for_equality(&self.start(&side, "proposal")?)?;
        self.run.equality.differences.extend(equality::differences(&side.name, &expected, &found));
        let place = self.run.compared().count();
        self.run.sides.insert(place, side);
        self.run.predictions.partitions.push(Partition { topology, groups: proposal.groups.clone() });
        Ok(())
    }

    /// Measures the first side as it is, and with hops of known number in every request, all of them in turns.
    fn scout(&mut self) -> anyhow::Result<()> {
        let Some(first) = self.run.compared().next().cloned() else { return Ok(()) };
        let sides = SCOUTED.map(|scout| with_hops(&first, scout));
        self.display
            .say(&format!("the price of a hop: {} asks idle services, a known number in every request", first.name));
        for round in 1..=ROUNDS {
            let together = self.at_once(sides.len());
            for (sides, scouts) in sides.chunks(together).zip(SCOUTED.chunks(together)) {
                let points = self.scout_together(sides, round)?;
                let scouted = scouts.iter().zip(points).map(|(&(processes, to, again), points)| Scouted {
                    turn: round,
                    processes,
                    to,
                    again,
                    points,
                });
                self.run.predictions.scouted.extend(scouted);
            }
        }
        Ok(())
    }

    /// One session at a time and every load but the one that is held out to check the simulation.
    fn scout_together(&self, sides: &[SideRecord], round: u32) -> anyhow::Result<Vec<Vec<Point>>> {
        let first_trace = TRACES + u64::from(round) * TRACES_PER_ROUND;
        let mut running = Vec::new();
        for side in sides {
            let started = self.start_among(sides.len(), side, &format!("scout-{round}"))?;
            self.warm_up(&started, first_trace)?;
            running.push(started);
        }
        let in_turns: Vec<_> =
            sides.iter().zip(&running).map(|(side, running)| InTurns { side, running, round: None }).collect();
        let held_out = self.run.protocol.loads.iter().map(|load| load.percent).max();
        let held_out = held_out.filter(|highest| *highest > self.run.protocol.headline_load);
        let sessions = self.run.protocol.lone_sessions.min(MOST_SESSIONS);
        let mut came = vec![self.lone_sessions(&in_turns, sessions, first_trace + 1)?];
        let lower = self.run.protocol.loads.iter().filter(|load| Some(load.percent) != held_out);
        for (number, load) in (2..).zip(lower) {
            let load = LoadStretch { seconds: load.seconds.min(LONGEST), ..load.clone() };
            came.push(self.open_load_in_turns(&in_turns, &load, first_trace + number)?);
        }
        anyhow::ensure!(!self.stopped(), "stopped before a hop had its price");
        let mut points: Vec<Vec<Point>> = sides.iter().map(|_| Vec::new()).collect();
        for (place, (point, troubles)) in came.into_iter().flat_map(|load| load.into_iter().enumerate()) {
            anyhow::ensure!(troubles.is_empty(), "{}: {}", sides[place].name, troubles.join("; "));
            points[place].push(point);
        }
        for (side, running) in sides.iter().zip(running) {
            let troubles = running.stop();
            anyhow::ensure!(troubles.is_empty(), "{}: {}", side.name, troubles.join("; "));
        }
        Ok(points)
    }

    fn say_predictions(&self) {
        let headline = self.run.protocol.headline_load;
        for price in self.run.predictions.price.iter().flat_map(|price| &price.rounds) {
            self.display.say(&format!(
                "  at load {}, asking other processes costs {:.1} µs CPU a round and {:.1} µs for each process",
                price.load,
                price.cpu_per_round_ns / 1e3,
                price.cpu_per_process_ns / 1e3
            ));
        }
        self.display.say(&format!(
            "foretold, before anything of it is measured (at {headline} % load, and p50 with one session):"
        ));
        for partition in &self.run.predictions.partitions {
            let predicted = &self.run.predictions.predicted;
            let value = |metric: &str| {
                let found = predicted.iter().find(|one| one.topology == partition.topology && one.metric == metric);
                found.map(|found| found.value)
            };
            if let (Some(cpu), Some(p50), Some(p99), Some(alone)) =
                (value("cpu_per_request"), value("p50"), value("p99"), value("p50@1"))
            {
                self.display.say(&format!(
                    "  {}: {cpu:.0} µs CPU per request, p50 {p50:.2} ms, p99 {p99:.2} ms; alone p50 {alone:.3} ms",
                    partition.topology
                ));
            }
        }
        for Projection { topology, metric, circumstances, value, refused, .. } in &self.run.predictions.projections {
            match (value, refused) {
                (Some(value), _) => self.display.say(&format!("  {topology}, {circumstances}: {metric} {value:.2} ms")),
                (None, Some(why)) => self.display.say(&format!("  {topology}, {circumstances}: not projected: {why}")),
                (None, None) => {}
            }
        }
    }
}

/// The first side when each request asks idle services.
fn with_hops(first: &SideRecord, (number, to, again): (u32, HopsTo, u32)) -> SideRecord {
    let name = format!("{} with {number} hops, {}, {again} again", first.name, to.word());
    let mut side = SideRecord { name, ..first.clone() };
    if number > 0 {
        let asked = [(HOPS, number.to_string()), (HOPS_TO, to.word().to_owned()), (HOPS_AGAIN, again.to_string())];
        side.environment.extend(asked.map(|(name, value)| (name.to_owned(), value)));
    }
    side
}
