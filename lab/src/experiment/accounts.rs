//! The traced pass: what every edge carries, and what each request waits for.

use std::path::Path;
use std::time::Duration;

use super::Experiment;
use super::load::Stretch;
use crate::accounts::{Accounts, Spans};
use crate::archive::{AccountsRecord, SideRecord, TracedPass};
use crate::generator::TracePrefix;
use crate::protocol::LONE;
use crate::workload::Arrivals;

/// Where the processes of a side write their spans.
const SPANS: &str = "CLEAVE__LAB__SPANS";
/// Numbers of traces (see [`Experiment::trace`]) and of their prefixes: no other part of a run has these.
const TRACES: u64 = 800;
const PREFIXES: u64 = 0xC1EA_0000;
/// How long a traced stretch of open load lasts at most, seconds: it counts calls, and needs no narrow intervals.
const LONGEST: f64 = 2.0;
/// How long what the last visitors have set off may go on before the side is stopped.
const SETTLE: Duration = Duration::from_millis(200);

/// A stretch in which every request is traced.
struct Traced {
    load: String,
    prefix: TracePrefix,
}

impl Experiment {
    /// Traces every call of each compared side for a while, with one session at a time and at the headline load.
    ///
    /// What goes wrong here is no reason to end a run: it is recorded instead of the accounts.
    pub(super) fn keep_accounts(&mut self) -> anyhow::Result<()> {
        let compared: Vec<SideRecord> = self.run.compared().filter(|side| side.stranger.is_none()).cloned().collect();
        let mut record = AccountsRecord::default();
        for (number, side) in (0..).zip(&compared) {
            if self.stopped() {
                break;
            }
            self.display.say(&format!("{}: tracing every call, for the accounts", side.name));
            match self.traced_passes(side, number) {
                Ok(passes) => record.passes.extend(passes),
                Err(why) => {
                    self.display.say(&format!("{}: no accounts: {why:#}", side.name));
                    let before = record.absent.take().map_or_else(String::new, |before| format!("{before}; "));
                    record.absent = Some(format!("{before}{}: {why:#}", side.name));
                }
            }
        }
        self.run.accounts = record;
        Ok(())
    }

    fn traced_passes(&self, side: &SideRecord, number: u64) -> anyhow::Result<Vec<TracedPass>> {
        let folder = self.scratch.path().join(format!("spans-{number}"));
        std::fs::create_dir_all(&folder)?;
        let mut traced_side = side.clone();
        traced_side.environment.insert(SPANS.to_owned(), folder.to_string_lossy().into_owned());
        let running = self.start(&traced_side, "traced")?;
        let offered = self.run.reference_rps() * f64::from(self.run.protocol.headline_load) / 100.0;
        let seconds = self.headline_seconds().min(LONGEST);

        let warm_up = self.run.protocol.warm_up_seconds;
        let trace = self.trace(TRACES, Arrivals::PartlyOpen { requests_per_second: offered, seconds: warm_up });
        self.drive(&running, &Stretch::arriving(&trace, offered, "traced"), &mut |_| {})?;

        let passes = [LONE.to_owned(), self.run.protocol.headline_load.to_string()];
        let passes = (1..)
            .zip(passes)
            .map(|(pass, load)| Traced { load, prefix: TracePrefix::new(PREFIXES + number * 16 + pass) });
        let passes: Vec<Traced> = passes.collect();
        let trace = self.trace(TRACES + 1, Arrivals::Closed { sessions: self.run.protocol.lone_sessions });
        self.drive_traced(
            &running,
            &Stretch::one_by_one(&trace, "traced, 1 session"),
            Some(passes[0].prefix),
            &mut |_| {},
        )?;
        std::thread::sleep(SETTLE);
        let trace = self.trace(TRACES + 2, Arrivals::PartlyOpen { requests_per_second: offered, seconds });
        self.drive_traced(
            &running,
            &Stretch::arriving(&trace, offered, "traced"),
            Some(passes[1].prefix),
            &mut |_| {},
        )?;
        std::thread::sleep(SETTLE);
        for trouble in running.stop() {
            self.display.say(&format!("  {}: {trouble}", side.name));
        }
        self.book(side, &folder, &passes)
    }

    /// Reads what a stopped side has written. Background work counts for the stretch that it lies in.
    fn book(&self, side: &SideRecord, folder: &Path, passes: &[Traced]) -> anyhow::Result<Vec<TracedPass>> {
        let spans = Spans::read(folder)?;
        std::fs::remove_dir_all(folder)?;
        anyhow::ensure!(
            !spans.by_id.is_empty(),
            "the program wrote no spans to the folder that {SPANS} names{}",
            if spans.unread > 0 { format!(", but {} lines that are none", spans.unread) } else { String::new() }
        );
        let begins = |pass: &Traced| spans.first_request(|trace| pass.prefix.request_of(trace).is_some());
        let booked = passes.iter().enumerate().map(|(index, pass)| {
            let until = passes.get(index + 1).and_then(begins).unwrap_or(u64::MAX);
            let within = begins(pass).unwrap_or(until)..until;
            let name_of = |trace| {
                let request = usize::from(pass.prefix.request_of(trace)?.request);
                self.workload.requests.get(request).cloned()
            };
            let Accounts { requests, edges, paths, rounds } = Accounts::of(&spans, name_of, within);
            TracedPass { side: side.name.clone(), load: pass.load.clone(), requests, edges, paths, rounds }
        });
        Ok(booked.collect())
    }

    fn headline_seconds(&self) -> f64 {
        let protocol = &self.run.protocol;
        let headline = protocol.loads.iter().find(|load| load.percent == protocol.headline_load);
        headline.map_or(LONGEST, |load| load.seconds)
    }
}
