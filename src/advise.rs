//! The command line of `cleave advise`.

use std::path::PathBuf;

use clap::Args;
use lab::{
    Thoroughness,
    advise::{AdviseOptions, advise},
};

use crate::cli::Ending;

/// What to advise on.
#[derive(Args, Debug)]
pub struct AdviseArguments {
    /// The topologies, the first as one process [default: monolith, every module taken out alone, services].
    #[arg(value_name = "TOPOLOGY", conflicts_with = "from")]
    topologies: Vec<String>,
    /// A built-in workload or a file [default: boutique].
    #[arg(long, value_name = "NAME|FILE")]
    workload: Option<String>,
    /// Five rounds of every topology, about 25 minutes in all; the default.
    #[arg(long)]
    quick: bool,
    /// Ten longer rounds and more until the intervals are narrow: hours.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// The folder of the run [default: runs/DATE-advice].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The seed of arrivals, of what visitors choose, and of the order of blocks.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Propose the grouping that isolates most within this budget, such as `cpu=1.10` for a tenth more CPU per request, and measure it.
    #[arg(long, value_name = "cpu=TIMES", value_parser = budget)]
    budget: Option<f64>,
    /// Break, flood, grow and restart modules too: without it, no split has anything to show for itself. Takes far longer.
    #[arg(long)]
    benefits: bool,
    /// A TOML file with thresholds of your own, such as `most_cpu = 1.2`.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Judge a run that was made before; nothing is measured.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["workload", "quick", "full", "out", "budget", "benefits"])]
    from: Option<PathBuf>,
}

/// Measures what every module costs and buys in a process of its own, and says what to do with it.
///
/// # Errors
/// When something fails on the way; what was measured until then is kept.
pub fn run(arguments: AdviseArguments) -> anyhow::Result<Ending> {
    let AdviseArguments { topologies, workload, full, out, seed, budget, benefits, policy, from, .. } = arguments;
    let outcome = advise(&AdviseOptions {
        executable: std::env::current_exe()?,
        topologies,
        workload,
        thoroughness: if full { Thoroughness::Full } else { Thoroughness::Quick },
        out,
        seed,
        budget,
        benefits,
        policy,
        from,
    })?;
    Ok(Ending::Answered(outcome.exit_code()))
}

fn budget(written: &str) -> Result<f64, String> {
    let times =
        written.strip_prefix("cpu=").ok_or("only CPU has a budget: write cpu=1.10 for a tenth more per request")?;
    match times.parse::<f64>() {
        Ok(times) if (1.0..=100.0).contains(&times) => Ok(times),
        _ => Err(format!(
            "{times} is not a multiple of the CPU from 1 to 100: write cpu=1.10 for a tenth more per request"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::budget;

    #[test]
    fn a_budget_is_a_multiple_of_the_cpu_and_nothing_else() {
        assert_eq!(budget("cpu=1.10"), Ok(1.1));
        for wrong in ["1.10", "memory=2", "cpu=0.9", "cpu=much", "cpu=NaN"] {
            assert!(budget(wrong).unwrap_err().contains("cpu=1.10"), "{wrong}");
        }
    }
}
