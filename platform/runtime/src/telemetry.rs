//! What a process tells about itself: lines on stderr, for people or for machines.

use std::io::{IsTerminal, stderr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt, util::TryInitError};

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One readable line per event, coloured in a terminal.
    #[default]
    Human,
    /// One JSON object per event.
    Json,
}

/// Why logging could not start.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error(
        "the log filter {filter:?} is not understood: write a level (`info`) or targets (`info,orders_service=debug`)"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// What the parser says.
        source: ParseError,
    },
    /// Something else in this process logs already.
    #[error("logging has been started before")]
    Twice(#[source] TryInitError),
}

/// Starts logging to stderr, for the whole process, once.
///
/// The filter is written like `info,sqlx=warn,orders_service=debug`.
///
/// # Errors
/// When the filter does not parse, or logging has been started before.
pub fn start(filter: &str, format: Format) -> Result<(), TelemetryError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let parsed =
        EnvFilter::try_new(filter).map_err(|source| TelemetryError::Filter { filter: filter.to_owned(), source })?;
    let subscriber = fmt().with_env_filter(parsed).with_writer(stderr).with_ansi(stderr().is_terminal());
    match format {
        Format::Human => subscriber.finish().try_init(),
        Format::Json => subscriber.json().flatten_event(true).finish().try_init(),
    }
    .map_err(TelemetryError::Twice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_does_not_parse_is_shown() {
        let error = start("info,=loud=", Format::Human).unwrap_err();

        assert!(error.to_string().contains("\"info,=loud=\""), "{error}");
    }
}
