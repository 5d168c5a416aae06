//! A run whose visitors come back when they have left, and which keeps every request and the arrivals of every load.

mod standin;

use std::collections::BTreeMap;

use lab::archive::read_run;
use lab::generator::{REQUEST_COLUMNS, REQUESTS_FILE};
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};
use lab::{Beside, CompareOptions, compare};
use standin::smoke;

const CLOSED: &str = r#"
name = "closed"
session = { journeys = [1, 2], think_ms = [5, 20] }
equality = { sessions = 2, settle_ms = 5 }
load = { form = "closed", visitors = 8 }
[variables]
product = { one_of = ["66VCHSJNUP", "OLJCESPC7Z"] }
[[journeys]]
name = "look"
[[journeys.steps]]
get = "/product/${product}"
expect = { contains = ["${product}"] }
"#;

#[test]
fn a_run_that_keeps_its_requests_holds_each_of_them_and_the_arrivals_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("closed.toml"), folder.path().join("run"));
    std::fs::write(&file, CLOSED).unwrap();
    compare(&CompareOptions {
        beside: Beside { requests: true, ..Beside::default() },
        ..smoke(&out, &["monolith"], &file)
    })
    .unwrap();

    let run = read_run(&out).unwrap();
    assert!(run.workload.load.starts_with("closed: 8 visitors at 100 %"), "{}", run.workload.load);
    let mut expected = BTreeMap::new();
    for (block, point) in run.blocks.iter().flat_map(|block| block.points.iter().map(move |point| (block, point))) {
        assert!(point.answered > 0 && point.failed == 0, "{:?}", point.errors);
        assert_eq!(point.offered_rps, None, "in a closed loop nobody offers a rate");
        expected.insert(format!("{},{},{}", block.round, block.side, point.load), point.sent);
    }
    let text = zstd::decode_all(std::fs::File::open(out.join(REQUESTS_FILE)).unwrap()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().next(), Some(REQUEST_COLUMNS));
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let stretch: Vec<&str> = line.split(',').take(3).collect();
        *found.entry(stretch.join(",")).or_default() += 1;
    }
    assert_eq!(found, expected);

    let replaying = CLOSED.replace(
        "load = { form = \"closed\", visitors = 8 }",
        &format!("load = {{ recording = \"{}\" }}", out.join("arrivals-50.jsonl").display()),
    );
    let workload = Workload::parse(&replaying, "mine.toml").unwrap();
    assert!(workload.load.to_string().contains("recorded arrivals (arrivals-50.jsonl"), "{}", workload.load);
    let arrivals = Arrivals::AsWorkload { requests_per_second: 100.0, seconds: 1.0 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
    assert!(trace.planned_requests(&workload) > 0);
}
