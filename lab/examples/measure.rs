//! The lab on its own: compares the topologies of any program that obeys the command line in `lab::side::Executable`.
//!
//! `measure quick|full|smoke PROGRAM OUT A B... [--benefits]` or `measure report RUN [EXPRESSION]`

use std::process::ExitCode;

use lab::{CompareOptions, ReportOptions, Thoroughness, UsageError, compare, report};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let thoroughness = |word: &str| match word {
        "quick" => Some(Thoroughness::Quick),
        "full" => Some(Thoroughness::Full),
        "smoke" => Some(Thoroughness::Smoke),
        _ => None,
    };
    let outcome = match &arguments[..] {
        [word, program, out, topologies @ ..] if let Some(thoroughness) = thoroughness(word) => {
            compare(&CompareOptions {
                executable: program.into(),
                topologies: topologies.iter().filter(|word| !word.starts_with("--")).cloned().collect(),
                workload: None,
                thoroughness,
                out: Some(out.into()),
                seed: 1,
                known_deltas: true,
                beside: lab::Beside {
                    benefits: topologies.iter().any(|word| word == "--benefits"),
                    ..lab::Beside::default()
                },
                changes: None,
            })
        }
        [command, run, rest @ ..] if command == "report" => {
            report(&ReportOptions { runs: vec![run.into()], fail_if: rest.first().cloned() })
        }
        _ => {
            Err(UsageError::new("measure quick|full|smoke PROGRAM OUT A B... | measure report RUN [EXPRESSION]").into())
        }
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}
