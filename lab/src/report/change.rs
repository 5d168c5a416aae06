//! Two runs beside each other: how every ratio and every value changed from the first run to a later one.

use std::fmt::Write as _;

use super::words::{number, ratio, with_interval};
use crate::analysis::{Metric, word};
use crate::archive::Run;
use crate::statistics::change_of_ratio;

/// The changes from `before` to `after`: of every ratio to the first side, then of every side's own values.
pub(super) fn changes(before: &Run, after: &Run) -> String {
    let mut out = format!("\n# From {} to {}\n\n", before.name, after.name);
    write_ratios(before, after, &mut out);
    write_values(before, after, &mut out);
    out
}

/// Ratios cancel what the machine did to both sides, so they are what two runs are compared by.
fn write_ratios(before: &Run, after: &Run, out: &mut String) {
    let (Some(first), Some(same)) = (before.compared().next(), after.compared().next()) else { return };
    if first.name != same.name {
        line(
            out,
            format_args!(
                "The first sides differ ({} and {}), so there are no ratios to compare.\n",
                first.name, same.name
            ),
        );
        return;
    }
    let mut rows = Vec::new();
    for side in before.compared().skip(1).filter(|side| after.compared().any(|other| other.name == side.name)) {
        for metric in metrics(before) {
            let pairs = |run: &Run| metric.pairs(run, &first.name, &side.name);
            let Some(change) = change_of_ratio(&pairs(before), &pairs(after)) else { continue };
            let word = word(&metric, change, metric.target(&before.protocol));
            let (was, is) = (ratio(mean_ratio(&pairs(before))), ratio(mean_ratio(&pairs(after))));
            rows.push(format!(
                "| {}, {} | {was} | {is} | {} | {word} |",
                side.name,
                metric.label(),
                with_interval(change)
            ));
        }
    }
    write_table(out, &format!("side, metric, as a ratio to {}", first.name), &rows);
}

/// A side's own values: another machine, or the same one on another day, changes them too.
fn write_values(before: &Run, after: &Run, out: &mut String) {
    let (was, is) = (&before.environment.cpu_model, &after.environment.cpu_model);
    if was != is || before.environment.cores != after.environment.cores {
        line(
            out,
            format_args!(
                "The machines differ ({was}, {} cores; {is}, {} cores): the values below compare machines as well.\n",
                before.environment.cores, after.environment.cores
            ),
        );
    }
    let mut rows = Vec::new();
    for side in before.sides.iter().filter(|side| after.sides.iter().any(|other| other.name == side.name)) {
        for metric in metrics(before) {
            let values = |run: &Run| -> Vec<(f64, f64)> {
                metric.values(run, &side.name).into_iter().map(|(_, value)| (1.0, value)).collect()
            };
            let Some(change) = change_of_ratio(&values(before), &values(after)) else { continue };
            let word = word(&metric, change, metric.target(&before.protocol));
            let (was, is, unit) = (mean_ratio(&values(before)), mean_ratio(&values(after)), metric.unit());
            let (was, is) = (number(was), number(is));
            rows.push(format!(
                "| {}, {} | {was} {unit} | {is} {unit} | {} | {word} |",
                side.name,
                metric.label(),
                with_interval(change)
            ));
        }
    }
    write_table(out, "side, metric", &rows);
}

/// Every metric once: a headline is not repeated at its load.
fn metrics(run: &Run) -> Vec<Metric> {
    let headline_load = run.protocol.headline_load.to_string();
    let is_once = |metric: &Metric| metric.headline || metric.load.as_ref() != Some(&headline_load);
    Metric::all(&run.protocol).into_iter().filter(is_once).collect()
}

/// The geometric mean of the ratios.
fn mean_ratio(pairs: &[(f64, f64)]) -> f64 {
    let logarithms: f64 = pairs.iter().map(|(a, b)| (b / a).ln()).sum();
    (logarithms / pairs.len() as f64).exp()
}

fn write_table(out: &mut String, what: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    line(out, format_args!("| {what} | before | after | after / before [95 %] | |\n|---|---|---|---|---|"));
    for row in rows {
        line(out, format_args!("{row}"));
    }
    out.push('\n');
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::read_run;
    use crate::side::Role;

    #[test]
    fn a_run_beside_itself_has_not_changed_and_a_costlier_one_has() {
        let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run.json");
        let before = read_run(&fixture).unwrap();
        let same = changes(&before, &before);
        assert!(same.contains("| services, CPU per request, 50 % load | ") && same.contains("| 1.000 ["), "{same}");
        let mut after = before.clone();
        for block in after.blocks.iter_mut().filter(|block| block.side == "services") {
            for point in &mut block.points {
                *point.cpu_ns.get_mut(&Role::Side).unwrap() *= 3;
            }
        }
        let costlier = changes(&before, &after);
        let line = costlier.lines().find(|line| line.contains("CPU per request")).unwrap();
        assert!(line.contains("| 3.00 [") && line.ends_with("costlier |"), "{line}");
    }
}
