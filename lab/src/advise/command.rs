//! The run that advice rests on: the program as one process, every module taken out alone, and all of them apart.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::policy::Policy;
use super::verdicts::{ModuleVerdict, modules_under};
use crate::archive::{Run, read_run};
use crate::calendar::Moment;
use crate::experiment::fresh_folder;
use crate::protocol::{CapacitySearch, Protocol, Thoroughness};
use crate::side::{Executable, Placement};
use crate::statistics::Interval;
use crate::{Beside, CompareOptions, Outcome, UsageError, compare, predict, report};

/// The program as one process, and as one process per module; every program that is advised on knows these names.
const TOGETHER: &str = "monolith";
const APART: &str = "services";

/// What advice is asked for.
#[derive(Debug, Clone)]
pub struct AdviseOptions {
    /// The program under test.
    pub executable: PathBuf,
    /// What to compare with the first of them; when empty, every module taken out alone and all of them apart.
    pub topologies: Vec<String>,
    /// A built-in workload's name or a file; `boutique` when absent.
    pub workload: Option<String>,
    /// How thorough to be.
    pub thoroughness: Thoroughness,
    /// The folder of the run; `runs/<date>-advice` when absent.
    pub out: Option<PathBuf>,
    /// The seed of arrivals, values and the order of blocks.
    pub seed: u64,
    /// CPU per request that a grouping may take which is then proposed and measured, as a multiple of the first side's.
    pub budget: Option<f64>,
    /// Whether to break, flood, grow and restart modules, without which a split has nothing to show for itself.
    pub benefits: bool,
    /// Thresholds of the reader's own.
    pub policy: Option<PathBuf>,
    /// The folder of a run that was made before: nothing is measured.
    pub from: Option<PathBuf>,
}

/// The numbers of a run with many sides: two loads, and the capacity from the pilot alone.
pub(crate) fn protocol(thoroughness: Thoroughness) -> Protocol {
    let protocol = Protocol::of(thoroughness);
    let headline = protocol.headline_load;
    let lowest = protocol.loads.iter().map(|load| load.percent).min().unwrap_or(headline);
    let wanted = |percent: u32| percent == headline || percent == lowest;
    Protocol {
        name: format!("{}, many sides", protocol.name),
        loads: protocol.loads.iter().filter(|load| wanted(load.percent)).cloned().collect(),
        own_loads: Vec::new(),
        capacity: CapacitySearch { block_steps: 0, ..protocol.capacity.clone() },
        ..protocol
    }
}

/// Measures what is missing, or takes a run, and says what to do with every module.
///
/// # Errors
/// As [`compare`], and a [`UsageError`] for a policy, a budget or a run that cannot be used.
pub fn advise(options: &AdviseOptions) -> anyhow::Result<Outcome> {
    let policy = options.policy.as_deref().map(Policy::read).transpose()?.unwrap_or_default();
    if let Some(budget) = options.budget.filter(|budget| !(1.0..=100.0).contains(budget)) {
        return Err(UsageError::new(format!(
            "a budget of {budget} times the CPU is not one: write 1.10 for 10 % more"
        ))
        .into());
    }
    let folder = match &options.from {
        Some(folder) => folder.clone(),
        None => measure(options)?,
    };
    let run = read_run(&folder)?;
    let verdicts = modules_under(&run, &policy);
    if verdicts.is_empty() {
        return Err(UsageError::new(format!(
            "{} has taken no module out, so there is nothing to advise on: it needs {TOGETHER} and sides such as extract:NAME",
            folder.display()
        ))
        .into());
    }
    report::print(&in_words(&run, &verdicts))?;
    Ok(Outcome::of(&run))
}

fn measure(options: &AdviseOptions) -> anyhow::Result<PathBuf> {
    let topologies = match options.topologies.is_empty() {
        false => options.topologies.clone(),
        true => every_topology(&options.executable)?,
    };
    let name = format!("{}-advice", Moment::now().date());
    let folder = options.out.clone().unwrap_or_else(|| fresh_folder(Path::new("runs"), &name));
    compare(&CompareOptions {
        executable: options.executable.clone(),
        topologies,
        workload: options.workload.clone(),
        thoroughness: options.thoroughness,
        out: Some(folder.clone()),
        seed: options.seed,
        known_deltas: true,
        beside: Beside {
            predict: true,
            benefits: options.benefits,
            many_sides: true,
            budget_permille: options.budget.map(|budget| ((budget - 1.0) * 1000.0).round() as u32),
            ..Beside::default()
        },
        changes: None,
    })?;
    Ok(folder)
}

/// As one process, every module taken out alone, and all of them apart.
fn every_topology(executable: &Path) -> anyhow::Result<Vec<String>> {
    if !executable.is_file() {
        return Err(UsageError::new(format!("{} is not a program", executable.display())).into());
    }
    let executable = Executable { path: executable.to_owned(), cpus: Placement::divide()?.side };
    let apart = executable.layout(APART)?;
    let extracts = apart.modules().map(|(module, _)| format!("extract:{module}"));
    Ok([TOGETHER.to_owned()].into_iter().chain(extracts).chain([APART.to_owned()]).collect())
}

/// The table that the terminal shows.
fn in_words(run: &Run, verdicts: &[ModuleVerdict]) -> String {
    let ratio = |interval: Option<Interval>| {
        interval.map_or_else(|| "-".to_owned(), |it| format!("{:.2} [{:.2}, {:.2}]", it.estimate, it.low, it.high))
    };
    let mut text = String::new();
    let header = ["module", "verdict", "CPU per request", "p50", "p99"];
    let _ = writeln!(text, "{:16} {:20} {:19} {:19} {:19} why", header[0], header[1], header[2], header[3], header[4]);
    for verdict in verdicts {
        let (cpu, p50, p99) = (ratio(verdict.cpu), ratio(verdict.p50), ratio(verdict.p99));
        let (module, word, why) = (&verdict.module, verdict.verdict.word(), &verdict.reason);
        let _ = writeln!(text, "{module:16} {word:20} {cpu:19} {p50:19} {p99:19} {why}");
    }
    let errors = [
        ("CPU that a split adds", "added_cpu_per_request"),
        ("CPU per request", "cpu_per_request"),
        ("p50 with one session", "p50@1"),
    ];
    for (what, metric) in errors {
        if let Some(error) = predict::median_error(run, metric) {
            let _ = writeln!(text, "{what}: foretold with a median error of {:.1} %", error * 100.0);
        }
    }
    text
}
