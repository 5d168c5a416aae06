//! The whole way from `compare` to a gate, on the stand-in shop.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::{Path, PathBuf};

use lab::{CompareOptions, Outcome, ReportOptions, Thoroughness, UsageError, compare, report};

fn standin() -> PathBuf {
    // Cargo builds the examples of a package before its tests, beside them.
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    folder.join("examples").join("standin")
}

fn options(out: &Path, topologies: &[&str]) -> CompareOptions {
    CompareOptions {
        executable: standin(),
        topologies: topologies.iter().map(|name| (*name).to_owned()).collect(),
        workload: None,
        thoroughness: Thoroughness::Quick,
        out: Some(out.to_owned()),
        seed: 1,
        known_deltas: true,
    }
}

#[test]
fn a_wrong_topology_is_refused_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let error = compare(&options(&folder.path().join("run"), &["monolith", "servicse"])).unwrap_err();
    assert!(error.downcast_ref::<UsageError>().is_some(), "{error:#}");
    assert!(error.to_string().contains("servicse"), "{error:#}");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn the_same_topology_twice_and_no_topology_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    for topologies in [&["monolith", "monolith"][..], &[]] {
        let error = compare(&options(folder.path(), topologies)).unwrap_err();
        assert!(error.downcast_ref::<UsageError>().is_some(), "{error:#}");
    }
}

#[test]
fn a_report_of_something_that_is_no_run_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = report(&ReportOptions { runs: vec![folder.path().to_owned()], fail_if: None }).unwrap_err();
    assert!(error.downcast_ref::<UsageError>().is_some(), "{error:#}");
}

/// Takes minutes and a machine that does nothing else: `cargo test --release -p lab -- --ignored`.
#[test]
#[ignore = "measures for minutes"]
fn a_known_extra_cost_is_found_and_the_side_is_not_said_to_differ_from_itself() {
    let folder = tempfile::tempdir().unwrap();
    let out = std::env::var_os("LAB_TEST_OUT").map_or_else(|| folder.path().join("run"), PathBuf::from);
    let outcome = compare(&options(&out, &["monolith", "services"])).unwrap();
    assert!(matches!(outcome, Outcome::Valid | Outcome::Untrusted));
    let gate = |expression: &str| {
        report(&ReportOptions { runs: vec![out.clone()], fail_if: Some(expression.to_owned()) }).unwrap()
    };
    assert_eq!(gate("cpu_per_request > 1.2"), Outcome::ConditionHolds);
    assert_eq!(gate("cpu_per_request > 2.0"), Outcome::Valid);
}
