//! Predictions and advice on runs that nobody measured, so that the truth is known.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use lab::advise::{Advice, Policy, modules, modules_under, propose};
use lab::archive::{
    EdgeRecord, EdgeTime, HopsTo, Partition, PathRecord, Point, RequestRecord, RoundRecord, Run, Scouted,
    StoredHistogram, TracedPass,
};
use lab::predict::{
    self, Circumstances, Model, SCOUTED, Telling, Visits, crossings_of, foretell, outcomes, price, project, too_far,
};
use lab::side::Role;

const PER_ROUND_NS: f64 = 10_000.0;
const PER_PROCESS_NS: f64 = 40_000.0;
const BASE_NS: f64 = 200_000.0;
const PAGE_NS: f64 = 150_000.0;
const ORDER_NS: f64 = 350_000.0;
/// What an answer from a table takes where it is, and what more in another process.
const TABLE_HERE_NS: f64 = 60_000.0;
const PER_TABLE_NS: f64 = 25_000.0;
/// Pages of the traced pass take half of the time in which caches cool.
const TELLING: Telling = Telling { table_ns: TABLE_HERE_NS, warm_ns: PAGE_NS };
/// What a process takes less which has been asked before.
const AGAIN_LESS_NS: f64 = 15_000.0;

fn round(request: &str, caller: &str, callees: &[(&str, u64)], times: u64) -> RoundRecord {
    RoundRecord {
        request: request.to_owned(),
        caller: caller.to_owned(),
        asked_for: None,
        place: 0,
        callees: callees.iter().map(|(callee, calls)| ((*callee).to_owned(), *calls)).collect(),
        times,
    }
}

fn edge(request: &str, caller: &str, callee: &str, calls: u64, bytes: u64) -> EdgeRecord {
    EdgeRecord {
        request: request.to_owned(),
        caller: caller.to_owned(),
        callee: callee.to_owned(),
        method: "get".to_owned(),
        calls,
        attempts: calls,
        hops: 0,
        question_bytes: 0,
        answer_bytes: bytes,
        time: EdgeTime::default(),
    }
}

fn path(request: &str, requests: u64, mean_ns: f64) -> PathRecord {
    PathRecord { request: request.to_owned(), requests, mean_ns, steps: Vec::new() }
}

fn from_a_table(calls: u64) -> EdgeTime {
    EdgeTime { handler_ns: calls * TABLE_HERE_NS as u64, ..EdgeTime::default() }
}

/// A page asks the catalogue twice and the cart, which reads a table, once, all together, and later the catalogue again; an order asks the
/// desk, which asks the catalogue in every other order.
fn traced() -> TracedPass {
    TracedPass {
        side: "monolith".to_owned(),
        load: "1".to_owned(),
        requests: BTreeMap::from([("page".to_owned(), 75), ("order".to_owned(), 25)]),
        edges: vec![
            edge("page", "front", "catalog", 225, 75_000),
            EdgeRecord { time: from_a_table(75), ..edge("page", "front", "cart", 75, 0) },
            edge("order", "front", "desk", 25, 0),
            edge("order", "desk", "catalog", 12, 0),
        ],
        paths: vec![path("page", 75, PAGE_NS), path("order", 25, ORDER_NS)],
        rounds: vec![
            round("page", "front", &[("catalog", 2), ("cart", 1)], 75),
            round("page", "front", &[("catalog", 1)], 75),
            round("order", "front", &[("desk", 1)], 25),
            round("order", "desk", &[("catalog", 1)], 12),
        ],
    }
}

fn partition(topology: &str, groups: &[&[&str]]) -> Partition {
    let group = |modules: &&[&str]| modules.iter().map(|module| (*module).to_owned()).collect();
    Partition { topology: topology.to_owned(), groups: groups.iter().map(group).collect() }
}

fn together() -> Partition {
    partition("monolith", &[&["front", "catalog", "cart", "desk"]])
}

fn apart() -> Partition {
    partition("services", &[&["front"], &["catalog"], &["cart"], &["desk"]])
}

/// A point with this CPU per request, and pages and orders that take longer by so much, on a machine that is so many times slower.
fn point(model: &Point, load: &str, cpu_ns: f64, later: [f64; 2], slower: f64) -> Point {
    let mut latency = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).unwrap();
    let [page, order] = [(PAGE_NS + later[0]) * slower, (ORDER_NS + later[1]) * slower];
    latency.record_n((page / 1e3) as u64, 750).unwrap();
    latency.record_n((order / 1e3) as u64, 250).unwrap();
    let record = |count, ns: f64| RequestRecord { count, p50_ms: ns / 1e6, p99_ms: ns / 1e6 };
    let percent: f64 = load.parse().unwrap();
    Point {
        load: load.to_owned(),
        offered_rps: (load != "1").then_some(percent * 40.0),
        sent: 1000,
        answered: 1000,
        sessions: 100,
        cpu_ns: BTreeMap::from([(Role::Side, (cpu_ns * slower * 1000.0) as u64)]),
        latency: StoredHistogram::encode(&latency),
        requests: BTreeMap::from([("page".to_owned(), record(750, page)), ("order".to_owned(), record(250, order))]),
        ..model.clone()
    }
}

/// What hops of known number add here.
fn added_by(processes: f64, to: HopsTo, again: f64) -> f64 {
    let hops = PER_ROUND_NS + PER_PROCESS_NS * processes;
    match to {
        _ if processes == 0.0 => 0.0,
        HopsTo::Memory => hops + again * (hops - AGAIN_LESS_NS),
        HopsTo::Table => hops + (PER_TABLE_NS + TABLE_HERE_NS) * processes,
        HopsTo::TableHere => TABLE_HERE_NS * processes,
    }
}

/// A run of two sides in which hops cost what the constants say, and whose rounds ran on a machine that had become slower.
fn run(slower: f64) -> Run {
    let mut run = believable::pair();
    let some = run.blocks[0].points[0].clone();
    run.accounts.passes = vec![traced()];
    run.predictions = lab::archive::PredictionsRecord::default();
    run.predictions.partitions = vec![together(), apart()];
    run.ladder.rungs.iter_mut().for_each(|rung| {
        rung.cpu_64_ns = Some(if rung.rung == "separate process" { 2_000.0 } else { 0.0 });
        rung.cpu_ns_per_byte = (rung.rung == "separate process").then_some(2.0);
    });
    for turn in 1..=3 {
        for (processes, to, again) in SCOUTED {
            let drift = 1.0 + f64::from(turn) * 0.2;
            let added = added_by(f64::from(processes), to, f64::from(again));
            let points = ["1", "25", "50"].map(|load| point(&some, load, BASE_NS + added, [added, added], drift));
            run.predictions.scouted.push(Scouted { turn, processes, to, again, points: points.to_vec() });
        }
    }
    let page = 2.0 * PER_ROUND_NS + 3.0 * PER_PROCESS_NS + 2_000.0 + 1_000.0 * 2.0 + PER_TABLE_NS - AGAIN_LESS_NS;
    let order = 1.48 * PER_ROUND_NS + 1.48 * PER_PROCESS_NS;
    for block in &mut run.blocks {
        let split = block.side == "services";
        let later = if split { [page, order] } else { [0.0, 0.0] };
        let cpu = BASE_NS + later[0] * 0.75 + later[1] * 0.25;
        block.points = ["1", "25", "50", "75"].map(|load| point(&some, load, cpu, later, slower)).to_vec();
    }
    let priced = price(&run.ladder, &run.predictions.scouted).unwrap();
    run.predictions.price = Some(priced);
    run
}

/// The model of a run whose simulations are short.
fn model(run: &Run) -> Model<'_> {
    Model { simulated_requests: 2_000, ..predict::model(run, VISITS).unwrap() }
}

const VISITS: Visits = Visits { requests: 10.0, paused: 0.6, pause_ns: (1e7, 6e7) };

#[test]
fn calls_that_leave_their_process_are_counted_by_round_process_and_sister() {
    let page = crossings_of(&traced(), &apart(), "page", TELLING);
    assert_eq!((page.rounds, page.processes, page.sisters, page.bytes), (2.0, 3.0, 1.0, 1_000.0));
    assert_eq!((page.again, page.tables), (1.0, 1.0), "the catalogue comes twice, and only the cart reads a table");
    let order = crossings_of(&traced(), &apart(), "order", TELLING);
    assert_eq!((order.rounds, order.processes, order.sisters), (1.48, 1.48, 0.0));
    let cart = partition("extract:cart", &[&["front", "catalog", "desk"], &["cart"]]);
    let page = crossings_of(&traced(), &cart, "page", TELLING);
    assert_eq!((page.rounds, page.processes, page.sisters, page.bytes), (1.0, 1.0, 0.0, 0.0));
    assert_eq!(crossings_of(&traced(), &together(), "page", TELLING), lab::predict::Crossings::default());
}

#[test]
fn without_rounds_every_call_counts_as_one_which_is_the_most_it_can_be() {
    let pass = TracedPass { rounds: Vec::new(), ..traced() };
    let page = crossings_of(&pass, &apart(), "page", TELLING);
    assert_eq!((page.rounds, page.processes, page.sisters), (4.0, 4.0, 0.0));
}

#[test]
fn the_price_of_a_round_and_of_a_process_is_found_however_fast_the_machine_is_from_turn_to_turn() {
    let run = run(1.0);
    let price = run.predictions.price.as_ref().unwrap();
    let alone = price.rounds.iter().find(|price| price.load == "1").unwrap();
    let speed = alone.base_cpu_ns / BASE_NS;
    assert!((alone.cpu_per_round_ns / speed / PER_ROUND_NS - 1.0).abs() < 0.01, "{alone:?}");
    assert!((alone.cpu_per_process_ns / speed / PER_PROCESS_NS - 1.0).abs() < 0.01, "{alone:?}");
    assert!((alone.wall_per_process_ns / speed / PER_PROCESS_NS - 1.0).abs() < 0.02, "{alone:?}");
    assert!((alone.cpu_per_table_ns / speed / PER_TABLE_NS - 1.0).abs() < 0.02, "{alone:?}");
    assert!((alone.cpu_again_less_ns / speed / AGAIN_LESS_NS - 1.0).abs() < 0.02, "{alone:?}");
    assert!((alone.table_here_ns / speed / TABLE_HERE_NS - 1.0).abs() < 0.02, "{alone:?}");
}

#[test]
fn a_process_that_is_asked_again_much_later_has_lost_its_caches() {
    let slow = TracedPass { paths: vec![path("page", 75, PAGE_NS * 100.0)], ..traced() };
    assert_eq!(crossings_of(&slow, &apart(), "page", TELLING).again, 0.0);
}

#[test]
fn who_only_waits_for_somebody_with_a_table_reads_none() {
    let mut pass = traced();
    for edge in pass.edges.iter_mut().filter(|edge| edge.request == "order") {
        edge.time = from_a_table(12);
    }
    let tables = crossings_of(&pass, &apart(), "order", TELLING).tables;
    assert!((tables - 0.48).abs() < 1e-9, "the catalogue's, which the desk waits for: {tables}");
}

#[test]
fn what_a_split_adds_is_foretold_even_when_the_machine_has_become_slower_since() {
    for slower in [1.0, 1.7] {
        let mut run = run(slower);
        run.predictions.predicted = foretell(&run, &model(&run));
        let outcomes = outcomes(&run);
        for metric in ["cpu_per_request", "added_cpu_per_request", "cpu_per_request@1", "p50@1", "p99@1"] {
            let outcome = outcomes.iter().find(|outcome| outcome.metric == metric).unwrap();
            assert!(outcome.error.abs() < 0.02, "{slower}: {outcome:?}");
        }
        assert!(outcomes.iter().all(|outcome| outcome.topology == "services"), "the first side is not foretold");
    }
}

#[test]
fn a_split_is_simulated_to_be_slower_and_more_so_at_a_higher_load_and_with_a_network_between() {
    let run = run(1.0);
    let model = model(&run);
    let under = |rps, cores, delay_ns| Circumstances { rps, cores, delay_ns, slower: 1.0, replicas: 1 };
    let p50 = |partition: &Partition, under: &Circumstances| model.simulated(partition, 50.0, under, &[0.5])[0];
    let calm = under(300.0, 1, 0.0);
    assert!(p50(&apart(), &calm) > p50(&together(), &calm) * 1.3);
    assert!(p50(&apart(), &under(1800.0, 1, 0.0)) > p50(&apart(), &calm) * 1.3);
    assert!(p50(&apart(), &under(1800.0, 2, 0.0)) < p50(&apart(), &under(1800.0, 1, 0.0)));
    assert!(p50(&apart(), &under(300.0, 1, 1e6)) > p50(&apart(), &calm) + 1.9e6, "a round trip of 2 ms, at the least");
    assert_eq!(p50(&apart(), &calm), p50(&apart(), &calm), "the same seed gives the same result");
}

#[test]
fn a_projection_past_twice_what_was_measured_is_refused_with_the_reason() {
    assert_eq!(too_far("cores:", 2.0, 1.0), None);
    assert!(too_far("cores:", 3.0, 1.0).unwrap().contains("more than twice"));
    let run = run(1.0);
    let projections = project(&run, &model(&run));
    let cores = |wanted: &str| projections.iter().filter(|one| one.circumstances == wanted).collect::<Vec<_>>();
    assert!(cores("2 cores").iter().all(|one| one.value.is_some() && one.refused.is_none()));
    let refused = cores("4 cores");
    assert!(!refused.is_empty() && refused.iter().all(|one| one.value.is_none()));
    assert!(refused[0].refused.as_ref().unwrap().contains("more than twice the 1"), "{refused:?}");
    let held_out: Vec<_> = projections.iter().filter(|one| one.circumstances.contains("75 % load")).collect();
    assert!(held_out.iter().any(|one| one.topology == "services" && one.value.is_some()), "{projections:?}");
    assert!(
        lab::predict::projections(&Run {
            predictions: lab::archive::PredictionsRecord {
                projections: projections.clone(),
                ..run.predictions.clone()
            },
            ..run
        })
        .iter()
        .any(|one| one.circumstances.contains("75 % load") && one.measured.is_some())
    );
}

#[test]
fn a_proposed_grouping_keeps_its_budget_by_the_model_that_foretells_it() {
    let run = run(1.0);
    let model = model(&run);
    let modules = ["front", "catalog", "cart", "desk"].map(str::to_owned);
    let proposals = (100..200).map(|percent| {
        let budget = f64::from(percent) / 100.0;
        let proposal = propose(&run, &model, &modules, budget).unwrap();
        assert!(proposal.proven && proposal.cpu_ratio <= budget, "{budget}: {proposal:?}");
        proposal
    });
    let proposals: Vec<_> = proposals.collect();
    assert_eq!(proposals[0].groups.len(), 1, "no hop is free: {:?}", proposals[0]);
    assert!(proposals.is_sorted_by(|less, more| less.isolation <= more.isolation), "{proposals:?}");
    assert!(proposals.iter().any(|proposal| proposal.groups.len() > 2), "{proposals:?}");
}

#[test]
fn a_run_without_a_traced_pass_says_why_nothing_is_foretold() {
    let mut run = run(1.0);
    run.accounts.passes.clear();
    run.accounts.absent = Some("the program writes no spans".to_owned());
    assert!(predict::model(&run, VISITS).unwrap_err().contains("the program writes no spans"));
}

#[test]
fn every_module_that_was_taken_out_gets_one_verdict_with_its_reason() {
    let run = believable::everything();
    let verdicts = modules(&run);
    let extracted = run.compared().filter(|side| side.topology.starts_with("extract:")).count();
    assert_eq!(verdicts.len(), extracted);
    assert!(verdicts.iter().all(|verdict| !verdict.reason.is_empty() && verdict.cpu.is_some()));
    assert!(verdicts.is_sorted_by_key(|verdict| verdict.verdict), "the ones worth splitting come first");
    let catalog = verdicts.iter().find(|verdict| verdict.module == "catalog").unwrap();
    assert_eq!(catalog.verdict, Advice::KeepIn, "{}", catalog.reason);
    let generous = modules_under(&run, &Policy { most_cpu: 10.0, most_p99: 100.0, survival: 0.0, ..Policy::default() });
    assert!(generous.iter().any(|verdict| verdict.verdict == Advice::Split), "{generous:?}");
}

#[test]
fn a_side_that_answers_wrongly_has_no_cost_and_so_no_verdict() {
    let mut run = believable::everything();
    for block in run.blocks.iter_mut().filter(|block| block.side == "extract:catalog") {
        block.points.iter_mut().for_each(|point| point.failed = point.sent / 2);
    }
    let verdicts = modules(&run);
    let catalog = verdicts.iter().find(|verdict| verdict.module == "catalog").unwrap();
    assert_eq!((catalog.verdict, catalog.cpu), (Advice::NoDifferenceShown, None), "{}", catalog.reason);
}
