//! `report.md`: short enough for a pull request.

use std::fmt::Write as _;

use super::tables::{self, Cell, Table};
use super::words::{number, only_cost, sentences, with_interval};
use super::{focus, modules};
use crate::analysis::{Analysis, Metric, absolute};
use crate::archive::Run;

/// The run in a page of Markdown.
pub fn to_markdown(run: &Run, analysis: &Analysis) -> String {
    let mut out = String::new();
    write(run, analysis, &mut out).expect("writing to a string does not fail");
    out
}

fn write(run: &Run, analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let sides: Vec<&str> = run.compared().map(|side| side.name.as_str()).collect();
    let first = sides.first().copied().unwrap_or_default();
    writeln!(out, "# Split or not? {first} against {}\n", focus::against(run))?;
    writeln!(
        out,
        "{} · {} protocol, {} rounds · {} cores · commit {} · {}\n",
        run.workload.name,
        run.protocol.name,
        run.protocol.measured_rounds(),
        run.environment.cores,
        run.environment.commit.as_deref().unwrap_or("unknown"),
        run.started_at
    )?;
    if analysis.valid {
        writeln!(out, "**All controls hold.**\n")?;
    } else {
        writeln!(out, "**This run does not support its verdicts:**\n")?;
        for reason in &analysis.reasons {
            writeln!(out, "- {reason}")?;
        }
        writeln!(out)?;
    }
    let answered: Vec<&str> =
        focus::shown(run).into_iter().filter(|(index, _)| *index > 0).map(|(_, side)| side.name.as_str()).collect();
    for side in &answered {
        for sentence in sentences(run, analysis, side) {
            writeln!(out, "- **{}**: {}", sentence.about, sentence.text)?;
        }
        writeln!(out, "\n| {side} against {} | ratio [95 %] | verdict | {} | {side} |", sides[0], sides[0])?;
        writeln!(out, "|---|---|---|---|---|")?;
        for metric in Metric::all(&run.protocol).into_iter().filter(|metric| metric.headline) {
            let Some(verdict) = analysis.verdict(&metric.name(), side) else { continue };
            let own = |side: &str| {
                absolute(run, &metric, side)
                    .map_or_else(|| "–".to_owned(), |(mean, _)| format!("{} {}", number(mean), metric.unit()))
            };
            let ratio = verdict.interval().map_or_else(|| "–".to_owned(), with_interval);
            writeln!(
                out,
                "| {} | {ratio} | {} | {} | {} |",
                metric.label(),
                verdict.verdict,
                own(sides[0]),
                own(side)
            )?;
        }
        writeln!(out)?;
    }
    if let Some(words) = only_cost(run) {
        writeln!(out, "{words}\n")?;
    }
    write_table(&modules::table_of(run, analysis, &crate::advise::modules(run)), out)?;
    write_table(&tables::controls(analysis), out)
}

/// A table, with its intervals behind the values; nothing when it has no rows.
fn write_table(table: &Table, out: &mut String) -> std::fmt::Result {
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "| {} |", table.head.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(table.head.len()))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(written).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

fn written(cell: &Cell) -> String {
    let text = match cell.interval.as_str() {
        "" => cell.text.clone(),
        interval if interval.starts_with('[') => format!("{} {interval}", cell.text),
        other => format!("{} ({other})", cell.text),
    };
    // A bar would end the cell.
    text.replace('|', "/")
}
