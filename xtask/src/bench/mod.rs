//! The measurements that have gates: a table for people, JSON for scripts.

mod gates;
mod idle;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use gates::{GATES, Gate};
use serde::{Deserialize, Serialize};

use crate::{house, step::Step};

/// What a program of `benches/` prints, one per line of its stdout; lines that are no JSON are for people.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    #[serde(default)]
    pub(crate) note: String,
}

/// A figure beside its gate.
#[derive(Debug, Serialize)]
struct Judged {
    name: String,
    /// Null when nobody could measure it; the note says why.
    value: Option<f64>,
    unit: String,
    gate: Option<String>,
    holds: Option<bool>,
    note: String,
}

/// Measures what is asked for, prints the table, and writes the file if one is named.
pub(crate) fn bench(names: &[String], json: Option<&Path>, strict: bool) -> Result<()> {
    let unknown: Vec<&String> = names.iter().filter(|name| GATES.iter().all(|gate| gate.name != **name)).collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        bail!("no figure is called {unknown:?}; there are: {}", known.join(", "));
    }
    let wanted: Vec<&Gate> =
        GATES.iter().filter(|gate| names.is_empty() || names.iter().any(|name| name == gate.name)).collect();
    let wanted_names: Vec<&str> = wanted.iter().map(|gate| gate.name).collect();

    let mut found: BTreeMap<String, Figure> = BTreeMap::new();
    let mut troubles = Vec::new();
    let mut keep = |figures: Result<Vec<Figure>>| match figures {
        Ok(figures) => found.extend(figures.into_iter().map(|figure| (figure.name.clone(), figure))),
        Err(trouble) => troubles.push(format!("{trouble:#}")),
    };
    for program in programs()? {
        if program.is_wanted(&wanted_names) {
            keep(program.run(&wanted_names));
        }
    }
    if idle::FIGURES.iter().any(|name| wanted_names.contains(name)) {
        keep(idle::measure(&wanted_names));
    }

    let judged: Vec<Judged> = wanted.iter().map(|gate| judge(gate, found.remove(gate.name), &troubles)).collect();
    print(&judged);
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&judged)?;
        fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    let failing = judged.iter().filter(|figure| figure.holds != Some(true)).count();
    if strict && failing > 0 {
        bail!("{failing} of {} gates do not hold", judged.len());
    }
    Ok(())
}

fn judge(gate: &Gate, figure: Option<Figure>, troubles: &[String]) -> Judged {
    let note = match &figure {
        Some(figure) if figure.note.is_empty() => gate.about.to_owned(),
        Some(figure) => format!("{}; {}", gate.about, figure.note),
        None if troubles.is_empty() => "not measured: no program in benches/ knows it".to_owned(),
        None => format!("not measured: {}", troubles.join("; ")),
    };
    Judged {
        name: gate.name.to_owned(),
        value: figure.as_ref().map(|figure| figure.value),
        unit: figure.as_ref().map_or_else(|| gate.unit.to_owned(), |figure| figure.unit.clone()),
        gate: Some(gate.bound.text()),
        holds: figure.map(|figure| gate.bound.holds(figure.value)),
        note,
    }
}

fn print(judged: &[Judged]) {
    println!("\n{:<20} {:>10} {:<5} {:>9}  {:<6} about", "figure", "value", "", "gate", "holds");
    for figure in judged {
        let value = figure.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        let holds = match figure.holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "?",
        };
        let gate = figure.gate.as_deref().unwrap_or("-");
        println!("{:<20} {value:>10} {:<5} {gate:>9}  {holds:<6} {}", figure.name, figure.unit, figure.note);
    }
}

/// A crate of `benches/`: given the names that are wanted, it prints those it knows.
struct Program {
    folder: String,
    /// A workspace of its own, such as `benches/rivals`: what Cleave is only compared against is built for nothing else.
    apart: bool,
}

/// Builds that take minutes are made only for the figures that need them.
const NEEDS: &[(&str, &[&str])] = &[("rivals", &["hop_vs_tonic"])];

fn programs() -> Result<Vec<Program>> {
    let benches = house::root().join("benches");
    let mut programs = Vec::new();
    for folder in house::folders(&benches)? {
        let Ok(manifest) = fs::read_to_string(benches.join(&folder).join("Cargo.toml")) else { continue };
        let manifest: toml::Table =
            manifest.parse().with_context(|| format!("cannot read benches/{folder}/Cargo.toml"))?;
        programs.push(Program { folder, apart: manifest.contains_key("workspace") });
    }
    Ok(programs)
}

impl Program {
    fn is_wanted(&self, names: &[&str]) -> bool {
        let needed_for = NEEDS.iter().find(|(folder, _)| *folder == self.folder).map(|(_, figures)| *figures);
        needed_for.is_none_or(|figures| figures.iter().any(|figure| names.contains(figure)))
    }

    fn run(&self, names: &[&str]) -> Result<Vec<Figure>> {
        let Self { folder, apart } = self;
        let says = format!("run benches/{folder}{}", if *apart { ", which stands apart" } else { "" });
        let arguments = format!("run --release --manifest-path benches/{folder}/Cargo.toml -- {}", names.join(" "));
        let output = Step::cargo(&says, &arguments).run_for_output()?;
        Ok(output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Option<Figure> {
        Some(Figure { name: "hop_cpu".to_owned(), value, unit: "x".to_owned(), note: String::new() })
    }

    #[test]
    fn a_figure_is_held_against_its_gate() {
        let gate = GATES.iter().find(|gate| gate.name == "hop_cpu").unwrap();

        assert_eq!(judge(gate, figure(0.25), &[]).holds, Some(true));
        assert_eq!(judge(gate, figure(0.26), &[]).holds, Some(false));
    }

    #[test]
    fn what_nobody_measured_does_not_hold_and_says_why() {
        let missing = judge(&GATES[0], None, &["the build failed".to_owned()]);

        assert_eq!((missing.value, missing.holds), (None, None));
        assert!(missing.note.contains("the build failed"), "{}", missing.note);
    }

    #[test]
    fn gates_have_names_of_their_own() {
        let mut names: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), GATES.len());
    }
}
