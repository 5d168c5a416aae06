//! The command line that a measurable program obeys: `up`, `seed`, `verify`, `topology`, `probe`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::cpus::on_cpus;
use super::layout::Layout;
use crate::UsageError;
use crate::archive::Rung;

/// The program under test.
#[derive(Debug, Clone)]
pub struct Executable {
    /// Where it lies.
    pub path: PathBuf,
    /// The CPUs on which it runs.
    pub cpus: Vec<usize>,
}

/// What the program says about the data it has left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether every invariant holds.
    pub holds: bool,
    /// Its words, shortened.
    pub text: String,
    /// Whether anything was looked at: a stranger need not say how its data is checked.
    #[serde(default = "yes")]
    pub checked: bool,
}

fn yes() -> bool {
    true
}

impl Executable {
    /// Checks that the program knows a topology, so that a slip costs a second and not a run.
    pub fn check_topology(&self, topology: &str) -> anyhow::Result<()> {
        let output = self.run(&["topology", topology])?;
        if output.status.success() {
            return Ok(());
        }
        let words = tail(&output.stderr, 2_000);
        let words = words.trim().trim_start_matches("error: ");
        Err(UsageError::new(format!("`{topology}` is not a topology that can be compared: {words}")).into())
    }

    /// Which modules share a process in a topology, which a program need not say to be compared.
    pub fn layout(&self, topology: &str) -> anyhow::Result<Layout> {
        let output = self.run(&["topology", topology, "--format", "json"])?;
        anyhow::ensure!(output.status.success(), "`topology {topology}` failed: {}", tail(&output.stderr, 500).trim());
        Layout::read(&output.stdout)
    }

    /// Makes, migrates and seeds a data folder.
    pub fn seed(&self, data: &Path) -> anyhow::Result<()> {
        let output = self.run(&["seed", "--data", &data.to_string_lossy()])?;
        anyhow::ensure!(
            output.status.success(),
            "`{} seed` failed ({}): {}",
            self.path.display(),
            output.status,
            tail(&output.stderr, 2_000)
        );
        Ok(())
    }

    /// Checks the invariants of a stopped side's data.
    pub fn verify(&self, data: &Path) -> anyhow::Result<Verification> {
        let output = self.run(&["verify", "--data", &data.to_string_lossy()])?;
        let mut text = tail(&output.stdout, 4_000);
        if !output.status.success() {
            text.push_str(&tail(&output.stderr, 2_000));
        }
        Ok(Verification { holds: output.status.success(), text, checked: true })
    }

    /// Asks the program for the price of a call on each rung of the ladder.
    pub fn probe(&self) -> anyhow::Result<Vec<Rung>> {
        let output = self.run(&["probe", "--json"])?;
        anyhow::ensure!(output.status.success(), "`probe --json` failed: {}", tail(&output.stderr, 500).trim());
        serde_json::from_slice(&output.stdout).context("`probe --json` did not print a list of rungs")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null());
        on_cpus(&self.cpus, move || command.output())?
            .with_context(|| format!("{} cannot be started", self.path.display()))
    }
}

/// The last bytes of a program's words, as text.
pub(super) fn tail(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(most)..]).into_owned()
}
