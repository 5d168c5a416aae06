//! Two runs beside each other: how every ratio changed from the first run to a later one.

use std::fmt::Write as _;

use super::words::{ratio, with_interval};
use crate::analysis::{Metric, word};
use crate::archive::Run;
use crate::statistics::change_of_ratio;

/// The changes from `before` to `after` as a table; sides that only one of them has are left out.
pub(super) fn changes(before: &Run, after: &Run) -> String {
    let mut out = format!("\n# From {} to {}\n\n", before.name, after.name);
    out.push_str("| side, metric | before | after | after / before [95 %] | |\n|---|---|---|---|---|\n");
    let Some(first) = before.compared().next() else { return out };
    for side in before.compared().skip(1).filter(|side| after.compared().any(|other| other.name == side.name)) {
        for metric in Metric::all(&before.protocol).into_iter().filter(|metric| metric.headline) {
            let pairs = |run: &Run| metric.pairs(run, &first.name, &side.name);
            let Some(change) = change_of_ratio(&pairs(before), &pairs(after)) else { continue };
            let mean = |pairs: Vec<(f64, f64)>| {
                let logarithms: f64 = pairs.iter().map(|(a, b)| (b / a).ln()).sum();
                ratio((logarithms / pairs.len() as f64).exp())
            };
            let word = word(&metric, change, metric.target(&before.protocol));
            writeln!(
                out,
                "| {}, {} | {} | {} | {} | {word} |",
                side.name,
                metric.label(),
                mean(pairs(before)),
                mean(pairs(after)),
                with_interval(change)
            )
            .expect("writing to a string does not fail");
        }
    }
    out
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
