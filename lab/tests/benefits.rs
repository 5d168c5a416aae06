//! The benefit side on the stand-in shop: what is broken, who notices, and that nothing is left behind.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod standin;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lab::archive::{FaultKind, Run, SurvivalRecord, read_run};
use lab::benefits::{FAULTS_VARIABLE, Faults, Window, book};
use lab::generator::{Measured, SessionEnd};
use lab::side::{Executable, LayoutGroup, RunningSide};
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};
use lab::{Beside, CompareOptions, compare};
use proptest::prelude::*;
use standin::{smoke, standin};

const HASTY: &str = r#"
name = "hasty"
session = { first = "home", journeys = [2, 4], think_ms = [2, 10] }
equality = { sessions = 2, settle_ms = 5 }
[[journeys]]
name = "home"
[[journeys.steps]]
get = "/"
expect = { contains = ['data-page="home"'] }
[[journeys]]
name = "buy"
[[journeys.steps]]
post = "/cart"
form = { product_id = "66VCHSJNUP", quantity = 1 }
expect = { redirect = "/cart", contains = ['data-page="cart"'] }
"#;

/// How the stand-in's checkout is changed: building is copying, so that no compiler is needed.
const CHANGES: &str = r##"
append = "# change {number}\n"
quick = ["pages"]
shared = ["contract"]
parts = { service = "{module}/service.sh", contract = "{module}/contract.sh" }
[shapes.one]
name = "one process"
build = ["sh", "-c", "cat */*.sh > built"]
program = "built"
start = ["STANDIN", "up", "monolith"]
[shapes.apart]
name = "one binary per module"
build = ["sh", "-c", "cat */contract.sh {module}/service.sh > built"]
program = "built"
start = ["STANDIN", "up", "monolith"]
"##;

fn checkout(folder: &Path) {
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("config/changes.toml", &CHANGES.replace("STANDIN", standin().to_str().unwrap()));
    for module in ["pages", "stock"] {
        write(&format!("{module}/service.sh"), &format!("# how {module} answers\n"));
        write(&format!("{module}/contract.sh"), &format!("# what may be asked of {module}\n"));
    }
    for arguments in [&["init", "-q"][..], &["add", "."]] {
        assert!(Command::new("git").arg("-C").arg(folder).args(arguments).status().unwrap().success());
    }
}

/// One run for all tests that read it.
fn run() -> &'static Run {
    static RUN: std::sync::OnceLock<Run> = std::sync::OnceLock::new();
    RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let workload = folder.path().join("hasty.toml");
        std::fs::write(&workload, HASTY).unwrap();
        let (out, changes) = (folder.path().join("run"), folder.path().join("checkout"));
        checkout(&changes);
        compare(&CompareOptions {
            beside: Beside { benefits: true, ..Beside::default() },
            changes: Some(changes),
            ..smoke(&out, &["monolith", "services"], &workload)
        })
        .unwrap();
        read_run(&out).unwrap()
    })
}

fn cell<'r>(run: &'r Run, side: &str, module: &str, fault: FaultKind) -> Option<&'r SurvivalRecord> {
    run.benefits.under(side, module, fault)
}

/// The share of all journeys that survived a module's death.
fn survival_share(run: &Run, side: &str, module: &str) -> Option<f64> {
    let journeys = &cell(run, side, module, FaultKind::Kill)?.journeys;
    let survived: u64 = journeys.iter().map(|journey| journey.survived).sum();
    Some(survived as f64 / journeys.iter().map(|journey| journey.begun).sum::<u64>() as f64)
}

/// How many kinds of journeys survive a module's death, and of how many.
fn journeys_that_survive(run: &Run, side: &str, module: &str) -> Option<(usize, usize)> {
    let journeys = &cell(run, side, module, FaultKind::Kill)?.journeys;
    Some((journeys.iter().filter(|journey| journey.survives()).count(), journeys.len()))
}

#[test]
fn the_death_of_a_module_that_nobody_asks_is_noticed_only_where_it_shares_a_process() {
    let run = run();
    assert_eq!(
        survival_share(run, "services", "stock"),
        Some(1.0),
        "{:?}",
        cell(run, "services", "stock", FaultKind::Kill)
    );
    assert_eq!(journeys_that_survive(run, "services", "stock"), Some((2, 2)));
    for (side, module) in [("monolith", "stock"), ("monolith", "pages"), ("services", "pages")] {
        assert_eq!(survival_share(run, side, module), Some(0.0), "{side} {module}");
        assert_eq!(journeys_that_survive(run, side, module), Some((0, 2)), "{side} {module}");
        let dead = cell(run, side, module, FaultKind::Kill).unwrap();
        let is_back = dead.goodput.iter().any(|(at, right)| *at > dead.lasted_s && *right > 0.0);
        assert!(is_back, "its supervisor starts {module} of {side} again: {:?}", dead.goodput);
        assert_eq!(dead.books_balance, Some(true));
    }
    assert_eq!(survival_share(run, "services", "nobody"), None);
}

#[test]
fn a_hang_is_asked_for_where_the_program_obeys_and_made_by_a_signal_where_it_does_not() {
    let run = run();
    let survived = |side: &str, module: &str| -> u64 {
        cell(run, side, module, FaultKind::Hang).unwrap().journeys.iter().map(|journey| journey.survived).sum()
    };
    assert_eq!(survived("services", "pages"), 0, "asked for");
    assert!(survived("services", "stock") > 0, "stopped by a signal, and nobody needs it");
    assert!(cell(run, "monolith", "stock", FaultKind::Hang).is_none(), "a signal would stop the pages as well");
    let told = &run.benefits.absent;
    assert!(told.iter().any(|why| why.starts_with("a hang in stock of monolith")), "{told:?}");
    assert!(told.iter().any(|why| why.starts_with("a delay in pages of monolith")), "{told:?}");
}

#[test]
fn restarts_sizes_and_neighbours_are_measured_for_every_side() {
    let benefits = &run().benefits;
    for side in ["monolith", "services"] {
        let everything =
            benefits.restarts.iter().find(|one| one.side == side && one.restarted == "everything").unwrap();
        assert!(
            everything.sent > 0 && everything.lost <= everything.sent && everything.away_s >= 0.0,
            "{everything:?}"
        );
        let quiet = benefits.neighbours.iter().find(|one| one.side == side).unwrap();
        assert!(quiet.noisy == "home" && quiet.quiet_p99_ms > 0.0 && quiet.noisy_p99_ms > 0.0, "{quiet:?}");
        let sizes: Vec<_> = benefits.processes.iter().filter(|size| size.side == side).collect();
        assert_eq!(sizes.len(), if side == "services" { 2 } else { 1 }, "{sizes:?}");
        assert!(sizes.iter().all(|size| size.pss_bytes > 100_000 && size.binary_bytes > 100_000), "{sizes:?}");
    }
}

#[test]
fn a_change_is_built_into_every_program_that_holds_it() {
    let benefits = &run().benefits;
    let built = |shape: &str, part: &str| {
        let is_it = |change: &&lab::archive::ChangeRecord| change.shape == shape && change.changed == part;
        let change = benefits.changes.iter().find(is_it).unwrap();
        assert!(change.module == "pages" && change.build_s > 0.0 && change.restart_s > 0.0, "{change:?}");
        change.binaries
    };
    assert_eq!((built("one process", "service"), built("one process", "contract")), (1, 1));
    assert_eq!((built("one binary per module", "service"), built("one binary per module", "contract")), (1, 2));
    assert_eq!(benefits.changes.len(), 4);
    let programs: Vec<_> = benefits.processes.iter().filter(|size| size.side == "one binary per module").collect();
    assert!(
        programs.len() == 2 && programs.iter().all(|size| size.binary_bytes > 0 && size.ready_ms > 0.0),
        "{programs:?}"
    );
}

#[test]
fn an_interrupt_in_the_middle_of_a_fault_leaves_no_process_and_no_fault_behind() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut measuring = Command::new(standin().with_file_name("measure"))
        .args(["smoke".as_ref(), standin().as_os_str(), out.as_os_str()])
        .args(["monolith", "services", "--benefits"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = nix::unistd::Pid::from_raw(measuring.id() as i32);
    for line in BufReader::new(measuring.stderr.take().unwrap()).lines().map_while(Result::ok) {
        // The delay comes first and is refused; the hang, the next, is about to begin.
        if line.starts_with("not measured: a delay in pages of monolith") {
            eventually("a process of the side hangs", || is_asked_to_hang(&out));
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
        }
    }
    assert_eq!(measuring.wait().unwrap().code(), Some(3));
    let run = read_run(&out).unwrap();
    assert!(!run.complete && !run.blocks.is_empty());
    assert!(run.benefits.survival.is_empty(), "a fault that was cut short is not booked: {:?}", run.benefits.survival);
    let mentions = |pid: &str| {
        let words = std::fs::read_to_string(format!("/proc/{pid}/environ")).unwrap_or_default();
        words.contains(out.to_str().unwrap())
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<_> = processes.filter(|name| name.to_str().is_some_and(mentions)).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Whether some run's folder has a fault in it.
fn is_asked_to_hang(out: &Path) -> bool {
    let folders = std::fs::read_dir(out).unwrap().flatten();
    folders.map(|entry| entry.path().join("faults/pages.obeyed")).any(|file| file.exists())
}

#[test]
fn a_fault_is_over_when_its_guard_is_dropped_even_in_a_panic() {
    let (data, faults) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let executable = Executable { path: standin(), cpus: vec![0] };
    executable.seed(data.path()).unwrap();
    let environment = BTreeMap::from([(FAULTS_VARIABLE.to_owned(), faults.path().to_string_lossy().into_owned())]);
    let log = data.path().join("log");
    let side = RunningSide::start(&executable, "services", data.path(), &environment, &log).unwrap();
    let group = |name: &str| LayoutGroup::of(name, &[name]);
    for (module, kind) in [("pages", FaultKind::Hang), ("stock", FaultKind::Hang), ("stock", FaultKind::Kill)] {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _fault = Faults::of(&side, faults.path()).begin(module, &group(module), kind).unwrap();
            eventually(&format!("{kind:?} in {module} is in force"), || in_force(&side, faults.path(), module));
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        eventually(&format!("{kind:?} in {module} is over"), || !in_force(&side, faults.path(), module));
    }
    assert!(side.stop().is_empty(), "it ends in order");
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < until, "not within 10 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a file asks for a fault, or a process of the side is stopped or gone.
fn in_force(side: &RunningSide, folder: &Path, module: &str) -> bool {
    let is_stopped = |pid: i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && line.contains("T (stopped)"))
    };
    let census = side.census();
    let stopped = census.processes.iter().any(|(process, _)| is_stopped(process.pid));
    folder.join(module).exists() || stopped || side.processes_of(module).is_empty()
}

proptest! {
    /// Whatever came of each visitor, and wherever the window lies: every journey that began in it is booked once, as survived or not.
    #[test]
    fn no_journey_is_lost_or_booked_twice(
        fates in proptest::collection::vec(proptest::option::of(any::<bool>()), 1..300),
        on in 0.0..2.0_f64,
        lasts in 0.0..2.0_f64,
    ) {
        let workload = Workload::parse(HASTY, "hasty.toml").unwrap();
        let arrivals = Arrivals::Open { requests_per_second: 200.0, seconds: 2.0 };
        let trace = Trace::draw(&workload, TraceOptions { seed: 7, number: 1, arrivals });
        let mut measured = Measured::default();
        for (session, fate) in fates.iter().enumerate().take(trace.sessions.len()) {
            // Some never end: they are on their way when the drive is over.
            measured.ended.extend(fate.map(|whole| SessionEnd { session, ended_ns: 0, whole }));
        }
        let window = Window { on, off: on + lasts };
        let booked = book(&workload, &trace, &measured, window);
        let inside: Vec<usize> = (0..trace.sessions.len())
            .filter(|session| {
                let at = trace.sessions[*session].arrival_ns as f64 / 1e9;
                at >= window.on && at < window.off
            })
            .collect();
        let whole = inside.iter().filter(|session| fates.get(**session) == Some(&Some(true))).count() as u64;
        prop_assert_eq!(booked.iter().map(|journey| journey.begun).sum::<u64>(), inside.len() as u64);
        prop_assert_eq!(booked.iter().map(|journey| journey.survived).sum::<u64>(), whole);
        prop_assert!(booked.iter().all(|journey| journey.survived <= journey.begun));
    }
}
