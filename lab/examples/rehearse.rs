//! Sends a few visitors of a workload to a running program and says what came back: `rehearse WORKLOAD http://HOST:PORT [VISITORS]`.
//!
//! Ends with 0 when every answer was as expected, 1 when some were not, 2 when it was asked wrongly.

#![expect(clippy::print_stdout, reason = "it is a command whose result is its output")]

use std::process::ExitCode;

use lab::UsageError;
use lab::generator::rehearse;
use lab::workload::Workload;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}

fn run() -> anyhow::Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, url, rest @ ..] = &arguments[..] else {
        return Err(UsageError::new("expected: rehearse WORKLOAD http://HOST:PORT [VISITORS]").into());
    };
    let visitors = rest.first().map_or(Ok(20), |text| text.parse());
    let visitors = visitors.map_err(|_| UsageError::new(format!("`{}` is no number of visitors", rest[0])))?;
    let rehearsal = rehearse(&Workload::load(workload)?, url, visitors, 1)?;
    print!("{rehearsal}");
    Ok(rehearsal.is_right())
}
