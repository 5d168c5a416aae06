//! The guide to workloads, taken at its word: its example against the app that it names, and its mistakes.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use lab::UsageError;
use lab::generator::rehearse;
use lab::workload::Workload;

const GUIDE: &str = include_str!("../../docs/guide/workloads.md");
const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/notes.py");

/// The blocks of TOML in the guide; the first is the whole example.
fn toml_blocks() -> Vec<&'static str> {
    GUIDE.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The app of the guide while it runs.
struct Notes {
    child: Child,
    url: String,
}

impl Notes {
    /// Starts it; `None` where there is no Python.
    fn start() -> Option<Self> {
        let mut child = match Command::new("python3").arg(APP).stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => {
                eprintln!("left out, because python3 cannot be started: {error}");
                return None;
            }
        };
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Some(Self { child, url: url.trim().to_owned() })
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_example_works_the_first_time_against_an_app_that_is_not_cleave() {
    let Some(app) = Notes::start() else { return };
    let workload = Workload::parse(toml_blocks()[0], "docs/guide/workloads.md").unwrap();
    let rehearsal = rehearse(&workload, &app.url, 20, 1).unwrap();
    assert!(rehearsal.is_right(), "{rehearsal}");
    let count = |name: &str| rehearsal.measured.requests.get(name).map_or(0, |figures| figures.count);
    assert_eq!((count("log in"), count("log in → followed")), (20, 20));
    assert!(count("list") > 0 && count("read") > 0 && count("remove") == count("write"), "{rehearsal}");
    assert!(rehearsal.to_string().starts_with("20 visitors, "), "{rehearsal}");
}

#[test]
fn a_wrong_answer_is_told_with_what_was_expected_and_how_it_began() {
    let Some(app) = Notes::start() else { return };
    let without_log_in = toml_blocks()[0].replace("first = \"log in\" ", "first = \"list\" ");
    let workload = Workload::parse(&without_log_in, "mine.toml").unwrap();
    let rehearsal = rehearse(&workload, &app.url, 20, 1).unwrap();
    let told = rehearsal.to_string();
    assert!(!rehearsal.is_right());
    assert!(told.contains("wrong: write: status 403, expected 200 ("), "{told}");
    assert!(
        told.contains("the last answer began: 403 <!doctype html><title>Notes</title><h1>Log in first</h1>"),
        "{told}"
    );

    let other_text = toml_blocks()[0].replacen("<h1>Notes", "<h1>My notes", 1);
    let workload = Workload::parse(&other_text, "mine.toml").unwrap();
    let told = rehearse(&workload, &app.url, 2, 1).unwrap().to_string();
    assert!(told.contains("wrong: log in → followed: the answer lacks `<h1>My notes` (2 times)"), "{told}");
}

#[test]
fn an_address_where_nothing_answers_is_told_before_anything_is_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let workload = Workload::parse(toml_blocks()[0], "mine.toml").unwrap();
    let refused = |url: &str| {
        let error = rehearse(&workload, url, 1, 1).unwrap_err();
        assert!(error.is::<UsageError>(), "{error:#}");
        error.to_string()
    };
    let told = refused(&format!("http://127.0.0.1:{port}"));
    assert!(
        told.contains(&port.to_string()) && told.contains("refused") && told.contains("Is the program running"),
        "{told}"
    );
    assert!(refused("localhost:80").contains("it must begin with http://"));
}

#[test]
fn every_other_piece_of_the_guide_fits_into_a_workload() {
    let smallest = "name = \"mine\"\n[[journeys]]\nname = \"look\"\nsteps = [{ get = \"/\" }]\n";
    for block in &toml_blocks()[1..] {
        Workload::parse(&format!("{smallest}{block}"), "docs/guide/workloads.md").unwrap();
    }
    assert!(toml_blocks().len() > 2);
}
