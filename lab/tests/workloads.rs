//! Workload files: what is accepted, and what a mistake is told.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use lab::UsageError;
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

#[test]
fn the_example_of_the_readme_is_a_workload() {
    let readme = include_str!("../README.md");
    let text = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let workload = Workload::parse(text, "README.md").unwrap();
    assert_eq!((workload.name.as_str(), workload.journeys.len()), ("notes", 2));
}
