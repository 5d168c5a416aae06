//! Reads a topology from a TOML file.

use std::{collections::BTreeMap, fs, net::SocketAddr, path::Path};

use seam::ModuleName;
use serde::Deserialize;

use super::{Group, Topology, TopologyError, module};
use crate::compose::modules;

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
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map_or_else(|| place.to_owned(), |line| format!("{place}:{line}"));
        TopologyError::File { place, reason: error.message().to_owned() }
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
        groups.push(Group { name, modules: members, internal: group.internal, environment: group.environment });
    }
    let missing: Vec<_> = modules().filter(|module| !placed.contains(module)).map(ModuleName::as_str).collect();
    if !missing.is_empty() {
        return Err(TopologyError::Missing { place: place.to_owned(), missing: missing.join(", ") });
    }
    Ok(Topology { name: place.to_owned(), groups })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let wrong = "[groups.front]\nmodules = [\"storefront\"]\nreplica = 2\n";
        let told = parse("pair.toml", wrong).unwrap_err().to_string();
        assert!(told.starts_with("pair.toml:3") && told.contains("replica"), "{told}");
    }

    #[test]
    fn a_module_that_was_forgotten_is_named() {
        let told = parse("pair.toml", "[groups.front]\nmodules = [\"storefront\"]\n").unwrap_err().to_string();
        assert!(told.contains("no group has the modules") && told.contains("inventory"), "{told}");
    }
}
