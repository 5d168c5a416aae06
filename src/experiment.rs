//! The command line of the lab.

use std::path::PathBuf;

use clap::Args;
use lab::{CompareOptions, Outcome, ReportOptions, Thoroughness, UsageError};

use crate::cli::Ending;

/// What is compared, and how.
#[derive(Args, Debug)]
pub struct CompareArguments {
    /// The topologies; the first is what the others are compared with.
    #[arg(required = true, num_args = 2.., value_name = "TOPOLOGY")]
    topologies: Vec<String>,
    /// A built-in workload or a file [default: boutique].
    #[arg(long, value_name = "NAME|FILE")]
    workload: Option<String>,
    /// Five rounds, three to four minutes of measuring; the default.
    #[arg(long)]
    quick: bool,
    /// Ten longer rounds: about four times as long.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// The folder of the run [default: runs/DATE-TOPOLOGIES].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
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
    let CompareArguments { topologies, workload, full, out, seed, .. } = arguments;
    let thoroughness = if full { Thoroughness::Full } else { Thoroughness::Quick };
    let executable = std::env::current_exe()?;
    ended(lab::compare(&CompareOptions {
        executable,
        topologies,
        workload,
        thoroughness,
        out,
        seed,
        known_deltas: true,
    }))
}

/// Renders or compares runs, or holds one against an expression.
///
/// # Errors
/// When a run cannot be read or a report not be written.
pub fn report(arguments: ReportArguments) -> anyhow::Result<Ending> {
    let ReportArguments { runs, fail_if } = arguments;
    ended(lab::report(&ReportOptions { runs, fail_if }))
}

fn ended(outcome: anyhow::Result<Outcome>) -> anyhow::Result<Ending> {
    match outcome {
        Ok(outcome) => Ok(Ending::Answered(outcome.exit_code())),
        Err(error) if error.is::<UsageError>() => Ok(Ending::Usage(format!("{error:#}"))),
        Err(error) => Err(error),
    }
}
