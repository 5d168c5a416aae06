//! Predictions beside measurements, and projections beside what refuses or confirms them.

use super::{Cell, Table, table};
use crate::archive::Run;
use crate::report::forecast::foretold;
use crate::report::words::{bracket_number, number};

/// Every prediction with what was measured.
pub(in crate::report) fn forecasts(run: &Run) -> Table {
    let rows = foretold(run).into_iter().map(|row| {
        let (unit, name) = row.kind.as_ref().map_or(("", row.metric.clone()), |metric| (metric.unit(), metric.label()));
        let measured = match row.measured {
            Some(mean) => Cell::number(mean).with_interval(row.interval.map(bracket_number).unwrap_or_default()),
            None => Cell::text("not measured here"),
        };
        let signed = |share: Option<f64>| match share.filter(|share| share.is_finite()) {
            Some(share) => Cell::sorted(format!("{:+.1}", share * 100.0).replace('-', "−"), share),
            None => Cell::text("–"),
        };
        // An error of a share of next to nothing says nothing.
        let added = row.added_share().filter(|share| *share > 0.05).and_then(|_| row.added_error());
        let adds = row.measured.zip(row.base).map(|(measured, base)| measured - base);
        vec![
            Cell::text(row.topology.clone()),
            Cell::text(name),
            Cell::text(unit),
            Cell::maybe(row.predicted),
            measured,
            signed(row.error),
            adds.map_or_else(|| Cell::text("–"), Cell::number),
            signed(added),
        ]
    });
    table(
        &[
            "topology",
            "metric",
            "unit",
            "predicted",
            "measured [95 %]",
            "error, %",
            "the split adds",
            "error of what it adds, %",
        ],
        rows.collect(),
    )
}

/// What was projected to other circumstances.
pub(in crate::report) fn projections(run: &Run) -> Table {
    let rows = run.predictions.projections.iter().map(|row| {
        let error = row.value.zip(row.measured).map(|(value, measured)| 100.0 * (value / measured - 1.0));
        vec![
            Cell::text(row.topology.clone()),
            Cell::text(row.metric.clone()),
            Cell::text(row.circumstances.clone()),
            match (&row.refused, row.value) {
                (Some(why), _) => Cell::text(format!("refused: {why}")),
                (None, value) => Cell::maybe(value),
            },
            row.measured.map_or_else(|| Cell::text("not measured"), Cell::number),
            match error.filter(|error| error.is_finite()) {
                Some(error) => Cell::sorted(number(error).replace('-', "−"), error),
                None => Cell::text("–"),
            },
        ]
    });
    table(&["topology", "metric", "circumstances", "projected", "measured", "error, %"], rows.collect())
}
