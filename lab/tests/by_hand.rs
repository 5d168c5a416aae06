//! Every verdict of a report, computed once more from `run.json` alone, with nothing of the lab but the file.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use std::path::Path;

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use lab::analysis::Analysis;
use lab::archive::{RUN_FILE, Run, write_run};
use lab::report::to_json;
use serde_json::Value;

/// Student's t for 95 %, two-sided, by degrees of freedom from 1, as printed in tables.
const STUDENT: [f64; 10] =
    [12.7062, 4.302_65, 3.182_45, 2.776_45, 2.570_58, 2.446_91, 2.364_62, 2.306, 2.262_16, 2.228_14];

#[test]
fn every_verdict_of_a_measured_run_can_be_computed_from_run_json_by_hand() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(RUN_FILE);
    let run = lab::archive::read_run(&file).unwrap();
    check(&serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap(), &run);
}

#[test]
fn every_verdict_of_a_run_with_everything_in_it_can_too() {
    let (folder, run) = (tempfile::tempdir().unwrap(), believable::everything());
    write_run(folder.path(), &run).unwrap();
    check(&serde_json::from_str(&std::fs::read_to_string(folder.path().join(RUN_FILE)).unwrap()).unwrap(), &run);
}

fn check(raw: &Value, run: &Run) {
    let report: Value = serde_json::from_str(&to_json(run, &Analysis::of(run))).unwrap();
    let verdicts = report["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 11, "all metrics of at least one side: {}", verdicts.len());
    for verdict in verdicts {
        let name = format!("{} of {}", verdict["metric"], verdict["b"]);
        let metric = verdict["metric"].as_str().unwrap();
        let (a, b) = (values(raw, &verdict["a"], metric), values(raw, &verdict["b"], metric));
        let logarithms: Vec<f64> =
            a.iter().filter_map(|(round, a)| Some((b.iter().find(|(other, _)| other == round)?.1 / a).ln())).collect();
        let Some((mean, reach)) = mean_and_reach(&logarithms) else {
            assert!(verdict["ratio"].is_null(), "{name}");
            continue;
        };
        for (found, expected) in [("ratio", mean), ("low", mean - reach), ("high", mean + reach)] {
            let found = verdict[found].as_f64().unwrap();
            assert!((found / expected.exp() - 1.0).abs() < 2e-5, "{name}: {found}, by hand {}", expected.exp());
        }
        assert_eq!(verdict["verdict"], word(raw, metric, mean - reach, mean + reach), "{name}");
    }
}

/// The word for an interval of logarithms.
fn word(raw: &Value, metric: &str, low: f64, high: f64) -> &'static str {
    let kind = metric.split('@').next().unwrap();
    let (more, less, target) = match kind {
        "cpu_per_request" | "memory_pss" => ("costlier", "cheaper", "fine"),
        "p50" => ("slower", "faster", "fine"),
        "p99" => ("slower", "faster", "coarse"),
        _ => ("faster", "slower", "coarse"),
    };
    let target = raw["protocol"]["targets"][target].as_f64().unwrap();
    match (low, high) {
        _ if low > 0.0 => more,
        _ if high < 0.0 => less,
        _ if (high.exp() - low.exp()) / 2.0 / f64::midpoint(low, high).exp() <= target => "no difference shown",
        _ => "cannot tell",
    }
}

fn mean_and_reach(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    Some((mean, STUDENT[n - 2] * (variance / n as f64).sqrt()))
}

/// A side's values of a metric by round.
fn values(raw: &Value, side: &Value, metric: &str) -> Vec<(u64, f64)> {
    let (kind, load) = metric.split_once('@').unwrap_or((metric, ""));
    let headline = raw["protocol"]["headline_load"].to_string();
    let load = if load.is_empty() { headline.as_str() } else { load };
    let blocks = raw["blocks"].as_array().unwrap().iter().filter(|block| block["side"] == *side);
    blocks.filter_map(|block| Some((block["round"].as_u64().unwrap(), value(block, kind, load)?))).collect()
}

fn value(block: &Value, kind: &str, load: &str) -> Option<f64> {
    let point = block["points"].as_array().unwrap().iter().find(|point| point["load"] == load);
    match kind {
        "cpu_per_request" => Some(point?["cpu_ns"]["side"].as_f64()? / point?["answered"].as_f64()?),
        "p50" => quantile(&point?["latency"], 0.5),
        "p99" => quantile(&point?["latency"], 0.99),
        "memory_pss" => {
            let processes = block["processes"].as_array()?.iter().filter(|process| process["role"] == "side");
            Some(processes.filter_map(|process| process["pss_bytes"].as_f64()).sum::<f64>()).filter(|sum| *sum > 0.0)
        }
        "capacity" => block["capacity"]["rps"].as_f64().filter(|_| block["capacity"]["beyond"].is_null()),
        other => panic!("a metric that nobody has computed by hand yet: {other}"),
    }
}

fn quantile(histogram: &Value, quantile: f64) -> Option<f64> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(histogram.as_str()?).unwrap();
    let histogram: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
    (!histogram.is_empty()).then(|| histogram.value_at_quantile(quantile) as f64)
}

/// What the first screen says of failures, counted again.
#[test]
fn the_share_of_journeys_that_survive_a_death_can_be_counted_by_hand() {
    let run = believable::pair();
    let (mut begun, mut survived) = (0, 0);
    for record in &run.benefits.survival {
        if record.side == "services" && record.fault == lab::archive::FaultKind::Kill {
            for journey in &record.journeys {
                begun += journey.begun;
                survived += journey.survived;
            }
        }
    }
    let percent = format!("of all journeys {:.0} % [", 100.0 * survived as f64 / begun as f64);
    let text = lab::report::to_markdown(&run, &Analysis::of(&run));
    assert!(text.contains(&percent), "{percent} is missing in:\n{text}");
}
