//! Reads a topology from a TOML file.

use std::{collections::BTreeMap, fs, net::SocketAddr, path::Path};

use runtime::settings::nearest;
use seam::ModuleName;
use serde::Deserialize;
use toml::Spanned;

use super::{Group, Topology, TopologyError, module};
use crate::compose::modules;

/// Enough to use the cores of a large machine; more is a slip.
const MOST_REPLICAS: u32 = 64;

/// What is said to somebody who wants to run a stranger's file.
const COMMANDS: &str =
    ". A file whose groups are commands is somebody else's program: `cleave compare` starts and measures it";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    groups: BTreeMap<String, WrittenGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    modules: Vec<String>,
    internal: Option<SocketAddr>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    replicas: Option<Spanned<u32>>,
}

pub(super) fn read(path: &Path) -> Result<Topology, TopologyError> {
    let place = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| TopologyError::File {
        place: place.clone(),
        reason: format!("{error}: name a file that is there, or one of monolith, services, extract:MODULE"),
    })?;
    parse(&place, &text)
}

fn parse(place: &str, text: &str) -> Result<Topology, TopologyError> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or_else(|| place.to_owned(), |span| at(place, text, span.start));
        let commands = if error.message().contains("`command`") { COMMANDS } else { "" };
        let meant = if commands.is_empty() { meant(error.message()) } else { String::new() };
        TopologyError::File { place, reason: format!("{}{meant}{commands}", error.message()) }
    })?;
    let mut groups = Vec::new();
    let mut placed = Vec::new();
    for (name, group) in written.groups {
        let mut members = Vec::new();
        for member in &group.modules {
            let module = module(place, member)?;
            if placed.contains(&module) {
                return Err(TopologyError::Twice { place: place.to_owned(), module });
            }
            placed.push(module);
            members.push(module);
        }
        members.sort_by_key(|member| modules().position(|module| module == *member));
        let replicas = replicas(place, text, &name, &group)?;
        let WrittenGroup { internal, environment, .. } = group;
        groups.push(Group { name, modules: members, internal, environment, replicas });
    }
    let missing: Vec<_> = modules().filter(|module| !placed.contains(module)).map(ModuleName::as_str).collect();
    if !missing.is_empty() {
        return Err(TopologyError::Missing { place: place.to_owned(), missing: missing.join(", ") });
    }
    Ok(Topology { name: place.to_owned(), groups })
}

/// How many processes of a group there are to be, when that can be.
fn replicas(place: &str, text: &str, name: &str, group: &WrittenGroup) -> Result<u32, TopologyError> {
    let Some(written) = &group.replicas else { return Ok(1) };
    let refused = |reason: String| TopologyError::Replicas { place: at(place, text, written.span().start), reason };
    let replicas = *written.get_ref();
    if !(1..=MOST_REPLICAS).contains(&replicas) {
        return Err(refused(format!("{name} is to have {replicas} replicas: write 1 to {MOST_REPLICAS}")));
    }
    if replicas > 1 && group.internal.is_some() {
        return Err(refused(format!(
            "{name} has an `internal` address, which is one process, and {replicas} replicas: leave one of the two out. Replicas share \
             the files of their databases, so that they live on one machine, where `cleave up` chooses their addresses"
        )));
    }
    Ok(replicas)
}

/// The nearest of the keys there are: the message names the wrong one and the right ones between backticks.
fn meant(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(wrong) = words.next().filter(|_| message.starts_with("unknown field")) else { return String::new() };
    nearest(wrong, words).map(|key| format!(" (did you mean {key:?}?)")).unwrap_or_default()
}

fn at(place: &str, text: &str, position: usize) -> String {
    format!("{place}:{}", text[..position].matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let wrong = "[groups.front]\nmodules = [\"storefront\"]\nreplicaz = 2\n";
        let told = parse("pair.toml", wrong).unwrap_err().to_string();
        assert!(told.starts_with("pair.toml:3") && told.contains("did you mean \"replicas\"?"), "{told}");
    }

    #[test]
    fn replicas_that_cannot_be_are_refused_where_they_stand() {
        let told = |lines: &str| {
            let wrong = format!("[groups.front]\nmodules = [\"storefront\"]\n{lines}\n");
            parse("pair.toml", &wrong).unwrap_err().to_string()
        };
        assert!(
            told("replicas = 0").starts_with("pair.toml:3: front is to have 0 replicas"),
            "{}",
            told("replicas = 0")
        );
        let addressed = told("internal = \"127.0.0.1:7101\"\nreplicas = 2");
        assert!(addressed.starts_with("pair.toml:4") && addressed.contains("one machine"), "{addressed}");
    }

    #[test]
    fn somebody_elses_program_is_sent_to_the_lab() {
        let told = parse("pair.toml", "[groups.front]\ncommand = [\"node\"]\n").unwrap_err().to_string();
        assert!(told.starts_with("pair.toml:2") && told.contains("cleave compare"), "{told}");
    }

    #[test]
    fn a_module_that_was_forgotten_is_named() {
        let told = parse("pair.toml", "[groups.front]\nmodules = [\"storefront\"]\n").unwrap_err().to_string();
        assert!(told.contains("no group has the modules") && told.contains("inventory"), "{told}");
    }
}
