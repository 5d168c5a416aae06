//! Prints one line of JSON per figure: `hop-bench [NAME...]`.

use std::process::ExitCode;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what this program is for")]
fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|wanted| !hop_bench::NAMES.contains(&wanted.as_str())) {
        eprintln!("there is no figure {unknown:?}; there are {}", hop_bench::NAMES.join(", "));
        return ExitCode::from(2);
    }
    hop_bench::measure(&wanted, |figure| {
        println!("{}", serde_json::to_string(&figure).expect("a figure is text and a number"));
    });
    ExitCode::SUCCESS
}
