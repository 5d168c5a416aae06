//! A comparison from the first process to the last report.

mod accounts;
mod benefits;
mod block;
mod capacity;
mod contenders;
mod equality;
mod forecast;
mod ladder;
mod load;
mod predictions;
mod progress;
mod rounds;
mod turns;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::archive::{
    AccountsRecord, BenefitsRecord, EqualityRecord, Kept, LadderRecord, PredictionsRecord, Run, SCHEMA_VERSION,
    SideRecord, WorkloadRecord, keep_run, write_run,
};
use crate::benefits::Changes;
use crate::calendar::Moment;
use crate::environment::Environment;
use crate::generator::{LoggedRequests, REQUESTS_FILE, RequestLog};
use crate::protocol::{Protocol, Stopped, Thoroughness};
use crate::side::{Contender, Counting, Executable, Groups, Placement, PreferredSession};
use crate::statistics::StopReason;
use crate::workload::Workload;
use crate::{Outcome, UsageError, report};
use contenders::{STRANGERS_ALONE, sides};
use progress::Display;

/// How long a side that stopped answering in the pilot may take until it is known to have crashed.
const CRASH_WITHIN: Duration = Duration::from_millis(500);

/// What to compare, and how.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// The program that runs every topology.
    pub executable: PathBuf,
    /// The topologies; the first one is what the others are compared with.
    pub topologies: Vec<String>,
    /// A built-in workload's name or a file; `boutique` when absent.
    pub workload: Option<String>,
    /// How thorough to be.
    pub thoroughness: Thoroughness,
    /// The folder of the run; `runs/<date>-<topologies>` when absent.
    pub out: Option<PathBuf>,
    /// The seed of arrivals, values and the order of blocks.
    pub seed: u64,
    /// Whether to inject a known delay and a known burn of CPU into the first side, to see whether they are found. The program must
    /// obey `CLEAVE__LAB__DELAY_US` and `CLEAVE__LAB__BURN_US`.
    pub known_deltas: bool,
    /// What to do beside the blocks.
    pub beside: Beside,
    /// The checkout in a copy of which modules are changed and built, to time how long that takes to reach visitors; nowhere when absent.
    /// Its `config/changes.toml` says how.
    pub changes: Option<PathBuf>,
}

/// What a run does beside its blocks; a full run does all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// Climb the ladder with the whole workload on each rung.
    pub ladder: bool,
    /// Foretell every topology from the first side alone, before it is measured.
    pub predict: bool,
    /// Break, flood, grow and restart modules.
    pub benefits: bool,
    /// Keep every request as a line of `requests.csv.zst`.
    pub requests: bool,
    /// Measure many sides in less time each: two loads, and no search for the capacity after the pilot.
    pub many_sides: bool,
    /// Propose a grouping that may cost so many thousandths more CPU than the first side, and measure it too.
    pub budget_permille: Option<u32>,
}

/// Runs the comparison on the calling thread, blocking until the reports are written.
///
/// Errors that are the caller's carry a [`UsageError`]. Ctrl-C ends the measuring early; what was measured is kept and reported.
pub fn compare(options: &CompareOptions) -> anyhow::Result<Outcome> {
    let workload = Workload::load(options.workload.as_deref().unwrap_or("boutique"))?;
    let placement = Placement::divide()?;
    check_options(options)?;
    let executable = Executable { path: options.executable.clone(), cpus: placement.side.clone() };
    let contenders = contenders::asked_for(&executable, &options.topologies)?;
    let stop = Arc::new(AtomicBool::new(false));
    let signals = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM]
        .map(|signal| signal_hook::flag::register(signal, Arc::clone(&stop)));
    // On a thread of its own, because it keeps itself to the generator's CPU and the caller's thread is not ours to move.
    let outcome = std::thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            Experiment::prepare(options, workload, placement, executable, contenders, Arc::clone(&stop))
                .and_then(Experiment::run)
        });
        measuring.join().map_err(|_| anyhow::anyhow!("the lab panicked; what was measured before is in the run folder"))
    })?;
    for signal in signals.into_iter().flatten() {
        signal_hook::low_level::unregister(signal);
    }
    outcome
}

fn check_options(options: &CompareOptions) -> anyhow::Result<()> {
    if options.topologies.is_empty() {
        return Err(
            UsageError::new("name at least two topologies to compare, for example: compare monolith services").into()
        );
    }
    for (index, topology) in options.topologies.iter().enumerate() {
        if options.topologies[..index].contains(topology) {
            return Err(UsageError::new(format!(
                "`{topology}` is named twice; the first side is measured against itself in every run anyway"
            ))
            .into());
        }
    }
    if !options.executable.is_file() {
        return Err(UsageError::new(format!("{} is not a program", options.executable.display())).into());
    }
    if let Some(out) = &options.out
        && out.join(crate::archive::RUN_FILE).exists()
    {
        return Err(UsageError::new(format!("{} already holds a run; name another folder", out.display())).into());
    }
    Ok(())
}

/// Everything that the parts of a comparison share.
struct Experiment {
    workload: Workload,
    executable: Executable,
    /// What runs as each side, by what was asked for.
    contenders: BTreeMap<String, Contender>,
    folder: PathBuf,
    /// Template and copies of the data; gone when the comparison ends.
    scratch: tempfile::TempDir,
    run: Run,
    began: Instant,
    stop: Arc<AtomicBool>,
    display: Display,
    /// The control groups that count the sides, where they can be made.
    groups: Option<Groups>,
    /// What was asked for beside the blocks.
    beside: Beside,
    /// Where changes are timed.
    changes: Option<Changes>,
    /// Where each request is kept as a line.
    requests: Option<RequestLog>,
    /// Whether it was said that the run cannot be written at the moment.
    told_of_failure: bool,
}

impl Experiment {
    fn prepare(
        options: &CompareOptions,
        workload: Workload,
        placement: Placement,
        executable: Executable,
        contenders: BTreeMap<String, Contender>,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<Self> {
        let mut protocol = match options.beside.many_sides {
            true => crate::advise::protocol(options.thoroughness),
            false => Protocol::of(options.thoroughness),
        };
        if !contenders.values().all(Contender::can_run_beside_others) {
            protocol.turn_seconds = 0.0;
        }
        let changes = options.changes.as_deref().map(Changes::read).transpose()?;
        let moment = Moment::now();
        let folder = match &options.out {
            Some(out) => out.clone(),
            None => fresh_folder(Path::new("runs"), &format!("{}-{}", moment.date(), joined(&options.topologies))),
        };
        std::fs::create_dir_all(folder.join("logs")).with_context(|| format!("{} cannot be made", folder.display()))?;
        let scratch = tempfile::Builder::new().prefix(".data-").tempdir_in(&folder)?;
        let mut run = Run {
            schema_version: SCHEMA_VERSION,
            lab_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: folder.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned()),
            started_at: moment.iso(),
            seconds: 0.0,
            complete: false,
            seed: options.seed,
            environment: Environment::look(&options.executable)?,
            placement,
            sides: sides(&options.topologies, &contenders, options.known_deltas, &protocol),
            protocol,
            workload: WorkloadRecord {
                name: workload.name.clone(),
                description: workload.description.clone(),
                mix: workload.mix(),
                load: workload.load.to_string(),
                objective_p99_ms: workload.objective_p99_ms,
                requests_per_session: workload.requests_per_session(),
                text: workload.text.clone(),
            },
            pilots: Vec::new(),
            equality: EqualityRecord {
                sessions: 0,
                answers: 0,
                normalised: equality::rules(&workload),
                differences: Vec::new(),
            },
            blocks: Vec::new(),
            ladder: LadderRecord::default(),
            accounts: AccountsRecord::default(),
            predictions: PredictionsRecord::default(),
            benefits: BenefitsRecord::default(),
        };
        let groups = Groups::make();
        run.environment.counting = match &groups {
            Ok(groups) => groups.counting().clone(),
            Err(reason) => Counting { reason: Some(reason.clone()), ..Counting::default() },
        };
        let groups = groups.ok();
        raise_file_limit();
        Ok(Self {
            workload,
            executable,
            contenders,
            folder,
            scratch,
            run,
            began: Instant::now(),
            stop,
            display: Display::new(),
            groups,
            beside: options.beside,
            changes,
            requests: None,
            told_of_failure: false,
        })
    }

    fn run(mut self) -> anyhow::Result<Outcome> {
        // The lab's own threads share the generator's CPU, so that nothing of it takes time from the sides.
        crate::side::pin_lab(&self.run.placement.generator)?;
        let _preferred = PreferredSession::begin();
        // Begun here, so that its thread shares the generator's CPU too.
        if self.beside.requests {
            self.requests = Some(RequestLog::create(&self.folder.join(REQUESTS_FILE))?);
        }
        self.seed_templates()?;
        let measured = self.measure();
        self.finish_requests();
        self.run.seconds = self.began.elapsed().as_secs_f64();
        let is_whole = |stopped: &Stopped| stopped.reason != StopReason::Interrupted;
        self.run.complete =
            measured.is_ok() && !self.stopped() && self.run.protocol.stopped.as_ref().is_some_and(is_whole);
        if let Err(error) = measured {
            if self.run.blocks.is_empty() {
                return Err(error);
            }
            self.display.say(&format!("ended early: {error:#}"));
        }
        if self.run.blocks.is_empty() {
            anyhow::bail!("stopped before anything was measured");
        }
        self.display.finish();
        // No side runs any more, and on a full disk the room of their data is what the run needs.
        let _ = std::fs::remove_dir_all(self.scratch.path());
        let kept = keep_run(&self.folder, &self.run)?;
        let folder = kept.folder(&self.folder);
        let reported = report::write_reports(folder, &self.run).and_then(|summary| report::print(&summary));
        match kept {
            Kept::InPlace => {
                reported.with_context(|| {
                    format!("the run is safe in {}; `report` renders it when this is mended", folder.display())
                })?;
                Ok(Outcome::of(&self.run))
            }
            Kept::Elsewhere { folder, why } => anyhow::bail!(
                "{why:#}\nNothing measured is lost: the run and its reports are in {}. Make room and move that folder to where you want it",
                folder.display()
            ),
        }
    }

    /// A table that is cut short is told and harms nothing else.
    fn finish_requests(&mut self) {
        match self.requests.take().map(RequestLog::finish) {
            Some(Ok(LoggedRequests { written, lost: 0 })) => {
                self.display.say(&format!("each of {written} requests of the blocks is a line of {REQUESTS_FILE}"));
            }
            Some(Ok(LoggedRequests { written, lost })) => self.display.say(&format!(
                "{REQUESTS_FILE} holds {written} requests and lacks {lost}: it could not be written as fast as they came"
            )),
            Some(Err(error)) => self.display.say(&format!("{REQUESTS_FILE} is cut short: {error:#}")),
            None => {}
        }
    }

    /// Writes what there is so far; a failure is told once and tried again at the end, when there is also another place to write to.
    fn keep(&mut self) {
        if let Err(error) = write_run(&self.folder, &self.run)
            && !std::mem::replace(&mut self.told_of_failure, true)
        {
            self.display.say(&format!("what is measured is kept in memory for now: {error:#}"));
        }
    }

    /// Every stage keeps what it found, so that a run that ends early has what came before.
    fn measure(&mut self) -> anyhow::Result<()> {
        self.pilot()?;
        if self.leaves_contracts_out() {
            self.display.say(&format!("contracts are left out: {STRANGERS_ALONE}"));
        } else {
            self.climb_the_ladder()?;
            self.keep_accounts()?;
            self.predict()?;
        }
        self.rounds()?;
        self.look_for_benefits()
    }

    /// Runs every compared topology once: are the answers equal, and how much does each carry?
    fn pilot(&mut self) -> anyhow::Result<()> {
        let compared: Vec<SideRecord> = self.run.compared().cloned().collect();
        let mut reference = None;
        for side in compared {
            if self.stopped() {
                return Ok(());
            }
            self.display.say(&format!("pilot of {}: comparing answers, then looking for its capacity", side.name));
            let running = self.start(&side, "pilot")?;
            let answers = self.replay_for_equality(&running);
            let patience = if answers.is_err() { CRASH_WITHIN } else { Duration::ZERO };
            if let Some(ended) = running.ends_within(patience) {
                anyhow::bail!("in the pilot of {}, {ended}", side.name);
            }
            let answers = answers?;
            match &reference {
                None => {
                    self.run.equality.sessions = self.workload.equality.sessions;
                    self.run.equality.answers = answers.len();
                    reference = Some(answers);
                }
                Some(first) => {
                    let differences = equality::differences(&side.name, first, &answers);
                    for difference in &differences {
                        self.display.say(&format!("answers differ: {} on {}", difference.request, difference.side));
                    }
                    self.run.equality.differences.extend(differences);
                }
            }
            let pilot = self.pilot_capacity(&running, &side.name)?;
            self.display.say(&format!("{} carries about {:.0} requests per second", side.name, pilot.capacity.rps));
            self.run.pilots.push(pilot);
            drop(running);
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn joined(topologies: &[String]) -> String {
    let safe = |name: &String| -> String {
        // A topology may be the path of a file.
        let name = Path::new(name).file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned());
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
    };
    topologies.iter().map(safe).collect::<Vec<_>>().join("-vs-")
}

pub(crate) fn fresh_folder(parent: &Path, name: &str) -> PathBuf {
    let numbered = |number: u32| parent.join(if number == 1 { name.to_owned() } else { format!("{name}-{number}") });
    (1..).map(numbered).find(|folder| !folder.exists()).expect("there are more numbers than folders")
}

/// Every visitor has a connection of its own, and the usual soft limit is 1,024.
fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
