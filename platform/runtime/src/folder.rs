//! The data folder: made when missing, and held so that no two processes open one database.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    process,
    sync::Arc,
};

use thiserror::Error;

/// Who else may hold what is being locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Alone,
    /// Other replicas of the same group, which ask for the same.
    WithReplicas,
}

/// A folder for databases, keys and ledgers. Cheap to clone; locks last as long as one of the clones.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: Arc<Path>,
    #[expect(dead_code, reason = "kept for its drop, which releases the locks")]
    locks: Arc<[File]>,
}

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// It could not be made.
    #[error("the data folder {} cannot be made: {source}; choose another with --data", path.display())]
    Make {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It can be read, but not written.
    #[error(
        "the data folder {} cannot be written: {source}; give this user the right to write it, or choose another with --data",
        path.display()
    )]
    Write {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process works on it.
    #[error(
        "the data folder {} is in use: {holder} has opened {module}; stop it first, or choose another folder with --data",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The module whose database is open elsewhere.
        module: String,
        /// `process 1234`, or `another process`.
        holder: String,
    },
}

impl DataFolder {
    /// Makes the folder when it is missing and takes no lock: for tests, and for reading a shop at rest.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn make(path: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(path).map_err(|source| FolderError::Make { path: path.to_owned(), source })?;
        Ok(Self { path: path.into(), locks: Arc::new([]) })
    }

    /// Makes the folder when it is missing and locks these modules in it until the last clone is dropped.
    ///
    /// ```
    /// # let folder = testkit::Folder::new();
    /// use runtime::{DataFolder, Sharing};
    /// let first = DataFolder::lock(folder.path(), ["orders", "cart"], Sharing::Alone)?;
    /// let second = DataFolder::lock(folder.path(), ["cart"], Sharing::Alone);
    /// assert!(second.unwrap_err().to_string().contains(&format!("process {}", std::process::id())));
    /// # Ok::<(), runtime::FolderError>(())
    /// ```
    ///
    /// # Errors
    /// When the folder cannot be made or written, or another process has locked one of the modules.
    pub fn lock<'m>(
        path: &Path,
        modules: impl IntoIterator<Item = &'m str>,
        sharing: Sharing,
    ) -> Result<Self, FolderError> {
        let folder = Self::make(path)?;
        // Always in the same order, so that of two processes that start at once one gets all it needs.
        let mut modules: Vec<&str> = modules.into_iter().collect();
        modules.sort_unstable();
        modules.dedup();
        let locks: Vec<File> =
            modules.into_iter().map(|module| lock_module(path, module, sharing)).collect::<Result<_, _>>()?;
        Ok(Self { path: folder.path, locks: locks.into() })
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a small file of secret bytes, or makes it with those from `fresh` when it is missing; only the owner may
    /// read it. For keys that must survive a restart.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn secret(&self, name: &str, fresh: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, FolderError> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => return Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(FolderError::Write { path, source }),
        }
        self.make_secret(&path, &fresh()).map_err(|source| FolderError::Write { path: path.clone(), source })
    }

    /// Puts the whole secret under its name in one step, so that nobody reads half of it; who comes second reads the first's.
    fn make_secret(&self, path: &Path, bytes: &[u8]) -> io::Result<Vec<u8>> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let draft = path.with_extension(format!("draft-{}", process::id()));
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::read(path),
        }
    }
}

fn lock_module(path: &Path, module: &str, sharing: Sharing) -> Result<File, FolderError> {
    let unwritable = |source| FolderError::Write { path: path.to_owned(), source };
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(format!("{module}.lock")))
        .map_err(unwritable)?;
    let locked = match sharing {
        Sharing::Alone => file.try_lock(),
        Sharing::WithReplicas => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let holder = match file.read_to_string(&mut holder) {
                Ok(_) if !holder.trim().is_empty() => format!("process {}", holder.trim()),
                _ => "another process".to_owned(),
            };
            return Err(FolderError::InUse { path: path.to_owned(), module: module.to_owned(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(unwritable(source)),
    }
    // The lock is the kernel's and ends with the process; the number is only for the message.
    file.set_len(0).and_then(|()| file.rewind()).map_err(unwritable)?;
    write!(file, "{}", process::id()).map_err(unwritable)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_holders_of_different_modules_share_a_folder() {
        let folder = testkit::Folder::new();
        let _orders = DataFolder::lock(folder.path(), ["orders"], Sharing::Alone).unwrap();

        DataFolder::lock(folder.path(), ["cart"], Sharing::Alone).unwrap();
    }

    #[test]
    fn replicas_share_and_keep_others_out() {
        let folder = testkit::Folder::new();
        let _first = DataFolder::lock(folder.path(), ["orders"], Sharing::WithReplicas).unwrap();
        let _second = DataFolder::lock(folder.path(), ["orders"], Sharing::WithReplicas).unwrap();

        let third = DataFolder::lock(folder.path(), ["orders"], Sharing::Alone);
        assert!(matches!(third, Err(FolderError::InUse { .. })), "{third:?}");
    }

    #[test]
    fn a_lock_ends_with_its_last_clone() {
        let folder = testkit::Folder::new();
        let first = DataFolder::lock(folder.path(), ["orders"], Sharing::Alone).unwrap();
        let clone = first.clone();
        drop(first);
        assert!(DataFolder::lock(folder.path(), ["orders"], Sharing::Alone).is_err());

        drop(clone);
        DataFolder::lock(folder.path(), ["orders"], Sharing::Alone).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_a_way_out() {
        let folder = testkit::Folder::new();
        std::fs::write(folder.path().join("file"), "").unwrap();

        let error = DataFolder::make(&folder.path().join("file/data")).unwrap_err().to_string();
        assert!(error.contains("file/data") && error.contains("--data"), "{error}");
    }

    #[test]
    fn a_secret_is_made_once() {
        let folder = testkit::Folder::new();
        let data = DataFolder::make(folder.path()).unwrap();

        assert_eq!(data.secret("session.key", || vec![1; 32]).unwrap(), [1; 32]);
        assert_eq!(data.secret("session.key", || vec![2; 32]).unwrap(), [1; 32]);
    }
}
