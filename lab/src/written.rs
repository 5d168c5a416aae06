//! Files that people write in TOML, and errors that name file, line and the nearest right word.

use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::{UsageError, suggest};

/// Reads the text of a file into its tables.
pub(crate) fn read<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, UsageError> {
    toml::from_str(text).map_err(|error| {
        let hint = hint_for(error.message());
        UsageError::new(format!("{}: {}{hint}", place(text, origin, error.span()), error.message().trim()))
    })
}

/// Writes `FILE:LINE` for a position in the text.
pub(crate) fn place(text: &str, origin: &str, span: Option<Range<usize>>) -> String {
    match span {
        Some(span) => {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            format!("{origin}:{line}")
        }
        None => origin.to_owned(),
    }
}

/// serde names the wrong word and the right ones between backticks: suggest the nearest.
fn hint_for(message: &str) -> String {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return String::new();
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(wrong) = words.next() else { return String::new() };
    suggest::did_you_mean(wrong, words)
}
