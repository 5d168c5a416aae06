//! Numbers and verdicts as people read them.

use crate::analysis::{Analysis, Verdict};
use crate::archive::Run;
use crate::statistics::Interval;

/// A number with as many digits as its size deserves: three that count, fewer above a thousand.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1000.0 {
        let whole = value.round() as i64;
        let text = whole.abs().to_string();
        let mut grouped = String::new();
        for (index, digit) in text.chars().enumerate() {
            if index > 0 && (text.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if whole < 0 { format!("−{grouped}") } else { grouped }
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.1 || size == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// `1.31 [1.28, 1.34]`.
pub(crate) fn with_interval(interval: Interval) -> String {
    format!("{} {}", ratio(interval.estimate), bracket(interval))
}

/// `[1.28, 1.34]`.
pub(crate) fn bracket(interval: Interval) -> String {
    format!("[{}, {}]", ratio(interval.low), ratio(interval.high))
}

/// A ratio: two decimals, three where the two would hide it.
pub(crate) fn ratio(value: f64) -> String {
    if (value - 1.0).abs() < 0.095 {
        format!("{value:.3}")
    } else if value < 10.0 {
        format!("{value:.2}")
    } else {
        number(value)
    }
}

/// The verdict on a side in sentences: what it costs visitors and machine, then what else it takes.
pub(crate) fn sentences(run: &Run, analysis: &Analysis, side: &str) -> Vec<String> {
    let find = |metric: &str| analysis.verdict(metric, side);
    let first = run.compared().next().map(|side| side.name.clone()).unwrap_or_default();
    let load = run.protocol.headline_load;
    let mut out = Vec::new();
    if let (Some(cpu), Some(p50)) = (find("cpu_per_request"), find("p50")) {
        out.push(format!(
            "Against {first}, {side} {} and {} at {load} % load.",
            phrase(cpu, "costs", "the CPU per request", "CPU per request"),
            phrase(p50, "takes", "the time for half of its answers (p50)", "p50"),
        ));
    }
    if let (Some(capacity), Some(memory)) = (find("capacity"), find("memory_pss")) {
        out.push(format!(
            "On the same CPUs it {} and {}.",
            phrase(capacity, "carries", "the load", "the load it carries"),
            phrase(memory, "needs", "the memory", "memory"),
        ));
    }
    out
}

/// `costs 1.31 times the CPU [1.28, 1.34]`, or what can be said instead.
fn phrase(verdict: &Verdict, verb: &str, what: &str, name: &str) -> String {
    let Some(interval) = verdict.interval() else { return format!("was not measured often enough for {name}") };
    match verdict.verdict {
        "no difference shown" => format!("shows no difference in {name} ({} times)", with_interval(interval)),
        "cannot tell" => format!("leaves open whether {name} differs ({} times)", with_interval(interval)),
        _ => format!("{verb} {} times {what} {}", ratio(interval.estimate), bracket(interval)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_count() {
        for (value, text) in [
            (1234567.8, "1,234,568"),
            (1000.0, "1,000"),
            (456.7, "457"),
            (45.67, "45.7"),
            (4.567, "4.57"),
            (0.0123, "0.0123"),
            (0.0, "0.00"),
            (-2000.0, "−2,000"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(ratio(1.0123), "1.012");
        assert_eq!(ratio(2.345), "2.35");
    }
}
