//! What ran, what the figures do not show, and how to do it again.

use crate::analysis::{Company, load_label};
use crate::archive::{Bound, Part, Run};
use crate::protocol::Stopped;
use crate::report::words::number;
use crate::side::Role;

/// The facts of a run that a reader needs to judge it.
pub(super) fn what_ran(run: &Run) -> Vec<(&'static str, String)> {
    let environment = &run.environment;
    let cpus = |cpus: &[usize]| cpus.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let loads: Vec<String> = run
        .protocol
        .loads
        .iter()
        .map(|load| {
            format!(
                "{} ({:.1} s at {}/s)",
                load_label(&load.percent.to_string()),
                load.seconds,
                number(run.reference_rps() * f64::from(load.percent) / 100.0)
            )
        })
        .collect();
    let pilots: Vec<String> =
        run.pilots.iter().map(|pilot| format!("{} {}/s", pilot.side, number(pilot.capacity.rps))).collect();
    vec![
        ("sides", run.sides.iter().map(|side| side.name.clone()).collect::<Vec<_>>().join(" · ")),
        (
            "program",
            format!(
                "{:.1} MB, SHA-256 {}…, {}",
                environment.binary_bytes as f64 / 1e6,
                &environment.binary_sha256[..environment.binary_sha256.len().min(16)],
                environment.rustc.as_deref().unwrap_or("compiler unknown")
            ),
        ),
        ("commit", environment.commit.clone().unwrap_or_else(|| "unknown".to_owned())),
        (
            "machine",
            format!(
                "{}, {} cores{}, {:.1} GiB, {}",
                environment.cpu_model,
                environment.cores,
                if environment.virtualised { " of a virtual machine" } else { "" },
                environment.memory_bytes as f64 / (1_u64 << 30) as f64,
                environment.kernel
            ),
        ),
        (
            "CPU frequency governor",
            environment.governor.clone().unwrap_or_else(|| "not exposed by this machine".to_owned()),
        ),
        (
            "placement",
            format!(
                "every side on CPU {}, the generator on CPU {}{}",
                cpus(&run.placement.side),
                cpus(&run.placement.generator),
                if run.placement.preferred { "; both before other programs of the machine" } else { "" }
            ),
        ),
        ("load average at the start", environment.load_average.clone()),
        (
            "workload",
            format!(
                "{}. {:.1} requests per session in the mean, redirects counted; {}",
                run.workload.description, run.workload.requests_per_session, run.workload.load
            ),
        ),
        ("loads", format!("1 session at a time ({} sessions), {}", run.protocol.lone_sessions, loads.join(", "))),
        ("capacities that set the loads", pilots.join(", ")),
        (
            "rounds",
            format!(
                "{} rounds, {} blocks: fresh processes and restored data for each, order drawn within each round, the same arrivals for \
                 every side of a round",
                run.protocol.measured_rounds(),
                run.blocks.len()
            ),
        ),
        (
            "turns",
            match run.protocol.turn_seconds {
                0.0 => "none: each side had its loads in one piece, one side after another".to_owned(),
                seconds => format!(
                    "at {} % load the sides of a round take turns of {seconds} s, with one session of {} s, in an order drawn anew each time; \
                     time stands still for who waits",
                    run.protocol.headline_load,
                    seconds / 4.0
                ),
            },
        ),
        (
            "why they ended",
            run.protocol.stopped.as_ref().map_or_else(|| "not recorded by this version".to_owned(), Stopped::in_words),
        ),
        ("began", format!("{}, took {:.0} s", run.started_at, run.seconds)),
        ("seed", run.seed.to_string()),
    ]
}

/// What a reader must not conclude from this run.
pub(super) fn limits(run: &Run) -> Vec<String> {
    let mut limits = Vec::new();
    if run.environment.cores <= 2 {
        limits.push(
            "On two cores the sides have one CPU, so a split cannot use parallelism here and p99 ratios are indicative; CPU per \
             request is the headline because it stands contention best."
                .to_owned(),
        );
    }
    if run.environment.virtualised {
        limits.push(
            "The machine is virtual: neighbours on the same hardware show as noise that the intervals include."
                .to_owned(),
        );
    }
    if let Some(taken) = Company::of(&run.blocks).in_words() {
        limits.push(format!(
            "Other work took {taken} while they were timed (kernel work for the network included); with less of it, intervals are narrower."
        ));
    }
    limits.push(format!(
        "“No difference shown” needs an interval that holds 1 and is narrower than ±{:.0} % (CPU, p50, memory) or ±{:.0} % (p99, \
         capacity) in the {} protocol; anything wider is “cannot tell”. One interval in twenty misses the truth{}.",
        run.protocol.targets.fine * 100.0,
        run.protocol.targets.coarse * 100.0,
        run.protocol.name,
        run.protocol.stopping.as_ref().map_or_else(String::new, |rule| format!(
            ": rounds were added, {} at a time, until the headline's intervals were narrow, so all intervals are computed at {:.0} %, which \
             then covers 95 %",
            rule.look_every,
            rule.level * 100.0
        ))
    ));
    limits.extend(queueing(run));
    limits.push(format!(
        "Capacity is the highest rate at which p99 stays within {} ms and failures below 0.1 %, searched in steps of {} s; between \
         the last rate that held and the first that did not it is interpolated.",
        number(run.workload.objective_p99_ms),
        run.protocol.capacity.step_seconds
    ));
    let open_ended =
        run.blocks.iter().filter_map(|block| block.capacity.as_ref()).filter(|found| found.beyond.is_some()).count();
    if open_ended > 0 {
        let above = run
            .blocks
            .iter()
            .filter_map(|block| block.capacity.as_ref()?.beyond)
            .filter(|bound| *bound == Bound::Above);
        limits.push(format!(
            "In {open_ended} blocks the search for the capacity ended without a turn ({} of them still carried the highest rate tried); \
             these are left out of the ratio.",
            above.count()
        ));
    }
    limits.push(format!(
        "How it was counted: {}. CPU is counted from before the first arrival to after the last answer; the supervisor and the payment \
         provider's stand-in are counted apart for every side. Context switches are those of living threads.",
        run.environment.counting.in_words()
    ));
    limits.push(format!(
        "Answers were compared on {} sessions ({} answers) after replacing: {}.",
        run.equality.sessions,
        run.equality.answers,
        run.equality.normalised.join("; ")
    ));
    if !run.ladder.rungs.is_empty() {
        limits.push(
            "System calls of a hop are not counted: the kernel shows them to a tracer alone, which needs rights that few machines give. \
             Context switches are."
                .to_owned(),
        );
    }
    if run.side_for(Part::KnownDelay).is_none() {
        limits.push(
            "No known delay and no known burn were injected, so only the A/A speaks for the instrument.".to_owned(),
        );
    }
    limits.extend(run.benefits.absent.iter().map(|absent| format!("Not measured: {}.", absent.trim_end_matches('.'))));
    limits
}

/// What is left out of the report, each with the reason.
pub(super) fn left_out(run: &Run, missing: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    let or = |reason: &Option<String>, otherwise: &str| {
        format!("{}.", reason.as_deref().unwrap_or(otherwise).trim_end_matches('.'))
    };
    let why = |number: &str| match number {
        "1" | "3" | "4" => "Nothing was timed at a load on two sides.".to_owned(),
        "2a" => or(&run.ladder.absent, "The program gave no rungs"),
        "2b" if run.ladder.rungs.is_empty() => "There is no ladder to climb.".to_owned(),
        "2b" => "The workload was not run on the rungs.".to_owned(),
        "6" => or(&run.predictions.absent, "Nothing was foretold in this run"),
        "7" => "No compared side has more than one process or a traced pass, so there is nothing to divide.".to_owned(),
        "5a" | "5b" => "No module was broken in this run.".to_owned(),
        "9" if run.benefits.survival.is_empty() => {
            "No module was broken in this run, so survival is not known.".to_owned()
        }
        "9" => "The death of modules was tried on fewer than two sides, or the workload's journeys cannot be counted."
            .to_owned(),
        "8" => "Nothing was grown in this run.".to_owned(),
        _ => "No change was timed in this run.".to_owned(),
    };
    let mut out: Vec<(&'static str, String)> =
        missing.iter().map(|(number, words)| (*words, format!("Figure {number}. {}", why(number)))).collect();
    if run.accounts.passes.is_empty() {
        out.push((
            "which edges to cut",
            format!("Section 10. {}", or(&run.accounts.absent, "No pass of this run was traced")),
        ));
    }
    out
}

/// At the same rate a side that costs more leaves its CPUs less idle, so its median holds more waiting: that is no property of a hop.
fn queueing(run: &Run) -> Option<String> {
    let load = run.protocol.headline_load.to_string();
    let busy = |side: &str| -> Option<f64> {
        let points: Vec<_> =
            run.blocks.iter().filter(|block| block.side == side).filter_map(|block| block.point(&load)).collect();
        let all = points.iter().flat_map(|point| &point.cpu_ns);
        let used: u64 = all.filter(|(role, _)| **role != Role::Network).map(|(_, cpu)| *cpu).sum();
        let seconds: f64 = points.iter().map(|point| point.seconds).sum();
        (seconds > 0.0).then(|| used as f64 / 1e9 / seconds / run.placement.side.len().max(1) as f64)
    };
    let sides: Vec<String> =
        run.compared().filter_map(|side| Some(format!("{} {:.0} %", side.name, busy(&side.name)? * 100.0))).collect();
    (sides.len() > 1).then(|| {
        format!(
            "At {load} % load the sides kept their CPUs busy so much: {}. All processes of a side take turns on the same {} CPU, hop by hop, \
             so p50 and p99 there hold the waiting that a busy CPU brings; latency without it is that with one session at a time.",
            sides.join(", "),
            run.placement.side.len()
        )
    })
}

/// The command that repeats the run.
pub(super) fn redo(run: &Run) -> String {
    let topologies: Vec<&str> = run.compared().map(|side| side.topology.as_str()).collect();
    format!(
        "cleave compare {} --{} --workload {} --seed {}",
        topologies.join(" "),
        run.protocol.name,
        run.workload.name,
        run.seed
    )
}
