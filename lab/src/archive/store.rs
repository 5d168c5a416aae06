//! Reading and writing run folders without ever leaving half a file.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::{Run, SCHEMA_VERSION};
use crate::UsageError;

/// The file that holds a run.
pub const RUN_FILE: &str = "run.json";

/// Writes a run into its folder.
pub fn write_run(folder: &Path, run: &Run) -> anyhow::Result<()> {
    let text = serde_json::to_string(run).context("the run cannot be written as JSON")?;
    write_text(&folder.join(RUN_FILE), &text)
}

/// Writes a file beside its place and moves it there: a full disk leaves the former version whole.
pub fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let write = || -> anyhow::Result<()> {
        // Reports are there to be passed on: readable for all, as far as the umask of the person allows.
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Reads the run in a folder, or in the `run.json` that is named itself.
pub fn read_run(path: &Path) -> anyhow::Result<Run> {
    let file = if path.is_dir() { path.join(RUN_FILE) } else { path.to_owned() };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| UsageError::new(format!("{} is not a run that can be read: {error}", file.display())))?;
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let version: Version = serde_json::from_str(&text)
        .map_err(|error| UsageError::new(format!("{} is not a run of the lab: {error}", file.display())))?;
    if version.schema_version > SCHEMA_VERSION {
        return Err(UsageError::new(format!(
            "{} was written by a newer lab (schema {}, this one reads up to {SCHEMA_VERSION}): use that version to read it",
            file.display(),
            version.schema_version
        ))
        .into());
    }
    serde_json::from_str(&text)
        .map_err(|error| UsageError::new(format!("{} is damaged: {error}", file.display())).into())
}
