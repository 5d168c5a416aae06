//! How narrow the intervals are that decide whether a run has measured enough.

use super::{Kind, Metric};
use crate::archive::Run;
use crate::statistics::{Width, ratio_interval_at};

/// The widths that decide: CPU per request, p50 and p99 at the headline load, of every compared side against the first.
pub fn widths(run: &Run) -> Vec<Width> {
    let mut compared = run.compared();
    let Some(first) = compared.next() else { return Vec::new() };
    let decides =
        |metric: &Metric| metric.headline && matches!(metric.kind, Kind::CpuPerRequest | Kind::P50 | Kind::P99);
    let metrics: Vec<Metric> = Metric::all(&run.protocol).into_iter().filter(decides).collect();
    compared
        .flat_map(|side| {
            metrics.iter().map(|metric| {
                let interval = ratio_interval_at(run.protocol.level(), &metric.pairs(run, &first.name, &side.name));
                Width {
                    metric: metric.name(),
                    side: side.name.clone(),
                    half_width: interval.map(|interval| interval.half_width()),
                    target: metric.target(&run.protocol),
                }
            })
        })
        .collect()
}
