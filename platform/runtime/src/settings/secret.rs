//! Values that must not be shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

const BLACKED_OUT: &str = "[secret]";

/// A text that is not shown in logs, messages or printed settings. Its built-in default must be empty.
///
/// ```
/// let password = runtime::settings::Secret::from("open sesame");
/// assert_eq!(format!("{password:?}"), "[secret]");
/// assert_eq!(password.expose(), "open sesame");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one who needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { BLACKED_OUT }
    }
}

impl<S: Into<String>> From<S> for Secret {
    fn from(text: S) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "[no secret]" } else { BLACKED_OUT })
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}
