//! The lab on its own: compares the topologies of any program that obeys the command line in `lab::side::Executable`.
//!
//! `measure quick|full|smoke PROGRAM OUT A B... [--benefits] [--predict]`, `measure report RUN [EXPRESSION]`, or `measure foretell RUN`, which
//! foretells the sides of a run again, from what it has scouted, and holds that against what it measured.

#![expect(clippy::print_stdout, reason = "it is a command whose result is its output")]

use std::{path::Path, process::ExitCode};

use lab::archive::read_run;
use lab::predict::{self, Visits};
use lab::workload::Workload;
use lab::{CompareOptions, Outcome, ReportOptions, Thoroughness, UsageError, compare, report};

fn foretell(folder: &Path) -> anyhow::Result<Outcome> {
    let mut run = read_run(folder)?;
    let visits = Visits::of(&Workload::load(&run.workload.name)?);
    run.predictions.price = Some(predict::price(&run.ladder, &run.predictions.scouted).map_err(anyhow::Error::msg)?);
    let predicted = predict::foretell(&run, &predict::model(&run, visits).map_err(anyhow::Error::msg)?);
    run.predictions.predicted = predicted;
    for predict::Outcome { topology, metric, predicted, measured, error } in predict::outcomes(&run) {
        println!("{topology:24} {metric:28} {predicted:10.3} {measured:10.3} {:+6.1} %", error * 100.0);
    }
    for metric in ["added_cpu_per_request", "cpu_per_request", "p50@1"] {
        println!("{metric}: {:?}", predict::median_error(&run, metric));
    }
    Ok(Outcome::of(&run))
}

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
                    predict: topologies.iter().any(|word| word == "--predict"),
                    ..lab::Beside::default()
                },
                changes: None,
            })
        }
        [command, run, rest @ ..] if command == "report" => {
            report(&ReportOptions { runs: vec![run.into()], fail_if: rest.first().cloned() })
        }
        [command, run] if command == "foretell" => foretell(run.as_ref()),
        _ => Err(UsageError::new(
            "measure quick|full|smoke PROGRAM OUT A B... | measure report RUN [EXPRESSION] | measure foretell RUN",
        )
        .into()),
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}
