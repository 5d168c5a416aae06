//! `report.md`: short enough for a pull request.

use std::fmt::Write as _;

use super::words::{number, sentences, with_interval};
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
        run.protocol.rounds,
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
    for side in sides.iter().skip(1) {
        for sentence in sentences(run, analysis, side) {
            writeln!(out, "{sentence}")?;
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
