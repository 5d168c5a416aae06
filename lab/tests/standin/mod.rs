//! The stand-in shop, and a short comparison of its topologies.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::{Path, PathBuf};

use lab::{Beside, CompareOptions, Thoroughness};

/// Where it lies: Cargo builds the examples of a package before its tests, beside them.
pub(crate) fn standin() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples").join("standin")
}

/// A comparison of seconds, without known deltas and with nothing beside the blocks.
pub(crate) fn smoke(out: &Path, topologies: &[&str], workload: &Path) -> CompareOptions {
    CompareOptions {
        executable: standin(),
        topologies: topologies.iter().map(|name| (*name).to_owned()).collect(),
        workload: Some(workload.to_string_lossy().into_owned()),
        thoroughness: Thoroughness::Smoke,
        out: Some(out.to_owned()),
        seed: 1,
        known_deltas: false,
        beside: Beside::default(),
        changes: None,
    }
}
