//! The published schemas fit what the lab writes: the runs that are kept, and one with everything in it.
//!
//! The schemas allow no key that they do not name, so a new field fails here until `docs/schema/` says what it means.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use lab::analysis::Analysis;
use lab::archive::read_run;
use lab::report::to_json;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

fn schema(name: &str) -> Validator {
    jsonschema::draft202012::new(&json(&root().join("docs/schema").join(name))).unwrap()
}

fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The runs that are kept in the repository, those of older labs among them.
fn kept() -> Vec<PathBuf> {
    let runs = std::fs::read_dir(root().join("examples/runs")).unwrap();
    let mut folders: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.push(root().join("lab/tests/fixtures"));
    folders
}

#[test]
fn every_run_that_is_kept_fits_the_published_schema_and_so_does_its_report() {
    let (run_schema, report_schema) = (schema("run.json"), schema("report.json"));
    for folder in kept() {
        let file = folder.join("run.json");
        assert_eq!(faults(&run_schema, &json(&file)), [""; 0], "{}", file.display());
        let run = read_run(&file).unwrap();
        let report: Value = serde_json::from_str(&to_json(&run, &Analysis::of(&run))).unwrap();
        assert_eq!(faults(&report_schema, &report), [""; 0], "the report of {}", file.display());
    }
}

#[test]
fn what_the_lab_writes_today_fits_field_by_field() {
    let run = believable::everything();
    assert_eq!(faults(&schema("run.json"), &serde_json::to_value(&run).unwrap()), [""; 0]);
    let report: Value = serde_json::from_str(&to_json(&run, &Analysis::of(&run))).unwrap();
    assert_eq!(faults(&schema("report.json"), &report), [""; 0]);
    assert!(!report["modules"].as_array().unwrap().is_empty() && !report["predictions"].as_array().unwrap().is_empty());
}

#[test]
fn a_key_that_the_schema_does_not_name_is_found() {
    let mut run = serde_json::to_value(believable::pair()).unwrap();
    run["blocks"][0]["points"][0]["sneaked_in"] = 1.into();
    let found = faults(&schema("run.json"), &run);
    assert!(found.len() == 1 && found[0].contains("sneaked_in"), "{found:?}");
}
