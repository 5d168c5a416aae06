//! The ladder under the workload, on the stand-in shop: each rung as the program says that one gets there, and words for the others.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod standin;

use lab::archive::{LadderRecord, read_run};
use lab::{Beside, CompareOptions, compare};
use standin::smoke;

const WORKLOAD: &str = r#"
name = "hasty"
session = { first = "home", journeys = [2, 4], think_ms = [2, 10] }
equality = { sessions = 4, settle_ms = 5 }
[[journeys]]
name = "home"
[[journeys.steps]]
get = "/"
expect = { contains = ['data-page="home"'] }
"#;

/// Compares, and gives the ladder with the number of rounds.
fn climb(topologies: &[&str]) -> (LadderRecord, usize) {
    let folder = tempfile::tempdir().unwrap();
    let workload = folder.path().join("hasty.toml");
    std::fs::write(&workload, WORKLOAD).unwrap();
    let out = folder.path().join("run");
    compare(&CompareOptions {
        beside: Beside { ladder: true, ..Beside::default() },
        ..smoke(&out, topologies, &workload)
    })
    .unwrap();
    let run = read_run(&out).unwrap();
    (run.ladder, run.protocol.rounds as usize)
}

fn has_note(ladder: &LadderRecord, words: &[&str]) -> bool {
    ladder.notes.iter().any(|note| words.iter().all(|word| note.contains(word)))
}

#[test]
fn the_workload_goes_over_every_rung_that_the_program_can_be_put_on() {
    let (ladder, rounds) = climb(&["monolith", "services"]);
    let names: Vec<&str> = ladder.workload.iter().map(|rung| rung.rung.as_str()).collect();
    assert_eq!(names, ["dyn call", "codec", "separate process"]);
    for rung in &ladder.workload {
        assert_eq!((rung.cpu_us.len(), rung.p50_ms.len()), (rounds, rounds), "{}: a value per round", rung.rung);
        assert!(rung.cpu_us.iter().all(|cpu| *cpu > 0.0), "{rung:?}");
    }
    let codec = &ladder.workload[1];
    assert!(codec.p50_ms.iter().all(|p50| *p50 >= 5.0), "the environment of the rung is not the side's: {codec:?}");

    assert!(has_note(&ladder, &["direct call", "there is nothing below"]), "{:?}", ladder.notes);
    assert!(has_note(&ladder, &["direct call", "says of no setting"]), "{:?}", ladder.notes);
    assert!(has_note(&ladder, &["loopback", "left out", "does not know that setting"]), "{:?}", ladder.notes);
}
