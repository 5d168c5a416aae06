//! The whole way from `compare` to a gate, on the stand-in shop.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod standin;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::archive::{Run, read_run};
use lab::side::{Contender, Executable};
use lab::{CompareOptions, Outcome, ReportOptions, Thoroughness, UsageError, compare, report};
use standin::standin;

fn options(out: &Path, topologies: &[&str]) -> CompareOptions {
    CompareOptions {
        workload: None,
        thoroughness: Thoroughness::Quick,
        known_deltas: true,
        ..standin::smoke(out, topologies, Path::new(""))
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
fn a_program_need_not_say_which_modules_share_a_process() {
    let executable = Executable { path: standin(), cpus: vec![0] };
    assert!(executable.layout("mute").is_err());
    assert!(Contender::asked_for(&executable, "mute").unwrap().can_run_beside_others());
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

/// Short sessions, so that a smoke run takes seconds.
const HASTY: &str = r#"
name = "hasty"
session = { first = "home", journeys = [2, 4], think_ms = [2, 10] }
equality = { sessions = 4, settle_ms = 5 }
[variables]
product = { one_of = ["66VCHSJNUP", "OLJCESPC7Z"] }
[[journeys]]
name = "home"
[[journeys.steps]]
get = "/"
expect = { contains = ['data-page="home"'] }
[[journeys]]
name = "buy"
[[journeys.steps]]
post = "/cart"
form = { product_id = "${product}", quantity = 1 }
expect = { redirect = "/cart", contains = ['data-page="cart"', "${product}"] }
"#;

/// One lab at a time: a generator has real-time priority, and several on one CPU leave nothing of it to whoever is to clean up.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn smoke(folder: &Path, topologies: &[&str]) -> CompareOptions {
    let workload = folder.join("hasty.toml");
    std::fs::write(&workload, HASTY).unwrap();
    CompareOptions { known_deltas: true, ..standin::smoke(&folder.join("run"), topologies, &workload) }
}

#[test]
fn a_run_leaves_its_reports_and_nothing_else_behind() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    compare(&smoke(folder.path(), &["monolith", "services"])).unwrap();
    let out = folder.path().join("run");
    let mut left: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["logs", "report.html", "report.json", "report.md", "run.json"]);
    let run = read_run(&out).unwrap();
    assert!(run.complete);
    assert_eq!(run.blocks.len(), 3 * 5, "three rounds of two sides, one again and two with a known delta");
    assert!(run.equality.differences.is_empty() && run.equality.answers > 10);
    let counting = &run.environment.counting;
    assert!(counting.memory_by_group || counting.reason.is_some(), "it says why not: {counting:?}");
    accounts_are_kept(&run);
    for block in &run.blocks {
        assert!(block.troubles.is_empty(), "{:?}", block.troubles);
        assert!(block.verification.as_ref().unwrap().holds);
        assert!(block.points.iter().all(|point| point.failed == 0 && point.answered > 0), "{}", block.side);
        let loads: Vec<&str> = block.points.iter().map(|point| point.load.as_str()).collect();
        assert_eq!(
            loads == ["1 paused"],
            block.side.contains("ms"),
            "the known delay is looked for where nothing queues: {}",
            block.side
        );
        assert_eq!(loads == ["50"], block.side.contains("CPU"), "the known burn at the headline: {}", block.side);
    }
    let again = compare(&smoke(folder.path(), &["monolith", "services"])).unwrap_err();
    assert!(again.is::<UsageError>() && again.to_string().contains("already holds a run"), "{again:#}");
}

/// Each page of the stand-in asks the stock once, which works for a quarter of the page's time; split, it is another quarter there and back.
fn accounts_are_kept(run: &Run) {
    let passes: Vec<(&str, &str)> =
        run.accounts.passes.iter().map(|pass| (pass.side.as_str(), pass.load.as_str())).collect();
    assert_eq!(passes, [("monolith", "1"), ("monolith", "50"), ("services", "1"), ("services", "50")]);
    for pass in &run.accounts.passes {
        let is_split = pass.side == "services";
        for edge in &pass.edges {
            let pages = pass.requests[&edge.request];
            assert_eq!((edge.caller.as_str(), edge.callee.as_str(), edge.method.as_str()), ("pages", "stock", "units"));
            assert_eq!((edge.calls, edge.attempts), (pages, pages), "{edge:?}");
            assert_eq!(edge.hops, if is_split { pages } else { 0 });
            assert_eq!((edge.question_bytes, edge.answer_bytes), (24 * pages, 6 * pages));
        }
        assert_eq!(pass.edges.len(), pass.paths.len());
        for path in &pass.paths {
            let stock = path.steps.iter().find(|step| step.module == "stock").unwrap();
            assert!((stock.own_ns / path.mean_ns - 0.25).abs() < 0.01, "{path:?}");
            assert!((stock.way_ns / path.mean_ns - if is_split { 0.25 } else { 0.0 }).abs() < 0.01, "{path:?}");
        }
        assert!(pass.requests.contains_key("home") && pass.requests.keys().any(|name| name.ends_with("followed")));
    }
}

#[test]
fn sides_that_answer_differently_are_found_before_anything_is_timed() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let options = CompareOptions { known_deltas: false, ..smoke(folder.path(), &["monolith", "broken"]) };
    assert_eq!(compare(&options).unwrap(), Outcome::Untrusted);
    let run = read_run(&folder.path().join("run")).unwrap();
    let difference = &run.equality.differences[0];
    assert_eq!((difference.side.as_str(), difference.request.as_str()), ("broken", "home (answer 1)"));
    assert!(difference.detail.contains("another shop"), "{}", difference.detail);
    let absent = run.accounts.absent.unwrap();
    assert!(absent.starts_with("broken: the program wrote no spans"), "{absent}");
    assert_eq!(run.accounts.passes.len(), 2, "what the other side wrote is kept");
}

#[test]
fn an_interrupt_keeps_what_was_measured_and_stops_every_process() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut measuring = Command::new(standin().with_file_name("measure"))
        .args(["smoke".as_ref(), standin().as_os_str(), out.as_os_str(), "monolith".as_ref(), "services".as_ref()])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = nix::unistd::Pid::from_raw(measuring.id() as i32);
    for line in BufReader::new(measuring.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.starts_with("block 2 ") {
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        }
    }
    assert_eq!(measuring.wait().unwrap().code(), Some(3));
    let run = read_run(&out).unwrap();
    assert!(!run.complete && run.blocks.len() >= 2, "{}", run.blocks.len());
    let markdown = std::fs::read_to_string(out.join("report.md")).unwrap();
    assert!(markdown.contains("the run is incomplete"), "{markdown}");
    assert!(!out.read_dir().unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with(".data")));
}

/// Runs a program on a file system of its own that is this small, where the account may mount one.
fn on_a_small_disk(mount: &Path, size: &str, program: &Path) -> Option<Command> {
    let mounted = |command: &str| {
        let mut sh = Command::new("unshare");
        sh.args(["-rm", "sh", "-c"]).arg(format!("mount -t tmpfs -o size={size} lab \"$0\" && {command}")).arg(mount);
        sh
    };
    let permitted = mounted("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    permitted.then(|| {
        let mut sh = mounted("exec \"$@\"");
        sh.arg(program);
        sh
    })
}

#[test]
fn a_disk_that_fills_up_costs_nothing_that_was_measured() {
    let _alone = alone();
    let (disk, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let measure = standin().with_file_name("measure");
    let Some(mut measuring) = on_a_small_disk(disk.path(), "4m", &measure) else {
        eprintln!("skipped: this account may not mount a file system of its own (`unshare -rm` is refused)");
        return;
    };
    // Whose address is fixed cannot run beside others, so that no side has a copy of its program, which would give room back in the end.
    let alone = elsewhere.path().join("alone.toml");
    std::fs::write(&alone, "[groups.shop]\nmodules = [\"pages\"]\ninternal = \"127.0.0.1:7301\"\n").unwrap();
    let spare = elsewhere.path().join("spare");
    std::fs::create_dir(&spare).unwrap();
    let mut measuring = measuring
        .args(["smoke".as_ref(), standin().as_os_str(), disk.path().join("run").as_os_str()])
        .args(["monolith".as_ref(), alone.as_os_str()])
        .env("TMPDIR", &spare)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let inside = PathBuf::from(format!("/proc/{}/root{}", measuring.id(), disk.path().display()));
    let mut words = String::new();
    for line in BufReader::new(measuring.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.starts_with("block 2 ") {
            let filled = std::fs::write(inside.join("filler"), vec![0; 8 << 20]).unwrap_err();
            assert_eq!(filled.kind(), std::io::ErrorKind::StorageFull, "{filled}");
        }
        words.push_str(&line);
        words.push('\n');
    }
    assert_eq!(measuring.wait().unwrap().code(), Some(1), "{words}");
    assert!(words.contains("No space left on device") && words.contains("Nothing measured is lost"), "{words}");
    let kept: Vec<PathBuf> = spare.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(words.contains(&kept[0].display().to_string()), "it says where: {words}");
    let run = read_run(&kept[0]).unwrap();
    assert!(run.blocks.len() >= 2, "{}", run.blocks.len());
    assert!(kept[0].join("report.html").exists(), "the reports are beside it");
}
