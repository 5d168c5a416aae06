//! Who takes part: each side of the question, the first one again, and the first one with known deltas; and the data of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Experiment;
use crate::archive::{Part, SideRecord};
use crate::protocol::Protocol;
use crate::side::{Contender, Executable};

/// Why a run has no ladder, no accounts and no predictions.
pub(super) const STRANGERS_ALONE: &str =
    "every side is somebody else's program, of which the lab sees processes and answers alone";

/// Finds out what each topology is that was asked for.
pub(super) fn asked_for(executable: &Executable, topologies: &[String]) -> anyhow::Result<BTreeMap<String, Contender>> {
    topologies.iter().map(|asked| Ok((asked.clone(), Contender::asked_for(executable, asked)?))).collect()
}

/// The sides of a run.
pub(super) fn sides(
    topologies: &[String],
    contenders: &BTreeMap<String, Contender>,
    known_deltas: bool,
    protocol: &Protocol,
) -> Vec<SideRecord> {
    let stranger = |asked: &String| contenders.get(asked).and_then(Contender::stranger);
    let side = |name: String, asked: &String, part, environment: &[(&str, u64)]| SideRecord {
        name,
        topology: asked.clone(),
        part,
        environment: environment.iter().map(|(key, value)| ((*key).to_owned(), value.to_string())).collect(),
        stranger: stranger(asked).map(|stranger| stranger.text().to_owned()),
    };
    let names = names(topologies);
    let compared = topologies.iter().zip(&names);
    let mut sides: Vec<SideRecord> =
        compared.map(|(asked, name)| side(name.clone(), asked, Part::Compared, &[])).collect();
    let (Some(first), Some(name)) = (topologies.first(), names.first()) else { return sides };
    sides.push(side(format!("{name} (again)"), first, Part::Again, &[]));
    // Somebody else's program can be slowed down in known steps only when it says that it takes part in that.
    if !known_deltas || stranger(first).is_some_and(|stranger| !stranger.obeys_known_deltas()) {
        return sides;
    }
    let delay = protocol.injected_delay_us;
    if delay > 0 {
        let name = format!("{name} +{} ms", delay as f64 / 1000.0);
        sides.push(side(name, first, Part::KnownDelay, &[("CLEAVE__LAB__DELAY_US", delay)]));
    }
    let burn = protocol.injected_burn_us;
    if burn > 0 {
        let name = format!("{name} +{burn} µs CPU");
        sides.push(side(name, first, Part::KnownBurn, &[("CLEAVE__LAB__BURN_US", burn)]));
    }
    sides
}

/// What sides are called: a file by its name without folder and ending, where that tells all of them apart.
fn names(topologies: &[String]) -> Vec<String> {
    let short = |asked: &String| -> String {
        let path = Path::new(asked);
        let is_file = path.extension().is_some_and(|extension| extension == "toml");
        path.file_stem().filter(|_| is_file).map_or_else(|| asked.clone(), |stem| stem.to_string_lossy().into_owned())
    };
    let names: Vec<String> = topologies.iter().map(short).collect();
    let mut different: Vec<&String> = names.iter().collect();
    different.sort();
    different.dedup();
    if different.len() == names.len() { names } else { topologies.to_vec() }
}

impl Experiment {
    /// What runs as a side; what nobody asked for, such as a topology that a stage makes up, is one of the program under test.
    pub(super) fn contender(&self, side: &SideRecord) -> Contender {
        self.contenders.get(&side.topology).cloned().unwrap_or_else(|| Contender::Topology {
            executable: self.executable.clone(),
            topology: side.topology.clone(),
        })
    }

    /// Records that there is nothing to be said about contracts when no side is a topology of the program under test; says whether that
    /// is so.
    pub(super) fn leaves_contracts_out(&mut self) -> bool {
        if self.contenders.values().any(|contender| contender.stranger().is_none()) {
            return false;
        }
        let why = || Some(STRANGERS_ALONE.to_owned());
        self.run.ladder.absent = why();
        self.run.accounts.absent = why();
        self.run.predictions.absent = why();
        true
    }

    /// Makes the data that every block starts from: one template for all topologies of the program under test, one per stranger.
    pub(super) fn seed_templates(&self) -> anyhow::Result<()> {
        let mut seeded = Vec::new();
        for (asked, contender) in &self.contenders {
            let template = self.template_for(asked, contender);
            if !seeded.contains(&template) {
                let whose = match contender {
                    Contender::Topology { executable, .. } => executable.path.display().to_string(),
                    Contender::Stranger { .. } => asked.clone(),
                };
                self.display.say(&format!("seeding the data that every block starts from ({whose})"));
                contender.seed(&template)?;
                seeded.push(template);
            }
        }
        Ok(())
    }

    /// The data that a side's blocks start from.
    pub(super) fn template_of(&self, side: &SideRecord) -> PathBuf {
        self.template_for(&side.topology, &self.contender(side))
    }

    fn template_for(&self, asked: &str, contender: &Contender) -> PathBuf {
        match contender {
            Contender::Topology { .. } => self.scratch.path().join("template"),
            Contender::Stranger { .. } => {
                let number = self.contenders.keys().position(|known| known == asked).unwrap_or_default();
                self.scratch.path().join(format!("template-{number}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn files_are_called_by_their_short_names_unless_two_are_alike() {
        let named = |asked: &[&str]| names(&asked.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&["monolith", "extract:a+b", "x/split.toml"]), ["monolith", "extract:a+b", "split"]);
        assert_eq!(named(&["x/split.toml", "y/split.toml"]), ["x/split.toml", "y/split.toml"]);
    }
}
