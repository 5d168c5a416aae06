//! Foretelling: what each topology will cost, from the first side and the price of a hop.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::{Experiment, equality};
use crate::advise::{self, Proposal};
use crate::archive::{Part, Partition, Projection, Scouted, SideRecord, write_text};
use crate::predict::{self, Visits};
use crate::side::Contender;

/// The file of the grouping that is proposed, in the run's folder.
const PROPOSAL: &str = "proposal.toml";

/// How many idle processes each request asks at once while the price of a hop is scouted: without, one, and enough for a line.
const PROCESSES: [u32; 3] = [0, 1, 4];
/// How often each is scouted; the machine is not equally fast from one to the next.
const TURNS: u32 = 4;
/// What tells the program to ask so many idle processes in each request.
const HOPS: &str = "CLEAVE__LAB__HOPS";
/// Numbers of traces (see [`Experiment::trace`]): no other part of a run has these.
const TRACES: u64 = 600;
const TRACES_PER_TURN: u64 = 10;

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
            let partition = self.executable.partition(&topology)?;
            self.run.predictions.partitions.push(partition);
        }
        self.scout()?;
        self.foretell_and_propose()
    }

    fn foretell_and_propose(&mut self) -> anyhow::Result<()> {
        let price = predict::price(&self.run.ladder, &self.run.predictions.scouted).map_err(anyhow::Error::msg)?;
        self.run.predictions.price = Some(price);
        let visits = self.visits();
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

    /// Measures the first side as it is, and with hops of known number in every request.
    fn scout(&mut self) -> anyhow::Result<()> {
        let Some(first) = self.run.compared().next().cloned() else { return Ok(()) };
        let loads = self.run.protocol.loads.iter().map(|load| load.percent);
        let held_out = loads.max().filter(|highest| *highest > self.run.protocol.headline_load);
        self.display
            .say(&format!("the price of a hop: {} asks idle processes, a known number in every request", first.name));
        for turn in 1..=TURNS {
            for processes in PROCESSES {
                if self.stopped() {
                    anyhow::bail!("stopped before a hop had its price");
                }
                let points = self.scout_once(&first, turn, processes, held_out)?;
                self.run.predictions.scouted.push(Scouted { turn, processes, points });
            }
        }
        Ok(())
    }

    /// One session at a time and every load but the one that is held out to check the simulation.
    fn scout_once(
        &self,
        first: &SideRecord,
        turn: u32,
        processes: u32,
        held_out: Option<u32>,
    ) -> anyhow::Result<Vec<crate::archive::Point>> {
        let mut side =
            SideRecord { name: format!("{} with {processes} hops", first.name), part: Part::Compared, ..first.clone() };
        if processes > 0 {
            side.environment.insert(HOPS.to_owned(), processes.to_string());
        }
        let running = self.start(&side, &format!("scout-{turn}"))?;
        let first_trace = TRACES + u64::from(turn) * TRACES_PER_TURN;
        self.warm_up(&running, first_trace)?;
        let mut troubles = Vec::new();
        let mut points = vec![self.lone_sessions(&running, first_trace + 1, &mut troubles)?];
        let lower = self.run.protocol.loads.iter().filter(|load| Some(load.percent) != held_out);
        for (number, load) in (2..).zip(lower) {
            let offered = self.run.reference_rps() * f64::from(load.percent) / 100.0;
            let name = load.percent.to_string();
            points.push(self.open_load(&running, &name, load, offered, first_trace + number, &mut troubles)?);
        }
        troubles.extend(running.stop());
        anyhow::ensure!(troubles.is_empty(), "{}: {}", side.name, troubles.join("; "));
        Ok(points)
    }

    fn visits(&self) -> Visits {
        let shape = &self.workload.session;
        let requests = self.workload.requests_per_session().max(1.0);
        let journeys = (shape.journeys.0 + shape.journeys.1) as f64 / 2.0;
        Visits {
            requests,
            paused: (journeys / requests).clamp(0.0, 1.0),
            pause_ns: (shape.think_us.0 as f64 * 1e3, shape.think_us.1 as f64 * 1e3),
        }
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

impl crate::side::Executable {
    /// Which modules share a process in a topology of the program.
    pub fn partition(&self, topology: &str) -> anyhow::Result<Partition> {
        #[derive(serde::Deserialize)]
        struct Topology {
            groups: Vec<Group>,
        }
        #[derive(serde::Deserialize)]
        struct Group {
            modules: Vec<String>,
        }
        let output = self.run(&["topology", topology, "--format", "json"])?;
        let read = || format!("`topology {topology} --format json` does not say which modules share a process");
        anyhow::ensure!(output.status.success(), read());
        let found: Topology = serde_json::from_slice(&output.stdout).with_context(read)?;
        let groups = found.groups.into_iter().map(|group| group.modules).collect();
        Ok(Partition { topology: topology.to_owned(), groups })
    }
}
