//! Reports are a pure function of a run: everything here starts from a run that was measured once and committed.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use std::path::{Path, PathBuf};

use lab::analysis::Analysis;
use lab::archive::{Difference, RUN_FILE, Run, read_run, write_run};
use lab::report::{to_html, to_json, to_markdown};
use lab::side::{Role, Verification};
use lab::{FailIf, Outcome, ReportOptions, UsageError, report};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(RUN_FILE)
}

fn run() -> Run {
    read_run(&fixture()).unwrap()
}

/// A copy of the run in a folder of its own, for what writes beside it.
fn folder(run: &Run) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), run).unwrap();
    folder
}

fn gate(folder: &Path, expression: &str) -> anyhow::Result<Outcome> {
    report(&ReportOptions { runs: vec![folder.to_owned()], fail_if: Some(expression.to_owned()) })
}

#[test]
fn report_json_has_the_shape_and_the_words_that_scripts_rely_on() {
    let run = run();
    insta::assert_snapshot!(to_json(&run, &Analysis::of(&run)));
}

#[test]
fn report_md_fits_a_pull_request() {
    let run = run();
    insta::assert_snapshot!(to_markdown(&run, &Analysis::of(&run)));
}

#[test]
fn report_html_is_one_file_with_its_figures_and_asks_nobody_for_anything() {
    let run = run();
    let html = to_html(&run, &Analysis::of(&run)).unwrap();
    for number in ["1", "2a", "3", "4"] {
        assert!(html.contains(&format!("<figure id=\"figure-{number}\">")), "figure {number} is missing");
    }
    assert_eq!(html.matches("<figure").count(), html.matches("<figcaption><b>").count(), "each has its sentence");
    // A reference to a pattern of the page itself fetches nothing.
    let elsewhere = html.replace("url(#", "");
    for outside in ["src=", "href=\"http", "url(", "@import"] {
        assert!(!elsewhere.contains(outside), "the page fetches something: {outside}");
    }
    let page = html.split("<script>").next().unwrap();
    assert!(!page.contains("NaN") && !page.contains("inf ") && !page.contains("None"));
}

#[test]
fn the_full_report_md_has_every_dimension_and_every_module() {
    let run = believable::everything();
    insta::assert_snapshot!(to_markdown(&run, &Analysis::of(&run)));
}

#[test]
fn the_full_report_html_tells_its_story_in_headings_titles_and_heads_of_tables() {
    let run = believable::everything();
    let short = outline(&to_html(&believable::pair(), &Analysis::of(&believable::pair())).unwrap());
    assert!(!short.contains("Module by module"), "modules are judged where they were taken out one by one");
    insta::assert_snapshot!(outline(&to_html(&run, &Analysis::of(&run)).unwrap()));
}

/// What a reader sees who only skims: headings, the sentences of figures, captions and heads of tables.
fn outline(html: &str) -> String {
    let mut lines = Vec::new();
    for element in html.split('<') {
        let Some((tag, text)) = element.split_once('>') else { continue };
        let name = tag.split(' ').next().unwrap_or_default();
        let text = text.trim();
        let indent = match name {
            "h1" | "h2" => "",
            "h3" | "figcaption" | "caption" | "dt" | "summary" => "  ",
            "b" if lines.last().is_some_and(|line: &String| line.ends_with("figcaption:")) => "    ",
            "th" => "    | ",
            _ => continue,
        };
        lines.push(if name == "figcaption" { "  figcaption:".to_owned() } else { format!("{indent}{text}") });
    }
    lines.join("\n")
}

#[test]
fn every_figure_of_the_plan_is_drawn_when_the_run_has_its_data_and_nothing_is_left_out() {
    let run = believable::everything();
    let html = to_html(&run, &Analysis::of(&run)).unwrap();
    for figure in ["1", "2a", "2b", "3", "4", "5a", "5b", "6", "7", "8", "9", "10"] {
        assert!(html.contains(&format!("<figure id=\"figure-{figure}\">")), "figure {figure} is missing");
    }
    assert!(!html.contains("<h3>Left out</h3>"), "nothing is missing, so nothing may be called so");
}

#[test]
fn a_run_without_the_benefit_side_says_so_first_and_names_every_figure_that_it_lacks() {
    let run = run();
    let html = to_html(&run, &Analysis::of(&run)).unwrap();
    assert!(html.contains("the verdict is about cost only"));
    for figure in ["2b", "5a", "5b", "6", "8", "9", "10"] {
        assert!(
            !html.contains(&format!("figure-{figure}\"")) && html.contains(&format!("Figure {figure}. ")),
            "{figure}"
        );
    }
}

#[test]
fn a_report_without_rungs_leaves_the_figure_out_and_says_why() {
    let mut run = run();
    run.ladder.rungs.clear();
    run.ladder.absent = Some("`probe --json` failed: unknown subcommand".to_owned());
    let html = to_html(&run, &Analysis::of(&run)).unwrap();
    assert!(!html.contains("figure-2") && html.contains("unknown subcommand"));
}

#[test]
fn names_in_a_run_cannot_break_out_of_the_page() {
    let mut run = run();
    run.workload.description = "<script>alert(1)</script>".to_owned();
    run.sides[1].name = "<b>services".to_owned();
    for block in &mut run.blocks {
        if block.side == "services" {
            block.side.clone_from(&run.sides[1].name);
        }
    }
    let html = to_html(&run, &Analysis::of(&run)).unwrap();
    assert!(!html.contains("<script>alert") && !html.contains("<b>services"));
}

#[test]
fn every_broken_control_makes_a_run_unusable_and_says_so() {
    type Damage = fn(&mut Run);
    let cases: [(&str, Damage); 9] = [
        ("2 blocks a side support nothing", |run| run.protocol.rounds = 2),
        ("incomplete", |run| run.complete = false),
        ("no CPU of its own", |run| run.placement.side = run.placement.generator.clone()),
        ("does not answer like the first side", |run| {
            let difference = Difference {
                side: "services".to_owned(),
                request: "home page (answer 1)".to_owned(),
                detail: "`a`, the first side gave `b`".to_owned(),
            };
            run.equality.differences.push(difference);
        }),
        ("invariants did not hold: I2 broken", |run| {
            let text = "I1 holds\nI2 broken".to_owned();
            run.blocks[0].verification = Some(Verification { holds: false, text, checked: true });
        }),
        ("process serve appeared", |run| run.blocks[1].troubles.push("at load 25: process serve appeared".to_owned())),
        ("differs in CPU per request", |run| {
            for block in run.blocks.iter_mut().filter(|block| block.side == "monolith (again)") {
                for point in &mut block.points {
                    *point.cpu_ns.get_mut(&Role::Side).unwrap() *= 2;
                }
            }
        }),
        ("is known no better than", |run| {
            for block in run.blocks.iter_mut().filter(|block| block.side == "monolith (again)") {
                for point in &mut block.points {
                    let cpu = point.cpu_ns.get_mut(&Role::Side).unwrap();
                    *cpu = if block.round % 2 == 0 { *cpu * 2 } else { *cpu / 2 };
                }
            }
        }),
        // Its interval holds 200 and much else.
        ("a known CPU burn per request of 200 µs was found as", |run| {
            for block in run.blocks.iter_mut().filter(|block| block.side == "monolith +200 µs CPU") {
                for point in &mut block.points {
                    let more_ns = if block.round % 2 == 0 { 300_000 } else { 0 };
                    *point.cpu_ns.get_mut(&Role::Side).unwrap() += more_ns * point.answered;
                }
            }
        }),
    ];
    for (expected, damage) in cases {
        let mut run = run();
        damage(&mut run);
        let analysis = Analysis::of(&run);
        assert!(!analysis.valid, "{expected}");
        let reasons = analysis.reasons.join("\n");
        assert!(reasons.contains(expected), "`{expected}` is missing in:\n{reasons}");
        assert!(to_html(&run, &analysis).unwrap().contains("does not support its verdicts"), "{expected}");
    }
}

#[test]
fn a_side_that_answers_wrongly_has_no_latency() {
    let mut run = run();
    for block in run.blocks.iter_mut().filter(|block| block.side == "services") {
        for point in &mut block.points {
            point.failed = point.sent / 10;
        }
    }
    let analysis = Analysis::of(&run);
    assert!(analysis.verdicts.iter().all(|verdict| verdict.verdict == "cannot tell"));
    assert!(analysis.reasons.iter().any(|reason| reason.starts_with("wrong answers of services")));
}

#[test]
fn the_gate_is_1_when_true_0_when_false_and_an_error_when_it_cannot_be_read() {
    let folder = folder(&run());
    let is_true = |expression: &str| gate(folder.path(), expression).unwrap() == Outcome::ConditionHolds;
    assert!(is_true("cpu_per_request>1.05"));
    assert!(!is_true("cpu_per_request > 5"));
    assert!(is_true("cpu_per_request > 5 or services/monolith.memory_pss > 1"));
    assert!(!is_true("cpu_per_request > 5 and memory_pss > 1"));
    assert!(is_true("services.cpu_per_request > 100 and services.p50@1 < 100"));
    let error = gate(folder.path(), "cpu_per_reqest > 1").unwrap_err();
    assert!(error.is::<UsageError>(), "{error:#}");
    assert!(error.to_string().contains("did you mean `cpu_per_request`"), "{error:#}");
    assert!(gate(folder.path(), "cpu_per_request is large").unwrap_err().is::<UsageError>());
    let mistake_behind_a_true_part = gate(folder.path(), "cpu_per_request > 1 or servces.p50 > 1").unwrap_err();
    assert!(mistake_behind_a_true_part.to_string().contains("did you mean `services.p50`"));
}

#[test]
fn the_gate_knows_survival_and_the_errors_of_predictions() {
    let run = believable::everything();
    let analysis = Analysis::of(&run);
    let holds = |expression: &str| FailIf::parse(expression).unwrap().is_true_of(&run, &analysis);
    assert_eq!(holds("services.survival < 0.5 or monolith.survival > 0.01"), Ok(false));
    assert_eq!(holds("prediction_error.cpu_per_request < 0.1 and services.cpu_per_request.error < 0.2"), Ok(true));
    assert_eq!(holds("services.p50@90 > 0.1 and services.memory_pss > 10"), Ok(true));
    let error = holds("prediction_eror.cpu_per_request > 1").unwrap_err().to_string();
    assert!(error.contains("did you mean `prediction_error.cpu_per_request`"), "{error}");
}

#[test]
fn the_expression_reads_names_that_hold_colons_and_signs() {
    let mut run = run();
    run.sides[1].name = "extract:a+b".to_owned();
    for block in run.blocks.iter_mut().filter(|block| block.side == "services") {
        block.side = "extract:a+b".to_owned();
    }
    let analysis = Analysis::of(&run);
    let expression = FailIf::parse("extract:a+b.cpu_per_request>100").unwrap();
    assert!(expression.is_true_of(&run, &analysis).unwrap());
}

#[test]
fn runs_under_unlike_protocols_are_not_compared() {
    let (first, mut other) = (run(), run());
    other.protocol.warm_up_seconds = 99.0;
    let (a, b) = (folder(&first), folder(&other));
    let options = ReportOptions { runs: vec![a.path().to_owned(), b.path().to_owned()], fail_if: None };
    let error = report(&options).unwrap_err();
    assert!(
        error.is::<UsageError>() && error.to_string().contains("protocols differ in warm_up_seconds (0.7 and 99.0)"),
        "{error:#}"
    );
}

#[test]
fn runs_that_share_no_side_are_not_compared_and_others_are_value_by_value() {
    let (first, mut strange) = (run(), run());
    for (index, side) in strange.sides.iter_mut().enumerate() {
        side.name = format!("other {index}");
    }
    let (a, b, c) = (folder(&first), folder(&strange), folder(&first));
    let both = |other: &Path| ReportOptions { runs: vec![a.path().to_owned(), other.to_owned()], fail_if: None };
    let error = report(&both(b.path())).unwrap_err();
    assert!(error.is::<UsageError>() && error.to_string().contains("no name in common"), "{error:#}");
    report(&both(c.path())).unwrap();
}

#[test]
fn a_run_of_a_newer_lab_and_a_damaged_one_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(fixture()).unwrap();
    let cases = [
        (text.replacen("\"schema_version\":1", "\"schema_version\":99", 1), "newer lab"),
        (text[..text.len() / 2].to_owned(), "not a run"),
        (text.replacen("\"seed\"", "\"sead\"", 1), "damaged"),
    ];
    for (text, expected) in cases {
        std::fs::write(folder.path().join(RUN_FILE), text).unwrap();
        let error = gate(folder.path(), "cpu_per_request > 1").unwrap_err();
        assert!(error.is::<UsageError>() && error.to_string().contains(expected), "{error:#}");
    }
}

#[test]
fn work_beside_the_sides_is_told_from_what_the_host_took() {
    let told = |taken: f64, by_host: f64| {
        let mut run = run();
        for point in run.blocks.iter_mut().flat_map(|block| &mut block.points) {
            (point.foreign_cpu_share, point.stolen_cpu_share) = (taken, by_host);
        }
        to_html(&run, &Analysis::of(&run)).unwrap()
    };
    let of_host = "most of it for other machines of the same host";
    assert!(told(0.42, 0.40).contains(&format!("42 % of the sides&#39; CPUs, {of_host}")), "{}", told(0.42, 0.40));
    assert!(told(0.42, 0.05).contains("Other work took 42 %") && !told(0.42, 0.05).contains(of_host));
    assert!(!told(0.04, 0.04).contains("Other work took"));
}
