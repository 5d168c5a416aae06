//! Renders the reports of a run that nobody measured, with every section and figure in them: to look at while working on reports.
//!
//! `cargo run -p lab --example believable_report -- FOLDER [pair]`

#![expect(clippy::unwrap_used, reason = "the believable run is made for tests")]

use std::path::PathBuf;

use anyhow::Context;

#[path = "../tests/believable/mod.rs"]
mod believable;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().context("name the folder to write into")?.into();
    let run = if arguments.next().as_deref() == Some("pair") { believable::pair() } else { believable::everything() };
    lab::archive::write_run(&folder, &run)?;
    lab::report::write_reports(&folder, &run)?;
    Ok(())
}
