//! `report.md`: short enough for a pull request.

use std::fmt::Write as _;

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
    writeln!(out, "# Split or not? {}\n", sides.join(" against "))?;
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
    write_modules(run, analysis, out)?;
    writeln!(out, "| control | expected | found | |")?;
    writeln!(out, "|---|---|---|---|")?;
    for control in &analysis.controls {
        let found = match (control.found, control.low, control.high) {
            (Some(found), Some(low), Some(high)) => format!("{found:.3} [{low:.3}, {high:.3}]"),
            (Some(found), _, _) => number(found),
            (None, _, _) => "–".to_owned(),
        };
        let expected = control.expected.map(number).unwrap_or_default();
        let mark = if control.holds {
            "ok"
        } else if control.decides {
            "**no**"
        } else {
            "no"
        };
        writeln!(out, "| {} ({}) | {expected} | {found} | {mark} |", control.name, control.unit)?;
    }
    Ok(())
}

/// One row per module, and nothing when no module was judged.
fn write_modules(run: &Run, analysis: &Analysis, out: &mut String) -> std::fmt::Result {
    let table = modules::table_of(run, analysis, &crate::advise::modules(run));
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out, "| {} |", table.head.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(table.head.len()))?;
    for row in &table.rows {
        let cells: Vec<String> =
            row.iter().map(|cell| format!("{} {}", cell.text, cell.interval).trim().replace('|', "/")).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}
