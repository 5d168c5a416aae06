//! The lab on its own: compares the topologies of any program that obeys the command line in `lab::side::Executable`.
//!
//! `measure compare PROGRAM OUT A B...` or `measure report RUN [EXPRESSION]`

use std::process::ExitCode;

use lab::{CompareOptions, ReportOptions, Thoroughness, UsageError, compare, report};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [command, program, out, topologies @ ..] if command == "compare" => compare(&CompareOptions {
            executable: program.into(),
            topologies: topologies.to_vec(),
            workload: None,
            thoroughness: Thoroughness::Quick,
            out: Some(out.into()),
            seed: 1,
            known_deltas: true,
        }),
        [command, run, rest @ ..] if command == "report" => {
            report(&ReportOptions { runs: vec![run.into()], fail_if: rest.first().cloned() })
        }
        _ => Err(UsageError::new("measure compare PROGRAM OUT A B... | measure report RUN [EXPRESSION]").into()),
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}
