//! The measurements that have gates: a table for people, JSON for scripts.

mod gates;
mod idle;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use gates::{By, GATES, Gate};
use serde::{Deserialize, Serialize};

use crate::{house, step::Step};

/// What a program of `benches/` prints, one per line of its stdout; lines that are no JSON are for people.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    /// Null when it could not be measured; the note says why.
    pub(crate) value: Option<f64>,
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
    let unknown: Vec<&String> =
        names.iter().filter(|name| GATES.iter().all(|gate| !is_asked_for(gate, name))).collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        bail!("no figure is called {unknown:?}; there are: {}", known.join(", "));
    }
    let wanted: Vec<&Gate> =
        GATES.iter().filter(|gate| names.is_empty() || names.iter().any(|name| is_asked_for(gate, name))).collect();

    let mut found: BTreeMap<&str, Result<Figure, String>> = BTreeMap::new();
    for by in measurers(&wanted) {
        let names: Vec<&str> = wanted.iter().filter(|gate| gate.by == by).map(|gate| gate.name).collect();
        let measured = match by {
            By::Bench(folder) => run(folder, &names),
            By::Generator => generator(&names),
            By::Chores => idle::measure(&names),
        };
        for name in names {
            found.insert(name, pick(name, &measured));
        }
    }

    let judged: Vec<Judged> = wanted.iter().filter_map(|gate| Some(judge(gate, found.remove(gate.name)?))).collect();
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

/// Whether this word of the command line means this figure: its name, or what several names begin with.
fn is_asked_for(gate: &Gate, word: &str) -> bool {
    if GATES.iter().any(|gate| gate.name == word) {
        return gate.name == word;
    }
    gate.name.strip_prefix(word).is_some_and(|rest| rest.starts_with('_'))
}

/// The figure of this name, or why there is none.
fn pick(name: &str, measured: &Result<Vec<Figure>>) -> Result<Figure, String> {
    match measured {
        Ok(figures) => {
            let figure = figures.iter().find(|figure| figure.name == name);
            let figure = figure.ok_or_else(|| "the program that should have printed it did not".to_owned())?;
            if figure.value.is_none() { Err(figure.note.clone()) } else { Ok(figure.clone()) }
        }
        Err(trouble) => Err(format!("{trouble:#}")),
    }
}

fn judge(gate: &Gate, figure: Result<Figure, String>) -> Judged {
    let note = match &figure {
        Ok(figure) if figure.note.is_empty() => gate.about.to_owned(),
        Ok(figure) => format!("{}; {}", gate.about, figure.note),
        Err(why) => format!("{}; not measured: {why}", gate.about),
    };
    let figure = figure.ok();
    Judged {
        name: gate.name.to_owned(),
        value: figure.as_ref().and_then(|figure| figure.value),
        unit: figure.as_ref().map_or_else(|| gate.unit.to_owned(), |figure| figure.unit.clone()),
        gate: Some(gate.bound.text()),
        holds: figure.and_then(|figure| figure.value).map(|value| gate.bound.holds(value)),
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

/// Who has to measure, each once, in the order of the gates.
fn measurers(wanted: &[&Gate]) -> Vec<By> {
    let mut measurers = Vec::new();
    for gate in wanted {
        if !measurers.contains(&gate.by) {
            measurers.push(gate.by);
        }
    }
    measurers
}

fn run(folder: &str, names: &[&str]) -> Result<Vec<Figure>> {
    let manifest = format!("benches/{folder}/Cargo.toml");
    if !house::root().join(&manifest).exists() {
        bail!("there is no {manifest}");
    }
    let arguments = format!("run --release --manifest-path {manifest} -- {}", names.join(" "));
    let output = Step::cargo(&format!("run benches/{folder}"), &arguments).run_for_output()?;
    Ok(output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The lab's own measurement of its generator, as it is released.
fn generator(names: &[&str]) -> Result<Vec<Figure>> {
    let arguments = format!("run --release -p lab --example generator_cost -- figures {}", names.join(" "));
    let output = Step::cargo("hold the generator against wrk", &arguments).run_for_output()?;
    Ok(output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Result<Figure, String> {
        Ok(Figure { name: "hop_cpu".to_owned(), value: Some(value), unit: "x".to_owned(), note: String::new() })
    }

    #[test]
    fn a_figure_is_held_against_its_gate() {
        let gate = GATES.iter().find(|gate| gate.name == "hop_cpu").unwrap();

        assert_eq!(judge(gate, figure(0.25)).holds, Some(true));
        assert_eq!(judge(gate, figure(0.26)).holds, Some(false));
    }

    #[test]
    fn what_nobody_measured_does_not_hold_and_says_why() {
        let missing = judge(&GATES[0], pick("call_here", &Err(anyhow::anyhow!("the build failed"))));

        assert_eq!((missing.value, missing.holds), (None, None));
        assert!(missing.note.contains("the build failed"), "{}", missing.note);
    }

    #[test]
    fn a_figure_that_could_not_be_measured_says_why() {
        let gate = GATES.iter().find(|gate| gate.name == "generator_cpu").unwrap();
        let line = r#"{"name": "generator_cpu", "value": null, "unit": "x", "note": "wrk cannot be started"}"#;
        let absent = judge(gate, pick("generator_cpu", &Ok(vec![serde_json::from_str(line).unwrap()])));

        assert_eq!((absent.value, absent.holds), (None, None));
        assert!(absent.note.contains("not measured: wrk cannot be started"), "{}", absent.note);
    }

    #[test]
    fn a_word_means_one_figure_or_all_that_begin_with_it() {
        let meant = |word: &str| -> Vec<&str> {
            GATES.iter().filter(|gate| is_asked_for(gate, word)).map(|gate| gate.name).collect()
        };

        assert_eq!(meant("generator"), ["generator_cpu", "generator_lateness"]);
        assert_eq!(meant("call_here"), ["call_here"]);
        assert_eq!(meant("gen"), [""; 0]);
    }

    #[test]
    fn gates_have_names_of_their_own() {
        let mut names: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), GATES.len());
    }
}
