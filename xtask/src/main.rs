//! The chores of the project, as `cargo xtask CHORE`.
//!
//! It depends on no crate of the workspace, so that it runs when the shop does not build.

#![expect(clippy::print_stdout, reason = "what a chore found out belongs on stdout")]

mod bench;
mod calibrate;
mod check;
mod crash;
mod graph;
mod house;
mod new_module;
mod step;
mod suite;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// The chores of the project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Chores {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Format, lints of every build, licences: what needs no running shop.
    Check,
    /// All that CI runs: the checks, every test, and the skeleton of a new module in a scratch copy.
    Test,
    /// Measure what Cleave promises about its speed and size, and compare it with the gates.
    Bench {
        /// Which figures, or what their names begin with, such as `generator`; all when none is named.
        names: Vec<String>,
        /// Also write the figures here, as a list of {name, value, unit, gate, holds, note}.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// End with 1 when a gate does not hold.
        #[arg(long)]
        strict: bool,
    },
    /// Let the lab measure a program whose extra cost is known, or itself: minutes, on a machine that does nothing else.
    Calibrate {
        /// Instead, compare monolith and services quickly so many times, and count how often A/A includes 1: three minutes each.
        #[arg(long, value_name = "TIMES", num_args = 0..=1, default_missing_value = "20")]
        repeat: Option<u32>,
        /// Where the repetitions are kept; those that it holds are not measured again [default: target/calibrate].
        #[arg(long, value_name = "DIR", requires = "repeat")]
        into: Option<PathBuf>,
    },
    /// Kill the shop under load again and again, in one process and in many, and verify what is left.
    Crash {
        /// How often each shape is killed.
        #[arg(long, default_value_t = 20)]
        rounds: u32,
        /// From which the moments and the victims are drawn.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Draw docs/modules.mmd from the code.
    Graph,
    /// Make the skeleton of a module that passes the checks.
    NewModule {
        /// Its name: one word of small letters, in the plural if that reads well.
        #[arg(required_unless_present = "prove")]
        name: Option<String>,
        /// Make one in a scratch copy instead, and check it there.
        #[arg(long, conflicts_with = "name")]
        prove: bool,
    },
}

fn main() -> ExitCode {
    let done = match Chores::parse().chore {
        Chore::Check => check::check(),
        Chore::Test => suite::test(),
        Chore::Bench { names, json, strict } => bench::bench(&names, json.as_deref(), strict),
        Chore::Calibrate { repeat: Some(times), into } => calibrate::repeat(times, into),
        Chore::Calibrate { repeat: None, .. } => calibrate::calibrate(),
        Chore::Crash { rounds, seed } => crash::crash(rounds, seed),
        Chore::Graph => graph::draw(),
        Chore::NewModule { name: Some(name), .. } => new_module::make(&house::root(), &name),
        Chore::NewModule { name: None, .. } => new_module::prove(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
