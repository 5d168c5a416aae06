//! The ladder: one more thing between caller and service on each rung, for a single call and for the whole workload.

use super::Experiment;
use super::load::Stretch;
use crate::archive::{LadderRecord, Part, Point, Processes, Rung, RungPlace, SideRecord, WorkloadRung};
use crate::protocol::LONE;
use crate::random::Random;
use crate::side::{Role, RunningSide};
use crate::workload::Arrivals;

/// Numbers of traces: far above those of the rounds; two for each round, equal for all rungs.
const FIRST_TRACE: u64 = 5_000_000;

/// Sessions of one stretch at most: the slowest rung waits for each call in turn.
const MOST_SESSIONS: usize = 40;

/// A rung under the workload, while it is climbed.
struct Climbed {
    side: SideRecord,
    values: Vec<Values>,
}

/// What a rung came to in one round.
struct Values {
    cpu_us: f64,
    p50_ms: f64,
    switches: f64,
    network_us: f64,
}

impl Experiment {
    /// Asks the program for the price of a call on each rung, then sends the workload over the rungs where that is wished.
    pub(super) fn climb_the_ladder(&mut self) -> anyhow::Result<()> {
        self.display.say("asking the program for the price of a call on each rung");
        let (rungs, absent) = match self.executable.probe() {
            Ok(rungs) if rungs.is_empty() => (rungs, Some("`probe --json` printed no rungs".to_owned())),
            Ok(rungs) => (rungs, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        let notes = rungs.iter().filter_map(|rung| Some(format!("{}: {}", rung.rung, rung.note.as_ref()?))).collect();
        self.run.ladder = LadderRecord { rungs, absent, workload: Vec::new(), notes };
        if !self.run.ladder.rungs.is_empty() {
            self.note_what_is_not_counted();
            if self.beside.ladder {
                self.climb_with_the_workload()?;
            }
        }
        Ok(())
    }

    fn note_what_is_not_counted(&mut self) {
        self.run.ladder.notes.push(
            "Syscalls are not counted: what traces them slows what is measured, and needs rights that the lab does not ask for."
                .to_owned(),
        );
    }

    fn climb_with_the_workload(&mut self) -> anyhow::Result<()> {
        let Shapes { one, several } = self.shapes()?;
        let mut climbed: Vec<Climbed> = Vec::new();
        for Rung { rung, workload, .. } in self.run.ladder.rungs.clone() {
            let Some(RungPlace { processes, environment }) = workload else {
                self.note(format!(
                    "{rung}: not under the workload, the program says of no setting that puts it there."
                ));
                continue;
            };
            let (topology, what) = match processes {
                Processes::One => (&one, "a single process"),
                Processes::Several => (&several, "several processes"),
            };
            let Some(topology) = topology else {
                self.note(format!("{rung}: not under the workload, because no compared topology has {what}."));
                continue;
            };
            let (name, topology) = (rung, topology.clone());
            climbed.push(Climbed {
                side: SideRecord { name, topology, part: Part::Compared, environment, stranger: None },
                values: Vec::new(),
            });
        }
        for round in 1..=self.run.protocol.rounds {
            if self.stopped() || climbed.is_empty() {
                break;
            }
            self.display.say(&format!("the workload on {} rungs, round {round}", climbed.len()));
            self.climb_once(round, &mut climbed)?;
        }
        self.run.ladder.workload = climbed.iter().filter_map(Climbed::record).collect();
        for Climbed { side, values } in &climbed {
            let network = mean(values, |of| of.network_us);
            if network > 0.0 {
                self.note(format!(
                    "{}: the network's own process took {network:.0} µs of CPU per request, counted apart from the side.",
                    side.name
                ));
            }
        }
        self.note(
            "Bytes between modules under the workload are in the accounts of the traced pass, edge by edge.".to_owned(),
        );
        self.keep();
        Ok(())
    }

    /// Sends the same visitors over every rung, in an order drawn anew. A rung that fails is left out from there on.
    fn climb_once(&mut self, round: u32, climbed: &mut Vec<Climbed>) -> anyhow::Result<()> {
        let mut order: Vec<usize> = (0..climbed.len()).collect();
        Random::stream(self.run.seed, "ladder", u64::from(round)).shuffle(&mut order);
        let mut failed = Vec::new();
        for index in order {
            if self.stopped() {
                // The others would have a round more than this one.
                climbed.iter_mut().for_each(|rung| rung.values.truncate(round as usize - 1));
                return Ok(());
            }
            match self.stand_on(&climbed[index].side, round) {
                Ok(Some(values)) => climbed[index].values.push(values),
                Ok(None) => {}
                Err(error) => failed.push((index, format!("{error:#}"))),
            }
        }
        failed.sort_unstable_by_key(|(index, _)| std::cmp::Reverse(*index));
        for (index, why) in failed {
            let left_out = climbed.remove(index);
            self.note(format!("{}: left out under the workload: {why}", left_out.side.name));
        }
        Ok(())
    }

    /// One block on a rung: fresh processes and data, a few sessions to warm up, then one session after another.
    fn stand_on(&self, side: &SideRecord, round: u32) -> anyhow::Result<Option<Values>> {
        let running = self.start(side, &format!("ladder-{round}"))?;
        let sessions = self.run.protocol.lone_sessions.min(MOST_SESSIONS);
        let number = FIRST_TRACE + 2 * u64::from(round);
        let mut troubles = Vec::new();
        self.one_by_one(&running, number, sessions.div_ceil(4), &mut troubles)?;
        let point = self.one_by_one(&running, number + 1, sessions, &mut troubles)?;
        troubles.extend(running.stop());
        if self.stopped() {
            return Ok(None);
        }
        anyhow::ensure!(troubles.is_empty(), "{}", troubles.join("; "));
        anyhow::ensure!(point.failed == 0, "{} answers were wrong: {:?}", point.failed, point.errors);
        Values::of(&point).map(Some)
    }

    fn one_by_one(
        &self,
        side: &RunningSide,
        number: u64,
        sessions: usize,
        troubles: &mut Vec<String>,
    ) -> anyhow::Result<Point> {
        let trace = self.trace(number, Arrivals::Closed { sessions });
        self.point(side, LONE, &Stretch::one_by_one(&trace, "ladder"), troubles)
    }

    /// Looks which of the compared topologies is a single process, and which has the most.
    fn shapes(&self) -> anyhow::Result<Shapes> {
        let mut shapes = Shapes { one: None, several: None };
        let mut most = 1;
        for side in self.run.compared().cloned().collect::<Vec<_>>() {
            if self.stopped() || self.contender(&side).stranger().is_some() {
                continue;
            }
            let running = self.start(&side, "ladder-shape")?;
            let count = running.census().processes.iter().filter(|(process, _)| process.role == Role::Side).count();
            running.stop();
            if count == 1 && shapes.one.is_none() {
                shapes.one = Some(side.topology);
            } else if count > most {
                (most, shapes.several) = (count, Some(side.topology));
            }
        }
        Ok(shapes)
    }

    fn note(&mut self, note: String) {
        self.run.ladder.notes.push(note);
    }
}

/// The topologies on which rungs stand.
struct Shapes {
    one: Option<String>,
    several: Option<String>,
}

impl Values {
    fn of(point: &Point) -> anyhow::Result<Self> {
        anyhow::ensure!(point.answered > 0, "nothing was answered");
        let each = |of: Option<&u64>| of.copied().unwrap_or_default() as f64 / point.answered as f64;
        Ok(Self {
            cpu_us: each(point.cpu_ns.get(&Role::Side)) / 1000.0,
            p50_ms: point.latency.decode()?.value_at_quantile(0.5) as f64 / 1000.0,
            switches: each(point.switches.get(&Role::Side)),
            network_us: each(point.cpu_ns.get(&Role::Network)) / 1000.0,
        })
    }
}

impl Climbed {
    fn record(&self) -> Option<WorkloadRung> {
        let Self { side, values } = self;
        (!values.is_empty()).then(|| WorkloadRung {
            rung: side.name.clone(),
            cpu_us: values.iter().map(|of| of.cpu_us).collect(),
            p50_ms: values.iter().map(|of| of.p50_ms).collect(),
            bytes: None,
            switches: Some(mean(values, |of| of.switches)),
        })
    }
}

fn mean(values: &[Values], of: impl Fn(&Values) -> f64) -> f64 {
    values.iter().map(of).sum::<f64>() / values.len().max(1) as f64
}
