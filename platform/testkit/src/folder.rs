//! Folders that are gone after the test.

use std::path::Path;

/// An empty folder of its own, removed when dropped.
#[derive(Debug)]
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// Makes the folder under the system's temporary folder.
    ///
    /// # Panics
    /// When the system refuses: a test cannot go on without it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a folder is made, not a default")]
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("cleave-test-").tempdir().expect("the temporary folder can be written"))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
