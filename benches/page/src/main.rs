//! Prints what contracts cost the product page, as a line of JSON: `page-bench [NAME...]`.
//!
//! Two processes serve the same page from copies of one data folder, pinned to the same CPU: the monolith as it is released
//! ([`cleave::serve`]), and one actix-web handler written by hand ([`by_hand`]) that calls the services' own methods and fills in
//! the same template. They are asked in turns from another CPU; what counts is the CPU time of each process per page.

mod assets;
mod by_hand;
mod http;
mod load;
mod measure;
mod session;
mod shop_folder;
mod side;
mod views;

use std::process::ExitCode;

use crate::{measure::FIGURE, side::SERVE};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figure is what this program is for")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [SERVE, rest @ ..] => side::serve(rest),
        names if names.is_empty() || names.contains(&FIGURE) => measure::measure().map(|figure| {
            println!("{}", serde_json::to_string(&figure).expect("a figure is text and a number"));
        }),
        _ => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("page-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
