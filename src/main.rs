//! The one binary: says what went wrong and leaves with the right exit code; `cli` is the rest.

use std::process::ExitCode;

fn main() -> ExitCode {
    cleave::cli::main()
}
