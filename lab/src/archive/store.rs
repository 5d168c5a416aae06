//! Reading and writing run folders without ever leaving half a file.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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

/// Where a run was kept.
#[derive(Debug)]
pub enum Kept {
    /// In its own folder.
    InPlace,
    /// In another one, because its own could not be written.
    Elsewhere {
        /// The other folder.
        folder: PathBuf,
        /// Why.
        why: anyhow::Error,
    },
}

impl Kept {
    /// The folder that holds the run now.
    pub fn folder<'f>(&'f self, own: &'f Path) -> &'f Path {
        match self {
            Self::InPlace => own,
            Self::Elsewhere { folder, .. } => folder,
        }
    }
}

/// Writes a run into its folder or, where that fails, into the first of some others that takes it: hours of measuring must not be lost to
/// a full disk.
pub fn keep_run(own: &Path, run: &Run) -> anyhow::Result<Kept> {
    let Err(why) = write_run(own, run) else { return Ok(Kept::InPlace) };
    // Memory comes last: it is there when every disk is full, and gone after a restart.
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let places = [std::env::temp_dir(), here, PathBuf::from("/var/tmp"), PathBuf::from("/dev/shm")];
    for place in places.iter().filter(|place| place.is_dir()) {
        let name = format!("cleave-{}-", run.name);
        let Ok(folder) = tempfile::Builder::new().prefix(&name).tempdir_in(place) else { continue };
        if write_run(folder.path(), run).is_ok() {
            return Ok(Kept::Elsewhere { folder: folder.keep(), why });
        }
    }
    Err(why.context(format!("the run fits nowhere: not into its folder, and neither into any of {places:?}")))
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
