//! The command line of the lab.

use std::path::PathBuf;

use clap::Args;
use lab::{Beside, CompareOptions, ReportOptions, Thoroughness};

use crate::cli::Ending;

/// What is compared, and how.
#[derive(Args, Debug)]
pub struct CompareArguments {
    /// The topologies, or files that say how somebody else's program is started; the first is what the others are compared with.
    #[arg(required = true, num_args = 2.., value_name = "TOPOLOGY")]
    topologies: Vec<String>,
    /// A built-in workload or a file [default: boutique].
    #[arg(long, value_name = "NAME|FILE")]
    workload: Option<String>,
    /// Five rounds, three minutes of measuring for two topologies; the default.
    #[arg(long)]
    quick: bool,
    /// Ten longer rounds, and more until the intervals are narrow or an hour is over; and all that is beside the rounds.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// The folder of the run [default: runs/DATE-TOPOLOGIES].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Climb the ladder with the whole workload on each rung; a full run does.
    #[arg(long)]
    ladder: bool,
    /// Foretell each topology from the first, before it is measured; a full run does.
    #[arg(long)]
    predict: bool,
    /// Break, flood, grow and restart modules, to see what a split buys; a full run does.
    #[arg(long)]
    benefits: bool,
    /// With the benefits: change and build modules in a copy of this checkout, and time how long that takes to reach visitors. Needs cargo and
    /// minutes.
    #[arg(long, value_name = "CHECKOUT")]
    changes: Option<PathBuf>,
    /// Keep every request as a line of `requests.csv.zst`.
    #[arg(long)]
    requests: bool,
    /// The seed of arrivals, of what visitors choose, and of the order of blocks.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Which runs are reported.
#[derive(Args, Debug)]
pub struct ReportArguments {
    /// Folders of runs; two or more are compared.
    #[arg(required = true, value_name = "DIR")]
    runs: Vec<PathBuf>,
    /// Leave with 1 when this is true of the run, such as `cpu_per_request>1.05`.
    #[arg(long, value_name = "EXPR")]
    fail_if: Option<String>,
}

/// Measures topologies against one another and writes a report.
///
/// # Errors
/// When something fails on the way; what was measured until then is kept.
pub fn compare(arguments: CompareArguments) -> anyhow::Result<Ending> {
    let CompareArguments {
        topologies, workload, full, out, seed, ladder, predict, benefits, changes, requests, ..
    } = arguments;
    let benefits = benefits || changes.is_some();
    let beside = Beside {
        ladder: ladder || full,
        predict: predict || full,
        benefits: benefits || full,
        requests,
        ..Beside::default()
    };
    let thoroughness = if full { Thoroughness::Full } else { Thoroughness::Quick };
    let executable = std::env::current_exe()?;
    let outcome = lab::compare(&CompareOptions {
        executable,
        topologies,
        workload,
        thoroughness,
        out,
        seed,
        known_deltas: true,
        beside,
        changes,
    })?;
    Ok(Ending::Answered(outcome.exit_code()))
}

/// Renders or compares runs, or holds one against an expression.
///
/// # Errors
/// When a run cannot be read or a report not be written.
pub fn report(arguments: ReportArguments) -> anyhow::Result<Ending> {
    let ReportArguments { runs, fail_if } = arguments;
    Ok(Ending::Answered(lab::report(&ReportOptions { runs, fail_if })?.exit_code()))
}
