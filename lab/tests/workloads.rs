//! Workload files: what is accepted, and what a mistake is told.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::time::Duration;

use lab::UsageError;
use lab::generator::Pacing;
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};

fn error(text: &str) -> String {
    let error = Workload::parse(text, "mine.toml").unwrap_err();
    assert!(error.is::<UsageError>(), "a mistake in a file is the author's: {error:#}");
    error.to_string()
}

const VALID: &str = r#"name = "mine"
[[journeys]]
name = "look"
[[journeys.steps]]
get = "/"
"#;

#[test]
fn the_smallest_workload_is_a_name_and_a_journey() {
    let workload = Workload::parse(VALID, "mine.toml").unwrap();
    assert_eq!((workload.name.as_str(), workload.journeys.len()), ("mine", 1));
}

#[test]
fn the_built_in_mix_is_the_published_one() {
    let workload = Workload::load("boutique").unwrap();
    let weights: Vec<(&str, f64)> =
        workload.journeys.iter().map(|journey| (journey.name.as_str(), journey.weight)).collect();
    let published = [
        ("home", 1.0),
        ("set currency", 2.0),
        ("browse product", 10.0),
        ("add to cart", 2.0),
        ("view cart", 3.0),
        ("check out", 1.0),
    ];
    assert_eq!(weights, published);
    // 29 requests in 19 journeys, and the home page before them.
    assert!((workload.requests_per_session() - (1.0 + 5.0 * 29.0 / 19.0)).abs() < 1e-9);
}

#[test]
fn mistakes_name_file_and_line_and_the_nearest_right_word() {
    let cases = [
        (
            VALID.replace("name = \"look\"", "name = \"look\"\nwieght = 2"),
            ["mine.toml:4", "wieght", "did you mean `weight`"],
        ),
        (VALID.replace("get =", "gett ="), ["mine.toml:5", "gett", "did you mean `get`"]),
        (
            VALID.replace("get = \"/\"", "get = \"/${prodct}\"") + "[variables]\nproduct = { one_of = [1] }\n",
            ["mine.toml:4", "prodct", "did you mean `product`"],
        ),
        (
            VALID.replace("name = \"mine\"", "name = \"mine\"\nsession = { first = \"lok\" }"),
            ["mine.toml:2", "lok", "did you mean `look`"],
        ),
        (VALID.replace("get = \"/\"", "get = \"here\""), ["mine.toml:4", "here", "begin with `/`"]),
        (VALID.replace("get = \"/\"", "get = \"/\"\npost = \"/\""), ["mine.toml:4", "exactly one of", "`get`"]),
        (VALID.replace("get = \"/\"", "get = \"/\"\nform = { a = 1 }"), ["mine.toml:4", "a `get`", "no body"]),
        (VALID.replace("name = \"look\"", "name = \"look\"\nweight = -1"), ["mine.toml:2", "weight", "0 or more"]),
        (
            VALID.to_owned() + "[variables]\nx = { one_of = [1, 2], weights = [1] }\n",
            ["mine.toml:7", "2 values", "1 weights"],
        ),
        (VALID.to_owned() + "[variables]\nx = { range = [5, 1] }\n", ["mine.toml:7", "`x`", "[lowest, highest]"]),
        (VALID.to_owned() + "[journeys.steps.capture]\nid = { after = \"x\" }\n", ["mine.toml:7", "`id`", "`before`"]),
        ("name = \"mine\"\n".to_owned(), ["mine.toml", "at least one", "[[journeys]]"]),
        ("name = mine\n".to_owned(), ["mine.toml:1", "", ""]),
    ];
    for (text, expected) in cases {
        let message = error(&text);
        for part in expected {
            assert!(message.contains(part), "`{part}` is missing in `{message}` for:\n{text}");
        }
    }
}

#[test]
fn an_unknown_name_lists_what_there_is() {
    let error = Workload::load("boutiqe").unwrap_err();
    assert!(error.is::<UsageError>());
    assert!(error.to_string().contains("did you mean `boutique`"), "{error}");
}

fn draws(variable: &str, count: usize) -> Vec<String> {
    let text = VALID.replace("\"/\"", "\"/${x}\"") + &format!("[variables]\nx = {variable}\n");
    let workload = Workload::parse(&text, "mine.toml").unwrap();
    let arrivals = Arrivals::Closed { sessions: count };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
    let journeys = trace.sessions.iter().flat_map(|session| &session.journeys);
    journeys.map(|journey| journey.values.get(1).to_owned()).collect()
}

#[test]
fn popularity_follows_zipf_when_asked_to() {
    let drawn = draws("{ one_of = [\"a\", \"b\", \"c\"], zipf = 1.0 }", 4000);
    let share = |value: &str| drawn.iter().filter(|drawn| *drawn == value).count() as f64 / drawn.len() as f64;
    // 1 : 1/2 : 1/3
    assert!((share("a") - 6.0 / 11.0).abs() < 0.02, "{}", share("a"));
    assert!((share("c") - 2.0 / 11.0).abs() < 0.02, "{}", share("c"));
}

#[test]
fn a_text_is_made_of_other_variables() {
    let text = VALID.replace("\"/\"", "\"/${mail}\"")
        + "[variables]\nmail = { text = \"${person}-${session}@example.com\" }\nperson = { one_of = [\"ann\"] }\n";
    let workload = Workload::parse(&text, "mine.toml").unwrap();
    let arrivals = Arrivals::Closed { sessions: 1 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 3, arrivals });
    let slot = workload.slots.iter().position(|slot| slot == "mail").unwrap();
    assert_eq!(trace.sessions[0].journeys[0].values.get(slot), "ann-3000001@example.com");
}

#[test]
fn arrivals_come_at_the_rate_that_was_asked_for() {
    let workload = Workload::load("boutique").unwrap();
    let draw = |seed| {
        let arrivals = Arrivals::PartlyOpen { requests_per_second: 1000.0, seconds: 60.0 };
        Trace::draw(&workload, TraceOptions { seed, number: 1, arrivals })
    };
    let planned = draw(1).planned_requests(&workload) as f64;
    assert!((planned / 60_000.0 - 1.0).abs() < 0.05, "{planned}");
    let arrivals = |seed| draw(seed).sessions.iter().map(|session| session.arrival_ns).collect::<Vec<_>>();
    assert_eq!(arrivals(1), arrivals(1), "the same seed gives the same visitors");
    assert_ne!(arrivals(1), arrivals(2));
    assert!(arrivals(1).is_sorted());
}

fn draw_as_workload(text: &str, requests_per_second: f64, seconds: f64) -> (Workload, Trace) {
    let workload = Workload::parse(text, "mine.toml").unwrap();
    let arrivals = Arrivals::AsWorkload { requests_per_second, seconds };
    let trace = Trace::draw(&workload, TraceOptions { seed: 5, number: 1, arrivals });
    (workload, trace)
}

fn gaps_ms(trace: &Trace) -> Vec<f64> {
    let arrivals: Vec<f64> = trace.sessions.iter().map(|session| session.arrival_ns as f64 / 1e6).collect();
    arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_workload_that_asks_for_no_form_is_partly_open_with_poisson_arrivals() {
    let (workload, trace) = draw_as_workload(VALID, 1000.0, 20.0);
    assert_eq!(workload.load.to_string(), "partly open, Poisson arrivals");
    let gaps = gaps_ms(&trace);
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    // Five journeys of one request each: a session every 5 ms; an exponential gap's deviation is its mean.
    assert!((mean / 5.0 - 1.0).abs() < 0.05, "{mean}");
    assert!((variance.sqrt() / mean - 1.0).abs() < 0.1, "{}", variance.sqrt());
}

#[test]
fn an_open_load_with_constant_arrivals_sends_each_journey_at_an_equal_gap() {
    let text = VALID.to_owned() + "[load]\nform = \"open\"\narrivals = \"constant\"\n";
    let (workload, trace) = draw_as_workload(&text, 500.0, 2.0);
    assert_eq!(workload.load.to_string(), "open, arrivals at equal gaps");
    assert_eq!(trace.sessions.len(), 1000);
    assert!(trace.sessions.iter().all(|session| session.journeys.len() == 1));
    assert!(gaps_ms(&trace).iter().all(|gap| (gap - 2.0).abs() < 0.001));
}

#[test]
fn an_open_load_may_have_poisson_arrivals() {
    let (_, trace) = draw_as_workload(&(VALID.to_owned() + "[load]\nform = \"open\"\n"), 500.0, 20.0);
    assert!((trace.sessions.len() as f64 / 10_000.0 - 1.0).abs() < 0.05, "{}", trace.sessions.len());
    assert!(trace.sessions.iter().all(|session| session.journeys.len() == 1));
}

#[test]
fn a_closed_load_has_visitors_in_proportion_and_they_pause_between_visits() {
    let text = VALID.to_owned() + "[session]\nthink_ms = [20, 30]\n[load]\nform = \"closed\"\nvisitors = 40\n";
    let (workload, trace) = draw_as_workload(&text, 500.0, 2.0);
    assert!(workload.load.to_string().starts_with("closed: 40 visitors"), "{}", workload.load);
    let lasting = Duration::from_secs(2);
    let pacing = |percent| workload.load.pacing(percent, lasting);
    assert_eq!(pacing(50.0), Pacing::Returning { visitors: 20, until: Some(lasting) });
    assert_eq!(pacing(1.0), Pacing::Returning { visitors: 1, until: Some(lasting) });
    let pauses = trace.sessions.iter().flat_map(|session| &session.journeys).map(|journey| journey.think_ns);
    assert!(pauses.into_iter().all(|pause| (20_000_000..=30_000_000).contains(&pause)));
    assert!(trace.sessions.len() as f64 > 500.0 * 2.0 / 5.0 * 2.0, "more than come back within the time");
}

#[test]
fn a_trace_that_was_recorded_is_replayed_visitor_for_visitor() {
    let text = VALID.replace("\"/\"", "\"/${shelf}?by=${mail}\"")
        + "[variables]\nshelf = { range = [1, 9999] }\nmail = { text = \"${session}@example.com\" }\n";
    let (workload, drawn) = draw_as_workload(&text, 200.0, 5.0);
    let folder = tempfile::tempdir().unwrap();
    drawn.record(&workload, &mut std::fs::File::create(folder.path().join("monday.jsonl")).unwrap()).unwrap();
    let replaying = text + "[load]\narrivals = \"recorded\"\nrecording = \"monday.jsonl\"\n";
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, replaying).unwrap();
    let workload = Workload::load(file.to_str().unwrap()).unwrap();
    let said = workload.load.to_string();
    assert!(said.starts_with("partly open, recorded arrivals (monday.jsonl, "), "{said}");

    let replay = |requests_per_second| {
        let arrivals = Arrivals::AsWorkload { requests_per_second, seconds: 5.0 };
        Trace::draw(&workload, TraceOptions { seed: 99, number: 7, arrivals })
    };
    let shelves = |trace: &Trace, most: usize| -> Vec<String> {
        let journeys = trace.sessions.iter().take(most).flat_map(|session| &session.journeys);
        journeys.map(|journey| journey.values.get(1).to_owned()).collect()
    };
    let count = drawn.sessions.len();
    let (slow, fast) = (replay(100.0), replay(400.0));
    assert!(
        slow.sessions.len() < count && fast.sessions.len() > count,
        "{} {}",
        slow.sessions.len(),
        fast.sessions.len()
    );
    assert_eq!(shelves(&fast, count), shelves(&drawn, count), "the same visitors, whatever the rate");
    let planned = fast.planned_requests(&workload) as f64;
    assert!((planned / 2000.0 - 1.0).abs() < 0.1, "{planned}");
    let shape = |trace: &Trace| -> Vec<f64> {
        let gaps = gaps_ms(trace);
        gaps[..50].iter().map(|gap| gap / gaps[0]).collect()
    };
    assert!(shape(&fast).iter().zip(shape(&drawn)).all(|(a, b)| (a - b).abs() < 1e-3 * b.max(1.0)), "the same bursts");
    assert_ne!(fast.sessions[0].journeys[0].values.get(2), drawn.sessions[0].journeys[0].values.get(2), "other people");
}

#[test]
fn a_list_of_moments_is_a_recording_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bursts.txt"), "0\n1\n2\n300\n").unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, VALID.to_owned() + "[load]\nform = \"open\"\nrecording = \"bursts.txt\"\n").unwrap();
    let workload = Workload::load(file.to_str().unwrap()).unwrap();
    // Four requests in 400 ms, the mean gap after the last one included: at their own rate they repeat as they were.
    let arrivals = Arrivals::AsWorkload { requests_per_second: 10.0, seconds: 0.75 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
    let at: Vec<u64> = trace.sessions.iter().map(|session| session.arrival_ns / 1_000_000).collect();
    assert_eq!(at, [0, 1, 2, 300, 400, 401, 402, 700]);
}

#[test]
fn a_load_that_cannot_be_is_refused_with_file_and_line() {
    let with = |load: &str| VALID.to_owned() + "[load]\n" + load;
    let folder = tempfile::tempdir().unwrap();
    let broken = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        with(&format!("recording = \"{}\"", folder.path().join(name).display()))
    };
    let cases = [
        (with("from = \"open\""), ["mine.toml:7", "from", "did you mean `form`"]),
        (with("form = \"opn\""), ["mine.toml:7", "opn", "did you mean `open`"]),
        (with("form = \"closed\""), ["mine.toml:6", "`visitors`", "1 or more"]),
        (with("visitors = 3"), ["mine.toml:6", "`visitors`", "closed"]),
        (with("form = \"closed\"\nvisitors = 3\narrivals = \"poisson\""), ["mine.toml:6", "no `arrivals`", "closed"]),
        (with("arrivals = \"recorded\""), ["mine.toml:6", "`recording`", "file"]),
        (with("arrivals = \"constant\"\nrecording = \"x\""), ["mine.toml:6", "`recording`", "recorded"]),
        (with("recording = \"not-there.jsonl\""), ["mine.toml:6", "not-there.jsonl", "cannot be read"]),
        (broken("a", "1\nsoon\n"), ["mine.toml:6", "a:2", "milliseconds"]),
        (broken("b", "1\n{\"at\": 5}\n"), ["mine.toml:6", "b:2", "at_ms"]),
        (broken("c", "\n"), ["mine.toml:6", "at least one arrival", ""]),
        (broken("d", "{\"at_ms\": 1, \"journeys\": [{\"journey\": \"lok\"}]}"), ["d", "`lok`", "did you mean `look`"]),
    ];
    for (text, expected) in cases {
        let message = error(&text);
        for part in expected {
            assert!(message.contains(part), "`{part}` is missing in `{message}` for:\n{text}");
        }
    }
}

#[test]
fn the_workloads_that_come_along_are_what_they_say() {
    let browse = Workload::load("browse").unwrap();
    assert!((browse.requests_per_session() - 14.0).abs() < 1e-9, "{}", browse.requests_per_session());
    assert!(browse.longest_session_us() >= 10 * 60_000, "{}", browse.longest_session_us());

    let sale = Workload::load("sale-day").unwrap();
    let arrivals = Arrivals::PartlyOpen { requests_per_second: 1000.0, seconds: 60.0 };
    let trace = Trace::draw(&sale, TraceOptions { seed: 1, number: 1, arrivals });
    let steps = || {
        let journeys = trace.sessions.iter().flat_map(|session| &session.journeys);
        journeys.flat_map(|planned| sale.journeys[planned.journey].steps.iter().map(move |step| (planned, step)))
    };
    let writes = steps().filter(|(_, step)| step.writes()).count() as f64;
    let share = writes / trace.planned_requests(&sale) as f64;
    assert!((share - 0.39).abs() < 0.01, "the file says that 39 of 100 requests write: {share}");
    let slot = sale.slots.iter().position(|slot| slot == "product").unwrap();
    let products: Vec<&str> = (trace.sessions.iter().flat_map(|session| &session.journeys))
        .map(|journey| journey.values.get(slot))
        .filter(|product| !product.is_empty())
        .collect();
    let hot = products.iter().filter(|product| **product == "OLJCESPC7Z").count() as f64 / products.len() as f64;
    assert!((hot - 0.384).abs() < 0.02, "the hot product draws 38 % of all interest: {hot}");
}
