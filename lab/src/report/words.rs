//! Numbers and verdicts as people read them.

use super::survival;
use crate::analysis::{Analysis, Verdict};
use crate::archive::Run;
use crate::statistics::Interval;

/// A number with as many digits as its size deserves: three that count, fewer above a thousand; a dash for what is none.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "–".to_owned()
    } else if size >= 1000.0 {
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

/// `71 %`, with a decimal below 10.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent != 0.0 && percent.abs() < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// The value in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
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

/// `[265, 280]`, in the unit of the value before it.
pub(crate) fn bracket_number(interval: Interval) -> String {
    format!("[{}, {}]", number(interval.low), number(interval.high))
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

/// One dimension of the verdict on a side: what it is about, and what is found.
pub(crate) struct Sentence {
    /// The dimension: `Cost`, `Latency` and the like.
    pub(crate) about: &'static str,
    /// The sentence.
    pub(crate) text: String,
}

/// The verdict on a side, one sentence for each dimension that was measured.
pub(crate) fn sentences(run: &Run, analysis: &Analysis, side: &str) -> Vec<Sentence> {
    let first = run.compared().next().map(|side| side.name.clone()).unwrap_or_default();
    let load = run.protocol.headline_load;
    let find = |metric: &str| analysis.verdict(metric, side);
    let mut out = Vec::new();
    let mut say = |about, text: Option<String>| out.extend(text.map(|text| Sentence { about, text }));
    let costs = [
        find("cpu_per_request").map(|cpu| phrase(cpu, "costs", "the CPU per request", "CPU per request")),
        find("memory_pss").map(|memory| phrase(memory, "needs", "the memory", "memory")),
    ];
    say("Cost", joined(costs).map(|text| format!("Against {first}, {side} {text}.")));
    let latencies = [
        find("p50").map(|p50| phrase(p50, "takes", "the time for half of its answers (p50)", "p50")),
        find("p99").map(|p99| phrase(p99, "takes", "the time for the slowest hundredth (p99)", "p99")),
    ];
    say("Latency", joined(latencies).map(|text| format!("At {load} % load it {text}.")));
    let capacity = find("capacity").map(|capacity| phrase(capacity, "carries", "the load", "the load it carries"));
    say("Throughput", capacity.map(|text| format!("On the same CPUs it {text}.")));
    say("Failure", failure(run, &first, side));
    say("Neighbours", neighbours(run, &first, side));
    say("Growth", growth(run, side));
    say("Change", change(run));
    out
}

/// What a reader must know is missing, when the benefit side was not measured.
pub(crate) fn only_cost(run: &Run) -> Option<&'static str> {
    let benefits = &run.benefits;
    let nothing = benefits.survival.is_empty() && benefits.scaling.is_empty() && benefits.changes.is_empty();
    nothing.then_some(
        "What a split may buy (failures, growth, change) was not part of this run: the verdict is about cost only.",
    )
}

fn joined(parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

fn failure(run: &Run, first: &str, side: &str) -> Option<String> {
    let (with, without) = (survival::of_any_death(run, side)?, survival::of_any_death(run, first)?);
    let journey = survival::commonest_journey(run)?;
    let ((survived, of), (before, _)) =
        (survival::deaths_survived(run, side, journey), survival::deaths_survived(run, first, journey));
    Some(format!(
        "“{journey}” survives the death of {survived} of {of} modules, {before} in {first}; of all journeys {} survive a module's death, \
         {} in {first}.",
        with.text(),
        without.text()
    ))
}

fn neighbours(run: &Run, first: &str, side: &str) -> Option<String> {
    let times = |side: &str| {
        let record = run.benefits.neighbours.iter().find(|record| record.side == side)?;
        Some((record.noisy_p99_ms / record.quiet_p99_ms, record)).filter(|(times, _)| times.is_finite())
    };
    let ((here, record), (there, _)) = (times(side)?, times(first)?);
    Some(format!(
        "A flood of “{}” makes p99 of all others {} times as long, {} times in {first} (measured once).",
        record.noisy,
        number(here),
        number(there)
    ))
}

fn growth(run: &Run, side: &str) -> Option<String> {
    let of_side = || run.benefits.scaling.iter().filter(|record| record.side == side && record.capacity_rps > 0.0);
    let plain = of_side().find(|record| matches!(record.grown.as_str(), "" | "nothing"))?;
    let grown = of_side().filter(|record| record.grown != plain.grown && record.popularity == plain.popularity);
    let best = grown.max_by(|a, b| a.capacity_rps.total_cmp(&b.capacity_rps))?;
    Some(format!(
        "With {} it carries {} times the load at the same cores, for {} times the memory (measured once).",
        best.grown.replace(" x ", " × "),
        number(best.capacity_rps / plain.capacity_rps),
        number(best.pss_bytes as f64 / plain.pss_bytes.max(1) as f64)
    ))
}

fn change(run: &Run) -> Option<String> {
    let mut shapes: Vec<&str> = Vec::new();
    let of_service = || run.benefits.changes.iter().filter(|change| change.changed == "service");
    for change in of_service() {
        if !shapes.contains(&change.shape.as_str()) {
            shapes.push(&change.shape);
        }
    }
    let parts: Vec<String> = shapes
        .iter()
        .filter_map(|shape| {
            let times =
                of_service().filter(|change| change.shape == **shape).map(|change| change.build_s + change.restart_s);
            Some(format!("{} s as {shape}", number(median(times)?)))
        })
        .collect();
    (!parts.is_empty()).then(|| {
        format!("A changed service reaches visitors after {} (medians over modules, each timed once).", listed(&parts))
    })
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
