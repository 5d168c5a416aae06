//! One command of a chore: said before it runs, timed when it has run.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};

use crate::house;

/// A command to run in the root of the checkout.
pub(crate) struct Step {
    says: String,
    command: Command,
    shown: String,
}

impl Step {
    /// A run of the same cargo that runs this chore; `says` completes the sentence "now I ...".
    pub(crate) fn cargo(says: &str, arguments: &str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(arguments.split_whitespace()).current_dir(house::root());
        Self { says: says.to_owned(), command, shown: format!("cargo {arguments}") }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}={value} {}", self.shown);
        self
    }

    pub(crate) fn inside(mut self, folder: &std::path::Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it; its output goes where ours goes.
    pub(crate) fn run(mut self) -> Result<()> {
        let began = self.announce();
        let status = self.command.status().with_context(|| format!("cannot start `{}`", self.shown))?;
        self.conclude(began, status.success())
    }

    /// Runs it, passes each line of its stdout on, and shows it to `see` as well.
    pub(crate) fn run_and_see(mut self, mut see: impl FnMut(&str)) -> Result<()> {
        let began = self.announce();
        let mut child =
            self.command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{}`", self.shown))?;
        let stdout = child.stdout.take().expect("it was just asked for");
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            see(&line);
        }
        let succeeded = child.wait()?.success();
        self.conclude(began, succeeded)
    }

    /// Runs it and gives its stdout.
    pub(crate) fn run_for_output(mut self) -> Result<String> {
        let began = self.announce();
        let output =
            self.command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{}`", self.shown))?;
        self.conclude(began, output.status.success())?;
        String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote no text", self.shown))
    }

    fn announce(&self) -> Instant {
        println!("\n== {}\n   {}", self.says, self.shown);
        Instant::now()
    }

    fn conclude(&self, began: Instant, succeeded: bool) -> Result<()> {
        if !succeeded {
            bail!("`{}` failed", self.shown);
        }
        println!("   done in {:.0} s", began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Whether `cargo NAME` exists here.
pub(crate) fn cargo_has(name: &str) -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(cargo).args([name, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}
