//! Somebody else's programs: groups of commands, in whatever language, measured like any other side.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "these are tests, helpers included")]

mod standin;

use std::path::{Path, PathBuf};
use std::process::Command;

use lab::archive::{Part, Run, read_run};
use lab::{CompareOptions, UsageError, compare};
use standin::smoke;

/// Programs that the tests need and a machine may not have; then a test says so and passes.
fn is_missing(programs: &[&str]) -> bool {
    let starts =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    let missing: Vec<&str> = programs.iter().copied().filter(|program| !starts(program)).collect();
    if !missing.is_empty() {
        eprintln!("skipped: this machine has no {}", missing.join(" and no "));
    }
    !missing.is_empty()
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/strangers")
}

fn example(name: &str) -> String {
    examples().join(name).to_string_lossy().into_owned()
}

fn compared(out: &Path, topologies: &[&str], workload: &str) -> CompareOptions {
    CompareOptions { known_deltas: true, ..smoke(out, topologies, Path::new(workload)) }
}

fn measured(topologies: &[&str], workload: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    compare(&compared(&out, topologies, workload)).unwrap();
    // Each of its processes has its data folder among its arguments.
    let left = processes_that_mention(&folder.path().to_string_lossy());
    assert_eq!(left, Vec::<String>::new(), "nothing is left behind");
    read_run(&out).unwrap()
}

fn assert_in_order(run: &Run) {
    assert!(run.complete, "{:?}", run.protocol.stopped);
    assert!(run.equality.answers > 10, "{}", run.equality.answers);
    assert!(run.equality.differences.is_empty(), "{:?}", run.equality.differences);
    for block in &run.blocks {
        assert!(block.troubles.is_empty(), "{}: {:?}", block.side, block.troubles);
        // Past a side's own capacity failures are what is looked for.
        for point in block.points.iter().filter(|point| !point.load.starts_with("own")) {
            assert!(point.failed == 0 && point.answered > 0, "{} at {}: {:?}", block.side, point.load, point.errors);
        }
    }
}

/// The command lines of this machine that mention a folder.
fn processes_that_mention(text: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    commands.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).filter(|line| line.contains(text)).collect()
}

#[test]
fn one_process_and_a_pair_and_another_language_are_compared_in_one_run() {
    if is_missing(&["node", "python3"]) {
        return;
    }
    let files = ["monolith.toml", "pair.toml", "python.toml"].map(example);
    let run = measured(&files.each_ref().map(String::as_str), &example("teas.toml"));

    assert_in_order(&run);
    let no_contracts = [&run.ladder.absent, &run.accounts.absent, &run.predictions.absent];
    assert!(no_contracts.iter().all(|why| why.as_ref().is_some_and(|why| why.contains("somebody else's program"))));
    let compared: Vec<&str> = run.compared().map(|side| side.name.as_str()).collect();
    assert_eq!(compared, ["monolith", "pair", "python"]);
    assert_eq!(run.blocks.len() % 6, 0, "rounds of three sides, one again and two with a known delta");
    assert!(run.side_for(Part::KnownBurn).is_some(), "the file says that the program takes part");
    let text = run.compared().next().unwrap().stranger.as_ref().unwrap();
    assert!(text.contains("[groups.shop]"), "the file is kept with the run");
    let pair = run.blocks.iter().find(|block| block.side == "pair").unwrap();
    let mut groups: Vec<&str> = pair.processes.iter().map(|process| process.command.as_str()).collect();
    groups.sort_unstable();
    assert_eq!(groups, ["shop: shop.mjs", "stock: stock.mjs"], "every process is found and named by its group");
    let verification = pair.verification.as_ref().unwrap();
    assert!(verification.checked && verification.holds, "{verification:?}");
}

/// The stand-in's pages, from a program of another kind: enough of a shop for a mixed comparison.
const SERVER: &str = r#"
import os, signal, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_GET(self):
        body = ('<html><body data-page="home">' + "shop " * 400 + "</body></html>").encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
print("starting", file=sys.stderr, flush=True)
ThreadingHTTPServer.request_queue_size = 1024
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"#;

const HOME: &str = r#"
name = "home"
session = { first = "home", journeys = [4, 6], think_ms = [2, 10] }
equality = { sessions = 4, settle_ms = 5 }
[[journeys]]
name = "home"
[[journeys.steps]]
get = "/"
expect = { contains = ['data-page="home"'] }
"#;

/// A folder with a stranger's file, its program and a workload.
struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn new(stranger: &str, program: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("stranger.toml", stranger), ("shop.py", program), ("home.toml", HOME)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn compare_with(&self, first: &[&str]) -> anyhow::Result<Run> {
        let stranger = self.path("stranger.toml");
        let topologies: Vec<&str> = first.iter().copied().chain([stranger.as_str()]).collect();
        let out = self.folder.path().join("run");
        compare(&compared(&out, &topologies, &self.path("home.toml")))?;
        read_run(&out)
    }

    /// What is said when it cannot be compared.
    fn refused(&self) -> anyhow::Error {
        self.compare_with(&[]).unwrap_err()
    }
}

const SHOP: &str = r#"
[groups.shop]
command = ["python3", "shop.py", "${port}"]
url = "http://127.0.0.1:${port}"
"#;

#[test]
fn a_stranger_is_measured_beside_a_topology_of_the_program_under_test() {
    if is_missing(&["python3"]) {
        return;
    }
    let run = Written::new(SHOP, SERVER).compare_with(&["monolith"]).unwrap();

    assert_in_order(&run);
    let strangers: Vec<_> = run.blocks.iter().filter(|block| block.side == "stranger").collect();
    assert!(!strangers.is_empty() && strangers.iter().all(|block| !block.verification.as_ref().unwrap().checked));
    assert!(
        run.blocks.iter().filter(|block| block.side == "monolith").all(|block| block
            .verification
            .as_ref()
            .unwrap()
            .checked)
    );
}

#[test]
fn a_first_side_that_obeys_no_known_delta_says_so_in_the_trust_panel() {
    if is_missing(&["python3"]) {
        return;
    }
    let written = Written::new(SHOP, SERVER);
    let run = written.compare_with(&[]).unwrap();

    assert!(run.side_for(Part::KnownDelay).is_none() && run.side_for(Part::Again).is_some());
    let report = std::fs::read_to_string(written.folder.path().join("run/report.md")).unwrap();
    assert!(report.contains("known delay per request, left out: somebody else's program"), "{report}");
}

#[test]
fn slips_in_the_file_are_named_with_their_line_and_the_nearest_right_word() {
    for (stranger, expected) in [
        ("[groups.shop]\ncomand = [\"python3\"]\n", "stranger.toml:2: unknown field `comand`"),
        ("[groups.shop]\ncomand = [\"python3\"]\n", "did you mean `command`?"),
        ("[groups.shop]\ncommand = [\"python3\", \"${prot}\"]\n", "stranger.toml:2: ${prot} cannot be filled in here"),
        ("[groups.shop]\ncommand = [\"python3\"]\n", "the public group `shop` has no `url`"),
        ("[groups.shop]\ncommand = []\n", "stranger.toml:2: a command has one word at least"),
        ("[groups.shop]\ncommand = [\"pithon3\"]\nurl = \"http://127.0.0.1:${port}\"\n", "needs the program `pithon3`"),
        ("[groups.a]\ncommand = [\"python3\"]\n[groups.b]\ncommand = [\"python3\"]\n", "no group says `public = true`"),
        (
            "[groups.shop]\ncommand = [\"python3\"]\nurl = \"http://127.0.0.1:${port}\"\nready = \"healthz\"\n",
            "stranger.toml:4: `healthz` is not a path",
        ),
    ] {
        let error = Written::new(stranger, SERVER).refused();
        assert!(error.is::<UsageError>(), "{error:#}");
        assert!(format!("{error:#}").contains(expected), "{expected}: {error:#}");
    }
}

#[test]
fn a_program_that_does_not_serve_is_quoted_with_its_last_words() {
    if is_missing(&["python3"]) {
        return;
    }
    let shop = |more: &str| format!("{SHOP}{more}\n");
    // One connection is the lab's, which looks whether it serves; the next one is a visitor's.
    let gives_up = SERVER.replace(").serve_forever()", ")\nfor _ in range(2): server.handle_request()");
    let gives_up = gives_up.replace("ThreadingHTTPServer((", "server = ThreadingHTTPServer((");
    for (stranger, program, expected) in [
        (shop(""), "raise SystemExit('the tea is out')", vec!["shop ended by itself", "the tea is out"]),
        (
            shop("ready = \"/healthz\"\nready_within_s = 3.0"),
            "import sys, time; print('brewing', flush=True); time.sleep(60)",
            vec!["the group shop was not ready within 3 s", "/healthz", "brewing"],
        ),
        (shop("seed = [\"python3\", \"-c\", \"raise SystemExit('no leaves')\"]"), SERVER, vec!["`seed`", "no leaves"]),
        (shop(""), &gives_up, vec!["in the pilot of stranger, shop ended by itself", "starting"]),
    ] {
        let error = format!("{:#}", Written::new(&stranger, program).refused());
        for words in expected {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
}
