//! Timed blocks, one of each side: fresh processes on restored data, warm-up, every load, capacity, and the check afterwards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use anyhow::Context;

use super::Experiment;
use super::load::Stretch;
use super::turns::{Came, InTurns};
use crate::analysis::load_label;
use crate::archive::{Block, CapacityRecord, Part, Point, ProcessRecord, SideRecord};
use crate::generator::Think;
use crate::protocol::{LoadStretch, own_load};
use crate::side::{Contender, Process, RunningSide, Usage, copy_folder, pss_bytes};
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

/// A side while its block is measured.
struct Member<'e> {
    side: &'e SideRecord,
    running: RunningSide,
    block: Block,
}

impl Member<'_> {
    fn in_turns(&self) -> InTurns<'_> {
        InTurns { side: self.side, running: &self.running, round: Some(self.block.round) }
    }
}

impl Experiment {
    /// Starts a side on a fresh copy of the template.
    pub(super) fn start(&self, side: &SideRecord, purpose: &str) -> anyhow::Result<RunningSide> {
        self.start_from(&self.contender(side), side, purpose)
    }

    /// The same as one of so many that run at once. Memory is counted by the share of each process in a page, so none may be shared with
    /// another side.
    pub(super) fn start_among(&self, sides: usize, side: &SideRecord, purpose: &str) -> anyhow::Result<RunningSide> {
        match sides {
            1 => self.start(side, purpose),
            _ => self.start_from(&self.contender(side).of_its_own(&self.own_of("program", side))?, side, purpose),
        }
    }

    fn start_from(&self, contender: &Contender, side: &SideRecord, purpose: &str) -> anyhow::Result<RunningSide> {
        let data = self.data_of(side);
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        copy_folder(&self.template_of(side), &data)?;
        let log = self.folder.join("logs").join(format!("{}-{}.log", letters(purpose), letters(&side.name)));
        let start = || contender.start(&data, &side.environment, &log);
        let Some(groups) = &self.groups else { return start() };
        let (running, group) = groups.born_apart(start).context("the side's control group cannot be made")?;
        Ok(running?.counted_by(group))
    }

    /// Where a side's copy of the data lies.
    pub(super) fn data_of(&self, side: &SideRecord) -> std::path::PathBuf {
        self.own_of("data", side)
    }

    /// A place among the copies that belongs to a side alone.
    fn own_of(&self, what: &str, side: &SideRecord) -> std::path::PathBuf {
        // Sides may differ in what is no letter alone.
        let index = self.run.sides.iter().position(|known| known.name == side.name).unwrap_or(self.run.sides.len());
        self.scratch.path().join(format!("{what}-{index}-{}", letters(&side.name)))
    }

    /// Runs a block of each of these sides: fresh processes on restored data for all of them, the loads that are compared in turns, then
    /// what each has to itself.
    pub(super) fn blocks(
        &self,
        round: u32,
        first_position: u32,
        sides: &[&SideRecord],
        extent: Extent,
    ) -> anyhow::Result<Vec<Block>> {
        let first_trace = 1000 + u64::from(round) * TRACES_PER_ROUND;
        let mut members = Vec::new();
        for (position, side) in (first_position..).zip(sides) {
            let started_s = self.began.elapsed().as_secs_f64();
            let running = self.start_among(sides.len(), side, &format!("round-{round}"))?;
            self.warm_up(&running, first_trace)?;
            let block = Block {
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
            members.push(Member { side, running, block });
        }
        let protocol = &self.run.protocol;
        // The known delay is looked for where nothing queues, since under load a page that was delayed waits for the processor twice; the
        // known burn at the headline, where requests lie as far apart with it as without.
        if let (Some(delayed), Some(first)) = (self.run.side_for(Part::KnownDelay), self.run.compared().next()) {
            let have_it = |side: &SideRecord| [&delayed.name, &first.name].contains(&&side.name);
            in_turns(&mut members, have_it, |sides| {
                self.paused_sessions(sides, protocol.paused_sessions, first_trace + 60)
            })?;
        }
        let have_it = |side: &SideRecord| matches!(side.part, Part::Compared | Part::Again);
        in_turns(&mut members, have_it, |sides| self.lone_sessions(sides, protocol.lone_sessions, first_trace + 1))?;
        let is_headline = |load: &LoadStretch| load.percent == protocol.headline_load;
        if let Some((index, load)) = (0..).zip(&protocol.loads).find(|(_, load)| is_headline(load)) {
            let have_it = |side: &SideRecord| side.part != Part::KnownDelay;
            in_turns(&mut members, have_it, |sides| self.open_load_in_turns(sides, load, first_trace + 2 + index))?;
        }
        for Member { side, running, block } in &mut members {
            block.processes = processes(running);
            block.memory_peak_bytes = running.peak_bytes();
            // The first side against itself is judged at the headline alone.
            if side.part == Part::Compared && extent == Extent::Whole {
                self.keep_requests_of(Some(round), side);
                self.other_loads(running, first_trace, block)?;
                block.capacity = self.block_capacity(running, &side.name, first_trace + 20)?;
                self.own_loads(running, first_trace + 40, block)?;
            }
        }
        if let Some(requests) = &self.requests {
            requests.end_block();
        }
        // All of them end before any is checked, so that no check takes CPU from a side that still has something to do.
        let ended: Vec<(&SideRecord, Block)> = members
            .into_iter()
            .map(|Member { side, running, mut block }| {
                block.troubles.extend(running.stop());
                (side, block)
            })
            .collect();
        let mut blocks = Vec::new();
        for (side, mut block) in ended {
            if !self.stopped() {
                block.verification = Some(self.contender(side).verify(&self.data_of(side))?);
            }
            self.display.end_block(&block);
            blocks.push(block);
        }
        Ok(blocks)
    }

    pub(super) fn keep_requests_of(&self, round: Option<u32>, side: &SideRecord) {
        if let (Some(requests), Some(round)) = (&self.requests, round) {
            requests.begin_block(round, &side.name);
        }
    }

    pub(super) fn warm_up(&self, side: &RunningSide, number: u64) -> anyhow::Result<()> {
        let protocol = &self.run.protocol;
        let offered = self.run.reference_rps() * 0.5;
        let arrivals = Arrivals::PartlyOpen { requests_per_second: offered, seconds: protocol.warm_up_seconds };
        let trace = self.trace(number, arrivals);
        self.drive(side, &Stretch::arriving(&trace, offered, "warm-up"), &mut |_| {})?;
        Ok(())
    }

    /// The shares of the smallest capacity beside the headline, the same rate for every side.
    fn other_loads(&self, side: &RunningSide, first_trace: u64, block: &mut Block) -> anyhow::Result<()> {
        let protocol = &self.run.protocol;
        let loads = protocol.loads.iter().enumerate().filter(|(_, load)| load.percent != protocol.headline_load);
        for (index, load) in loads {
            let (name, number) = (load.percent.to_string(), first_trace + 2 + index as u64);
            let point = self.open_load(side, &name, load, self.offered_at(load), number, &mut block.troubles)?;
            block.points.push(point);
        }
        Ok(())
    }

    pub(super) fn offered_at(&self, load: &LoadStretch) -> f64 {
        self.run.reference_rps() * f64::from(load.percent) / 100.0
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
        let trace = self.open_trace(load, offered, number);
        self.keep_arrivals(name, &trace)?;
        let label = load_label(name);
        self.point(side, name, &self.open_stretch(&trace, &label, load, offered), troubles)
    }

    pub(super) fn open_trace(&self, load: &LoadStretch, offered: f64, number: u64) -> Trace {
        self.trace(number, Arrivals::AsWorkload { requests_per_second: offered, seconds: load.seconds })
    }

    pub(super) fn open_stretch<'s>(
        &self,
        trace: &'s Trace,
        label: &'s str,
        load: &LoadStretch,
        offered: f64,
    ) -> Stretch<'s> {
        let form = &self.workload.load;
        Stretch {
            trace,
            pacing: form.pacing(f64::from(load.percent), Duration::from_secs_f64(load.seconds)),
            think: Think::AsPlanned,
            ramp_seconds: self.run.protocol.ramp_seconds,
            label,
            offered_rps: form.offers_a_rate().then_some(offered),
        }
    }

    /// Leaves the visitors of a load where a workload can take them as a recording, when requests are kept.
    pub(super) fn keep_arrivals(&self, load: &str, trace: &Trace) -> anyhow::Result<()> {
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

/// Measures a load of those members that have it, and books what came.
fn in_turns(
    members: &mut [Member<'_>],
    have_it: impl Fn(&SideRecord) -> bool,
    measure: impl FnOnce(&[InTurns<'_>]) -> anyhow::Result<Vec<Came>>,
) -> anyhow::Result<()> {
    let mut those: Vec<&mut Member<'_>> = members.iter_mut().filter(|member| have_it(member.side)).collect();
    if those.is_empty() {
        return Ok(());
    }
    let came = measure(&those.iter().map(|member| member.in_turns()).collect::<Vec<_>>())?;
    for (Member { block, .. }, (point, troubles)) in those.iter_mut().zip(came) {
        block.points.push(point);
        block.troubles.extend(troubles);
    }
    Ok(())
}

fn letters(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
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
