//! Spans become accounts: read in spite of what processes do to their files, counted edge by edge, and walked for what was waited for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::fmt::Write as _;

use lab::accounts::{Accounts, BACKGROUND, Spans};
use lab::archive::{EdgeRecord, PathRecord, PathStep, RoundRecord};
use proptest::prelude::*;

const TRACE: &str = "0000000000000007000000000000002a";
const EVER: std::ops::Range<u64> = 0..u64::MAX;

/// The page's own span, as the program writes it.
fn page(start: u64, end: u64) -> String {
    format!(
        r#"{{"trace":"{TRACE}","span":"1","callee":"storefront","handler_start":{start},"handler_end":{end}}}
"#
    )
}

/// A call within a process.
fn here(id: u64, parent: u64, names: [&str; 3], moments: [u64; 4]) -> String {
    let [caller, callee, method] = names;
    let [start, handler_start, handler_end, end] = moments;
    format!(
        r#"{{"trace":"{TRACE}","span":"{id:016x}","parent":"{parent:016x}","caller":"{caller}","callee":"{callee}","method":"{method}","start":{start},"handler_start":{handler_start},"handler_end":{handler_end},"end":{end},"question_bytes":10,"answer_bytes":100,"attempts":1}}
"#
    )
}

/// A call to another process: the caller's line, and the two of the callee.
fn hop(id: u64, parent: u64, names: [&str; 3], moments: [u64; 12]) -> [String; 3] {
    let [caller, callee, method] = names;
    let [start, asked, serialised, sent, received, taken, begun, done, answered, arrived, woken, end] = moments;
    [
        format!(
            r#"{{"trace":"{TRACE}","span":"{id:x}","parent":"{parent:x}","caller":"{caller}","callee":"{callee}","method":"{method}","start":{start},"asked":{asked},"serialised":{serialised},"sent":{sent},"arrived":{arrived},"woken":{woken},"end":{end},"question_bytes":7,"answer_bytes":9,"attempts":2}}
"#
        ),
        format!(
            r#"{{"trace":"{TRACE}","span":"{id:x}","caller":"{caller}","callee":"{callee}","method":"{method}","handler_start":{begun},"handler_end":{done}}}
"#
        ),
        format!(
            r#"{{"trace":"{TRACE}","span":"{id:x}","received":{received},"taken":{taken},"answered":{answered}}}
"#
        ),
    ]
}

fn read(files: &[String]) -> Spans {
    let mut spans = Spans::default();
    for file in files {
        spans.take_in(file.as_bytes()).unwrap();
    }
    spans
}

fn booked(files: &[String]) -> Accounts {
    let spans = read(files);
    assert_eq!(spans.unread, 0, "every line can be read");
    Accounts::of(&spans, |_| Some("home".to_owned()), EVER)
}

fn the_path(accounts: &Accounts) -> &PathRecord {
    assert_eq!(accounts.paths.len(), 1, "one name, one path");
    &accounts.paths[0]
}

fn step<'p>(path: &'p PathRecord, module: &str) -> &'p PathStep {
    path.steps.iter().find(|step| step.module == module).unwrap_or_else(|| panic!("no {module} in {path:?}"))
}

fn is_on(path: &PathRecord, module: &str) -> bool {
    path.steps.iter().any(|step| step.module == module)
}

const CATALOG: [&str; 3] = ["storefront", "catalog", "product"];
const CART: [&str; 3] = ["storefront", "cart", "get"];
const STOCK: [&str; 3] = ["catalog", "inventory", "units"];

#[test]
fn calls_one_after_another_are_all_waited_for() {
    let accounts = booked(&[
        page(1_000, 2_000),
        here(2, 1, CATALOG, [1_100, 1_100, 1_300, 1_300]),
        here(3, 1, CART, [1_400, 1_400, 1_900, 1_900]),
    ]);
    let path = the_path(&accounts);
    assert!((path.mean_ns - 1_000.0).abs() < 1e-9, "{path:?}");
    assert_eq!(
        [step(path, "storefront").own_ns, step(path, "catalog").own_ns, step(path, "cart").own_ns],
        [300.0, 200.0, 500.0]
    );
    assert_eq!(path.steps[0].module, "cart", "the most first");
    let places: Vec<u32> = accounts.rounds.iter().map(|round| round.place).collect();
    assert_eq!(places, [0, 1], "each waited for the one before: {:?}", accounts.rounds);
}

#[test]
fn of_calls_at_the_same_time_the_last_to_end_is_waited_for() {
    let mut files = vec![page(0, 1_000)];
    files.extend(hop(2, 1, CATALOG, [100, 100, 110, 120, 130, 140, 150, 300, 310, 320, 330, 340]));
    files.extend(hop(3, 1, CART, [105, 105, 111, 121, 131, 141, 151, 800, 810, 820, 830, 900]));
    let accounts = booked(&files);
    let path = the_path(&accounts);
    assert!(!is_on(path, "catalog"), "it ended while the cart was still waited for: {path:?}");
    let cart = step(path, "cart");
    assert_eq!((cart.own_ns, cart.way_ns), (649.0, 146.0));
    assert!((step(path, "storefront").own_ns - 205.0).abs() < 1e-9, "before and after: {path:?}");
    let together = [("cart".to_owned(), 1), ("catalog".to_owned(), 1)].into();
    let round = RoundRecord {
        request: "home".to_owned(),
        caller: "storefront".to_owned(),
        asked_for: None,
        place: 0,
        callees: together,
        times: 1,
    };
    assert_eq!(accounts.rounds, [round], "they were asked together");
}

#[test]
fn what_a_module_asks_in_turn_is_not_its_own_work() {
    let accounts = booked(&[page(0, 100), here(2, 1, CATALOG, [10, 10, 90, 90]), here(3, 2, STOCK, [30, 30, 80, 80])]);
    let path = the_path(&accounts);
    let own = ["storefront", "catalog", "inventory"].map(|module| step(path, module).own_ns);
    assert_eq!(own, [20.0, 30.0, 50.0]);
    assert_eq!(step(path, "inventory").caller.as_deref(), Some("catalog"));
    let catalog = accounts.edges.iter().find(|edge| edge.callee == "catalog").unwrap();
    assert_eq!(catalog.time.handler_ns, 80, "an edge's handler is with the calls that it makes itself");
}

#[test]
fn the_five_parts_of_a_hop_add_up_to_the_whole_call() {
    let mut files = vec![page(0, 1_000)];
    files.extend(hop(2, 1, CATALOG, [100, 105, 111, 122, 140, 145, 152, 300, 309, 335, 350, 357]));
    let accounts = booked(&files);
    let [edge]: &[EdgeRecord; 1] = accounts.edges.as_slice().try_into().unwrap();
    assert_eq!((edge.calls, edge.hops, edge.attempts), (1, 1, 2));
    assert_eq!((edge.question_bytes, edge.answer_bytes), (7, 9));
    let time = edge.time;
    assert_eq!(time.serialise_ns, 6 + 9);
    assert_eq!(
        time.queue_ns,
        5 + 11 + 5 + 15,
        "a lost attempt, the connection, the callee's line, the caller's thread"
    );
    assert_eq!(time.wire_ns, 18 + 26);
    assert_eq!(time.handler_ns, 148);
    assert_eq!(time.deserialise_ns, 7 + 7);
    let sum = time.serialise_ns + time.queue_ns + time.wire_ns + time.handler_ns + time.deserialise_ns;
    assert_eq!(sum, 257);
}

#[test]
fn a_call_in_its_own_process_has_only_a_handler_and_tracing_is_not_its_callers_work() {
    let accounts = booked(&[
        page(0, 1_000),
        // Both begin and give way; then one runs after the other.
        here(2, 1, CATALOG, [100, 150, 300, 320]),
        here(3, 1, CART, [120, 320, 500, 540]),
    ]);
    for edge in &accounts.edges {
        let time = edge.time;
        assert_eq!((time.serialise_ns, time.queue_ns, time.wire_ns, time.deserialise_ns, edge.hops), (0, 0, 0, 0, 0));
    }
    let path = the_path(&accounts);
    let own = ["storefront", "catalog", "cart"].map(|module| step(path, module).own_ns);
    // 100 before and 460 after; 50 + 20 + 40 of giving way and counting are nobody's.
    assert_eq!(own, [560.0, 150.0, 180.0]);
    assert!((path.mean_ns - 890.0).abs() < 1e-9);
    assert_eq!(accounts.rounds.len(), 1, "{:?}", accounts.rounds);
}

#[test]
fn what_begins_after_the_answer_or_with_no_request_is_background() {
    let other = "00000000000000080000000000000001";
    let relay = here(9, 8, ["relay", "reviews", "deliver"], [500, 500, 600, 600]).replace(TRACE, other);
    let earlier = here(9, 8, ["relay", "reviews", "deliver"], [5, 5, 6, 6]).replace(TRACE, &other.replace('8', "9"));
    let spans = read(&[
        page(100, 200),
        here(2, 1, CATALOG, [110, 110, 120, 120]),
        here(3, 1, CART, [200, 200, 300, 300]),
        relay,
        earlier,
    ]);
    let name_of = |trace: u128| (trace >> 64 == 7).then(|| "home".to_owned());
    let accounts = Accounts::of(&spans, name_of, 100..10_000);
    let requests: Vec<(&str, &str)> =
        accounts.edges.iter().map(|edge| (edge.callee.as_str(), edge.request.as_str())).collect();
    assert_eq!(requests, [("reviews", BACKGROUND), ("cart", BACKGROUND), ("catalog", "home")]);
    assert_eq!(accounts.edges[0].calls, 1, "what lies outside of the stretch is another's");
    assert_eq!(accounts.requests, [("home".to_owned(), 1)].into());
    assert!(!is_on(the_path(&accounts), "cart"));
}

#[test]
fn a_span_that_nobody_waited_for_to_its_end_is_not_on_the_path() {
    let accounts = booked(&[page(0, 100), here(2, 1, CATALOG, [50, 50, 5_000, 5_000])]);
    let path = the_path(&accounts);
    assert!(!is_on(path, "catalog") && (path.mean_ns - 100.0).abs() < 1e-9, "{path:?}");
}

#[test]
fn moments_out_of_order_cost_no_time_and_give_none() {
    let mut files = vec![page(0, 1_000)];
    // The callee's words come from before the question and after the answer, and two of the caller's are swapped.
    files.extend(hop(2, 1, CATALOG, [100, 100, 130, 120, 90, 80, 150, 900, 910, 320, 310, 340]));
    let accounts = booked(&files);
    let time = accounts.edges[0].time;
    let sum = time.serialise_ns + time.queue_ns + time.wire_ns + time.handler_ns + time.deserialise_ns;
    assert_eq!(sum, 240, "{time:?}");
    assert!((the_path(&accounts).mean_ns - 1_000.0).abs() < 1e-9);
}

#[test]
fn a_callee_that_writes_nothing_is_all_handler() {
    let [caller, ..] = hop(2, 1, CATALOG, [100, 100, 110, 120, 0, 0, 0, 0, 0, 320, 330, 340]);
    let time = booked(&[page(0, 1_000), caller]).edges[0].time;
    assert_eq!(
        (time.serialise_ns, time.queue_ns, time.wire_ns, time.handler_ns, time.deserialise_ns),
        (10, 20, 0, 200, 10)
    );
}

#[test]
fn whom_a_call_was_meant_for_its_caller_knows_best() {
    let [caller, callee, door] = hop(2, 1, ["relay", "reviews", "deliver"], [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let callee = callee.replace("reviews", "event-delivery");
    for files in [[&caller, &callee, &door], [&door, &callee, &caller]] {
        let files: Vec<String> = files.map(Clone::clone).into_iter().chain([page(0, 100)]).collect();
        assert_eq!(booked(&files).edges[0].callee, "reviews");
    }
}

#[test]
fn a_last_line_that_was_cut_off_is_passed_over_and_nonsense_is_counted() {
    let mut whole = page(0, 100);
    whole.push_str("{\"trace\":\"zz\",\"span\":\"1\"}\nnot json\n[]\n");
    whole.push_str(&here(2, 1, CATALOG, [1, 1, 2, 2])[..40]);
    let spans = read(&[whole]);
    assert_eq!((spans.by_id.len(), spans.unread), (1, 3));
}

/// A tree of calls: gaps and lengths in shares, drawn so that children lie within their parents.
#[derive(Debug, Clone)]
struct Call {
    from: f64,
    length: f64,
    is_hop: bool,
    below: Vec<Self>,
}

fn calls() -> impl Strategy<Value = Call> {
    let leaf = (0.0..1.0_f64, 0.0..1.0_f64, any::<bool>()).prop_map(|(from, length, is_hop)| Call {
        from,
        length,
        is_hop,
        below: Vec::new(),
    });
    leaf.prop_recursive(4, 40, 5, |inner| {
        (0.0..1.0_f64, 0.0..1.0_f64, any::<bool>(), proptest::collection::vec(inner, 0..5))
            .prop_map(|(from, length, is_hop, below)| Call { from, length, is_hop, below })
    })
}

fn write_calls(calls: &[Call], parent: u64, within: (u64, u64), next: &mut u64, out: &mut String) {
    for call in calls {
        let room = (within.1 - within.0) as f64;
        let start = within.0 + (call.from * room) as u64;
        let end = start + (call.length * (within.1 - start) as f64) as u64;
        let (id, quarter) = (*next, (end - start) / 4);
        *next += 1;
        let names = ["a", "b", ["x", "y", "z"][id as usize % 3]];
        let handler = if call.is_hop { (start + quarter, end - quarter) } else { (start, end) };
        if call.is_hop {
            let (begun, done) = handler;
            let moments = [start, start, start, start, begun, begun, begun, done, done, end, end, end];
            hop(id, parent, names, moments).iter().for_each(|line| write!(out, "{line}").unwrap());
        } else {
            write!(out, "{}", here(id, parent, names, [start, start, end, end])).unwrap();
        }
        write_calls(&call.below, id, handler, next, out);
    }
}

proptest! {
    #[test]
    fn the_steps_of_a_path_add_up_to_the_request_whatever_was_called(
        below in proptest::collection::vec(calls(), 0..6),
        length in 0_u64..1_000_000,
    ) {
        let mut lines = page(1_000, 1_000 + length);
        write_calls(&below, 1, (1_000, 1_000 + length), &mut 2, &mut lines);
        let accounts = booked(&[lines]);
        let path = the_path(&accounts);
        let steps: f64 = path.steps.iter().map(|step| step.own_ns + step.way_ns).sum();
        prop_assert!((steps - length as f64).abs() < 1e-6, "{steps} of {length}: {path:?}");
        prop_assert!((path.mean_ns - length as f64).abs() < 1e-6);
        prop_assert!(path.steps.iter().all(|step| step.own_ns >= 0.0 && step.way_ns >= 0.0));
        let hops = accounts.edges.iter().map(|edge| edge.hops).sum::<u64>();
        let calls = accounts.edges.iter().map(|edge| edge.calls).sum::<u64>();
        let in_rounds = accounts.rounds.iter().map(|round| round.times * round.callees.values().sum::<u64>()).sum::<u64>();
        prop_assert!(hops <= calls && in_rounds == calls, "every call is in one round");
    }

    #[test]
    fn no_path_is_longer_than_its_request_whatever_the_clocks_say(
        moments in proptest::collection::vec(proptest::array::uniform12(0_u64..10_000), 0..6),
        (start, length) in (0_u64..10_000, 0_u64..10_000),
    ) {
        let mut lines = page(start, start + length);
        for (id, moments) in (2..).zip(&moments) {
            hop(id, id / 2, CATALOG, *moments).iter().for_each(|line| lines.push_str(line));
        }
        let accounts = booked(&[lines]);
        let path = the_path(&accounts);
        prop_assert!(path.mean_ns <= length as f64 + 1e-6, "{path:?}");
    }
}
