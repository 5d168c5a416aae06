//! Whether the intervals of a quick comparison are as wide as the machine is noisy: the same comparison again and again, and in how many
//! of them the first side against itself includes 1.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{house, step::Step};

/// What is repeated, and what of a report is looked at.
const TOPOLOGIES: [&str; 2] = ["monolith", "services"];
const CONTROL: &str = "A/A ";

/// A control of `report.json`, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
struct Control {
    name: String,
    metric: Option<String>,
    found: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    decides: bool,
}

#[derive(Debug, Deserialize)]
struct Report {
    valid: bool,
    controls: Vec<Control>,
}

/// In how many repetitions each metric's interval included 1, of how many that had one.
#[derive(Debug, Default)]
struct Tally {
    metrics: BTreeMap<String, (u32, u32)>,
    valid: u32,
    all: u32,
}

/// Repeats the quick comparison, each time with another seed, and prints what each found.
///
/// Repetitions that `folder` already holds are not measured again, so that the chore can be stopped and taken up at any moment.
pub(crate) fn repeat(times: u32, folder: Option<PathBuf>) -> Result<()> {
    let folder = folder.unwrap_or_else(|| house::target().join("calibrate"));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Step::cargo("build the shop with its lab", "build --release --features lab").run()?;
    println!(
        "\n== compare {} quickly, {times} times; what is done is kept in {}, so Ctrl-C loses one repetition at most",
        TOPOLOGIES.join(" with "),
        folder.display()
    );
    let mut tally = Tally::default();
    for repetition in 1..=times {
        let run = folder.join(format!("repetition-{repetition:02}"));
        let began = Instant::now();
        let was_there = is_complete(&run);
        if !was_there {
            measure(&run, repetition)?;
        }
        let report = read(&run)?;
        tally.add(&report);
        let took =
            if was_there { "kept from before".to_owned() } else { format!("{:.0} s", began.elapsed().as_secs_f64()) };
        println!(
            "\n{repetition:>2} of {times} ({took}){}",
            if report.valid { "" } else { ": NOT VALID, see its report" }
        );
        for control in again(&report) {
            println!("   {}", line(control));
        }
        println!("   so far 1 was included {}", tally.in_words());
    }
    println!("\n{} of {} repetitions were valid; A/A included 1.0 {}", tally.valid, tally.all, tally.in_words());
    println!("   a perfect 95 % interval does so in 19 of 20, and in at least 17 of 20 in 98 cases out of 100");
    Ok(())
}

fn measure(run: &Path, seed: u32) -> Result<()> {
    if run.exists() {
        // What an interrupted repetition left behind: half a repetition says nothing.
        fs::remove_dir_all(run).with_context(|| format!("cannot remove {}", run.display()))?;
    }
    let program = house::target().join("release/cleave");
    let mut command = Command::new(&program);
    command.arg("compare").args(TOPOLOGIES).args(["--quick", "--seed", &seed.to_string(), "--out"]).arg(run);
    command.current_dir(house::root()).stdout(std::process::Stdio::null());
    let code = command.status().with_context(|| format!("cannot start {}", program.display()))?.code();
    // 3 says that the controls do not hold, which is what this counts.
    if !matches!(code, Some(0 | 3)) || !is_complete(run) {
        bail!("repetition {seed} was interrupted or failed (exit code {code:?}); the same command goes on with it");
    }
    Ok(())
}

fn is_complete(run: &Path) -> bool {
    #[derive(Deserialize)]
    struct Whole {
        complete: bool,
    }
    let text = fs::read_to_string(run.join("run.json")).unwrap_or_default();
    run.join("report.json").exists() && serde_json::from_str::<Whole>(&text).is_ok_and(|run| run.complete)
}

fn read(run: &Path) -> Result<Report> {
    let file = run.join("report.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a report", file.display()))
}

fn again(report: &Report) -> impl Iterator<Item = &Control> {
    report.controls.iter().filter(|control| control.name.starts_with(CONTROL))
}

fn includes_one(control: &Control) -> Option<bool> {
    Some(control.low? <= 1.0 && 1.0 <= control.high?)
}

fn line(control: &Control) -> String {
    let (Some(found), Some(low), Some(high)) = (control.found, control.low, control.high) else {
        return format!("{:<34} no interval", control.name);
    };
    let mark = if includes_one(control) == Some(true) { "" } else { "  does not include 1" };
    format!("{:<34} {found:.3} [{low:.3}, {high:.3}]{mark}", control.name)
}

impl Tally {
    fn add(&mut self, report: &Report) {
        self.all += 1;
        self.valid += u32::from(report.valid);
        for control in again(report) {
            let Some(includes) = includes_one(control) else { continue };
            let name = control.metric.as_ref().unwrap_or(&control.name);
            // The two that verdicts rest on are marked, since one of several intervals misses more often than one alone.
            let name = if control.decides { format!("{name}*") } else { name.clone() };
            let (included, all) = self.metrics.entry(name).or_default();
            *included += u32::from(includes);
            *all += 1;
        }
    }

    fn in_words(&self) -> String {
        let each = |(name, (included, all)): (&String, &(u32, u32))| format!("for {name} in {included} of {all}");
        self.metrics.iter().map(each).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(low: f64, high: f64) -> Report {
        let text = format!(
            r#"{{"valid": true, "reasons": [], "verdicts": [], "controls": [
                {{"name": "A/A p50 latency, 50 % load", "metric": "p50", "unit": "ratio", "expected": 1.0, "found": 1.0,
                  "low": {low}, "high": {high}, "holds": true, "decides": true}},
                {{"name": "known delay per request", "metric": "p50@1", "unit": "ms", "expected": 1.0, "found": 1.0, "low": 0.9,
                  "high": 1.1, "holds": true, "decides": true}},
                {{"name": "A/A memory", "metric": "memory_pss", "unit": "ratio", "expected": 1.0, "found": null, "low": null,
                  "high": null, "holds": false, "decides": false}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn only_the_first_side_against_itself_is_counted_and_only_where_there_is_an_interval() {
        let mut tally = Tally::default();
        tally.add(&report(0.98, 1.05));
        tally.add(&report(1.01, 1.05));
        assert_eq!(tally.in_words(), "for p50* in 1 of 2");
    }

    #[test]
    fn an_interval_without_1_is_pointed_out() {
        let report = report(1.01, 1.05);
        let lines: Vec<String> = again(&report).map(line).collect();
        assert!(lines[0].ends_with("[1.010, 1.050]  does not include 1"), "{}", lines[0]);
        assert!(lines[1].ends_with("no interval"), "{}", lines[1]);
    }

    #[test]
    fn a_repetition_counts_as_done_only_when_it_is_complete_and_reported() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_complete(folder.path()));
        fs::write(folder.path().join("run.json"), r#"{"complete": false, "blocks": []}"#).unwrap();
        fs::write(folder.path().join("report.json"), "{}").unwrap();
        assert!(!is_complete(folder.path()), "it was interrupted");
        fs::write(folder.path().join("run.json"), r#"{"complete": true, "blocks": []}"#).unwrap();
        assert!(is_complete(folder.path()));
    }
}
