//! Where things are in the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// The one binary of tests from outside, built with the selection of features that all tests share, so that nothing is compiled
/// twice.
pub(crate) const TESTS_FROM_OUTSIDE: &str = "--workspace --features cleave/lab --test cleave";

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root").to_owned()
}

/// The modules: the folders of `modules/`, so that nobody keeps a list by hand.
pub(crate) fn modules() -> Result<Vec<String>> {
    let folder = root().join("modules");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Where Cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
