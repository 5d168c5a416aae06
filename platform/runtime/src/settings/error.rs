//! What is said when settings are wrong.

use std::{fmt, io, path::PathBuf};

use config::ConfigError;
use thiserror::Error;

/// Why settings could not be loaded.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A file or folder cannot be read.
    #[error("the settings in {} cannot be read: {source}; check the path, or leave it out to use the built-in defaults", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not TOML.
    #[error("{place} is not TOML: {problem}")]
    NotToml {
        /// The file and line.
        place: String,
        /// What the parser says.
        problem: String,
    },
    /// Keys that do not exist.
    #[error("{}", list(.0))]
    Unknown(Vec<UnknownKey>),
    /// A value of the wrong type, or one that is not allowed.
    #[error("a setting has a wrong value: {0}")]
    Value(#[source] ConfigError),
}

/// A key that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// What was written.
    pub key: String,
    /// Where.
    pub origin: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no setting `{}` ({})", self.key, self.origin)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => f.write_str("; `cleave serve --print-settings` lists those that exist"),
        }
    }
}

fn list(unknown: &[UnknownKey]) -> String {
    unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The candidate that `word` was probably meant to be; `None` when none is near.
///
/// ```
/// assert_eq!(runtime::settings::nearest("inventroy", ["orders", "inventory"]), Some("inventory"));
/// assert_eq!(runtime::settings::nearest("weather", ["orders", "inventory"]), None);
/// ```
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= word.len().max(candidate.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
