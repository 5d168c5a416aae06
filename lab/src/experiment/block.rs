//! One timed stretch of one side: fresh processes on restored data, warm-up, every load, capacity, and the check afterwards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use anyhow::Context;

use super::Experiment;
use super::load::Stretch;
use crate::analysis::load_label;
use crate::archive::{Block, CapacityRecord, Part, Point, ProcessRecord, SideRecord};
use crate::generator::Think;
use crate::protocol::{LoadStretch, own_load};
use crate::side::{Process, RunningSide, Usage, copy_folder, pss_bytes};
use crate::workload::{Arrivals, Trace};

/// Numbers of traces: one range per round, one number per stretch within it, equal for all sides.
const TRACES_PER_ROUND: u64 = 100;

/// How much of a block is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Everything.
    Whole,
    /// One session at a time and the headline load: what further rounds are for.
    Headline,
}

impl Experiment {
    /// Starts a side on a fresh copy of the template.
    pub(super) fn start(&self, side: &SideRecord, purpose: &str) -> anyhow::Result<RunningSide> {
        let data = self.data();
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        copy_folder(&self.template_of(side), &data)?;
        let letters = |name: &str| -> String {
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
        };
        let log = self.folder.join("logs").join(format!("{}-{}.log", letters(purpose), letters(&side.name)));
        let start = || self.contender(side).start(&data, &side.environment, &log);
        let Some(groups) = &self.groups else { return start() };
        let (running, group) = groups.born_apart(start).context("the side's control group cannot be made")?;
        Ok(running?.counted_by(group))
    }

    fn data(&self) -> std::path::PathBuf {
        self.scratch.path().join("data")
    }

    /// Runs one block: first what every block has, so that it is measured in the same state everywhere, then what only whole ones have.
    pub(super) fn block(&self, round: u32, position: u32, side: usize, extent: Extent) -> anyhow::Result<Block> {
        let side = &self.run.sides[side];
        let started_s = self.began.elapsed().as_secs_f64();
        self.display.begin_block(&self.run.protocol, side, round, extent);
        let running = self.start(side, &format!("round-{round}"))?;
        let mut block = Block {
            round,
            position,
            side: side.name.clone(),
            started_s,
            ready_ms: running.ready_after.as_secs_f64() * 1000.0,
            points: Vec::new(),
            capacity: None,
            processes: Vec::new(),
            memory_peak_bytes: None,
            verification: None,
            troubles: Vec::new(),
        };
        let first_trace = 1000 + u64::from(round) * TRACES_PER_ROUND;
        if let Some(requests) = &self.requests {
            requests.begin_block(round, &side.name);
        }
        self.warm_up(&running, first_trace)?;
        block.points.push(self.lone_sessions(&running, first_trace + 1, &mut block.troubles)?);
        // The known deltas are looked for where nothing queues; the other loads would only cost time.
        if matches!(side.part, Part::Compared | Part::Again) {
            let headline = self.run.protocol.headline_load;
            self.shared_loads(&running, |percent| percent == headline, first_trace, &mut block)?;
        }
        block.processes = processes(&running);
        block.memory_peak_bytes = running.peak_bytes();
        // The first side against itself is judged at the headline alone.
        if side.part == Part::Compared && extent == Extent::Whole {
            let headline = self.run.protocol.headline_load;
            self.shared_loads(&running, |percent| percent != headline, first_trace, &mut block)?;
            block.capacity = self.block_capacity(&running, &side.name, first_trace + 20)?;
            self.own_loads(&running, first_trace + 40, &mut block)?;
        }
        if let Some(requests) = &self.requests {
            requests.end_block();
        }
        block.troubles.extend(running.stop());
        if !self.stopped() {
            block.verification = Some(self.contender(side).verify(&self.data())?);
        }
        self.display.end_block(&block);
        Ok(block)
    }

    pub(super) fn warm_up(&self, side: &RunningSide, number: u64) -> anyhow::Result<()> {
        let protocol = &self.run.protocol;
        let offered = self.run.reference_rps() * 0.5;
        let arrivals = Arrivals::PartlyOpen { requests_per_second: offered, seconds: protocol.warm_up_seconds };
        let trace = self.trace(number, arrivals);
        self.drive(side, &Stretch::arriving(&trace, offered, "warm-up"), &mut |_| {})?;
        Ok(())
    }

    /// One visitor after another without pauses, a fixed number of them: the price of a request when nothing queues.
    pub(super) fn lone_sessions(
        &self,
        side: &RunningSide,
        number: u64,
        troubles: &mut Vec<String>,
    ) -> anyhow::Result<Point> {
        let trace = self.trace(number, Arrivals::Closed { sessions: self.run.protocol.lone_sessions });
        self.point(side, "1", &Stretch::one_by_one(&trace, "1 session"), troubles)
    }

    /// Shares of the smallest capacity, the same rate for every side.
    fn shared_loads(
        &self,
        side: &RunningSide,
        wanted: impl Fn(u32) -> bool,
        first_trace: u64,
        block: &mut Block,
    ) -> anyhow::Result<()> {
        for (index, load) in self.run.protocol.loads.iter().enumerate().filter(|(_, load)| wanted(load.percent)) {
            let offered = self.run.reference_rps() * f64::from(load.percent) / 100.0;
            let name = load.percent.to_string();
            block.points.push(self.open_load(
                side,
                &name,
                load,
                offered,
                first_trace + 2 + index as u64,
                &mut block.troubles,
            )?);
        }
        Ok(())
    }

    /// Shares of the side's own capacity, lowest first: its curve up to the knee and past it. They come last, because a side that was
    /// driven past its knee is not what it was before.
    fn own_loads(&self, side: &RunningSide, first_trace: u64, block: &mut Block) -> anyhow::Result<()> {
        let Some(pilot) = self.run.pilots.iter().find(|pilot| pilot.side == block.side) else { return Ok(()) };
        for (index, load) in self.run.protocol.own_loads.iter().enumerate() {
            let offered = pilot.capacity.rps * f64::from(load.percent) / 100.0;
            let name = own_load(load.percent);
            block.points.push(self.open_load(
                side,
                &name,
                load,
                offered,
                first_trace + index as u64,
                &mut block.troubles,
            )?);
        }
        Ok(())
    }

    pub(super) fn open_load(
        &self,
        side: &RunningSide,
        name: &str,
        load: &LoadStretch,
        offered: f64,
        number: u64,
        troubles: &mut Vec<String>,
    ) -> anyhow::Result<Point> {
        let (seconds, form) = (load.seconds, &self.workload.load);
        let trace = self.trace(number, Arrivals::AsWorkload { requests_per_second: offered, seconds });
        self.keep_arrivals(name, &trace)?;
        let label = load_label(name);
        let stretch = Stretch {
            trace: &trace,
            pacing: form.pacing(f64::from(load.percent), Duration::from_secs_f64(seconds)),
            think: Think::AsPlanned,
            ramp_seconds: self.run.protocol.ramp_seconds,
            label: &label,
            offered_rps: form.offers_a_rate().then_some(offered),
        };
        self.point(side, name, &stretch, troubles)
    }

    /// Leaves the visitors of a load where a workload can take them as a recording, when requests are kept.
    fn keep_arrivals(&self, load: &str, trace: &Trace) -> anyhow::Result<()> {
        let file = self.folder.join(format!("arrivals-{}.jsonl", load.replace(' ', "-")));
        if self.requests.is_none() || file.exists() {
            return Ok(());
        }
        let mut out =
            BufWriter::new(File::create(&file).with_context(|| format!("{} cannot be made", file.display()))?);
        trace.record(&self.workload, &mut out)?;
        out.flush().with_context(|| format!("{} cannot be written", file.display()))
    }

    fn block_capacity(&self, side: &RunningSide, name: &str, number: u64) -> anyhow::Result<Option<CapacityRecord>> {
        let search = &self.run.protocol.capacity;
        let Some(pilot) = self.run.pilots.iter().find(|pilot| pilot.side == name) else { return Ok(None) };
        // A protocol without steps does not look for it again.
        if search.block_steps == 0 {
            return Ok(None);
        }
        self.search_capacity(side, pilot.capacity.rps, search.block_steps, number).map(Some)
    }
}

fn processes(side: &RunningSide) -> Vec<ProcessRecord> {
    let census = side.census();
    let record = |(process, usage): &(Process, Usage)| ProcessRecord {
        role: process.role,
        command: named(process),
        cpu_ns: usage.cpu_ns,
        pss_bytes: pss_bytes(process.pid).unwrap_or_default(),
    };
    census.processes.iter().map(record).collect()
}

/// The words of a process, with its group before them where they do not name it.
fn named(process: &Process) -> String {
    let words = shortened(&process.command);
    match &process.group {
        Some(group) if !words.split(' ').any(|word| word == group) => format!("{group}: {words}"),
        _ => words,
    }
}

/// Arguments tell processes apart; values of settings do not belong into a run that is passed on, so only plain words and groups stay.
fn shortened(command: &str) -> String {
    let mut words = command.split(' ').filter(|word| !word.contains('/')).peekable();
    let mut kept: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        if let Some(group) = word.strip_prefix("--group=") {
            kept.push(group);
        } else if word == "--group" || word == "--topology" {
            kept.extend(words.next());
        } else if word.starts_with('-') {
            // A flag and, where one follows, its value.
            if !word.contains('=') && words.peek().is_some_and(|next| !next.starts_with('-')) {
                words.next();
            }
        } else {
            kept.push(word);
        }
    }
    let mut seen = BTreeMap::new();
    kept.retain(|word| seen.insert(*word, ()).is_none());
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_process_is_named_by_its_role_and_group_and_no_setting_is_kept() {
        let command = "serve --topology services --group catalog --key s3cret --data /var/lib/x --listen=127.0.0.1:0";
        assert_eq!(shortened(command), "serve services catalog");
        assert_eq!(shortened("provider --listen 127.0.0.1:0"), "provider");
    }
}
