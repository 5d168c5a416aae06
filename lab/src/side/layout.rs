//! Which modules share a process, as the program itself says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::processes::{Census, Role};

/// The groups of a topology, as `PROGRAM topology T --format json` prints them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Layout {
    /// In the order they are started.
    pub groups: Vec<LayoutGroup>,
}

/// The modules of one process, or of several equal ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LayoutGroup {
    /// What its processes have after `--group`.
    pub name: String,
    /// What is in it.
    pub modules: Vec<String>,
    /// Whatever else the program says of it, which is handed back when a topology is written.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Value>,
}

impl LayoutGroup {
    /// A group of these modules, of which nothing else is known.
    pub fn of(name: &str, modules: &[&str]) -> Self {
        let modules = modules.iter().map(|module| (*module).to_owned()).collect();
        Self { name: name.to_owned(), modules, settings: BTreeMap::new() }
    }
}

impl Layout {
    /// Reads what the program prints; what else is there is passed over.
    ///
    /// # Errors
    /// When it is not JSON with named groups of modules.
    pub fn read(json: &[u8]) -> anyhow::Result<Self> {
        let layout: Self = serde_json::from_slice(json).map_err(|error| {
            anyhow::anyhow!(
                "`topology T --format json` did not print {{\"groups\": [{{\"name\", \"modules\"}}]}}: {error}"
            )
        })?;
        anyhow::ensure!(!layout.groups.is_empty(), "`topology T --format json` names no group");
        Ok(layout)
    }

    /// Somebody else's program: each group of its processes is one module.
    pub fn of_processes(census: &Census) -> Self {
        let mut groups: Vec<LayoutGroup> = Vec::new();
        for (process, _) in census.processes.iter().filter(|(process, _)| process.role == Role::Side) {
            if let Some(name) = &process.group
                && !groups.iter().any(|group| group.name == *name)
            {
                groups.push(LayoutGroup::of(name, &[name]));
            }
        }
        Self { groups }
    }

    /// The layout as a topology file in which one group runs so many times.
    ///
    /// # Errors
    /// When what the program says of a group cannot be written as TOML.
    pub fn grown(&self, group: &str, times: usize) -> anyhow::Result<String> {
        let mut groups = toml::Table::new();
        for known in &self.groups {
            let mut table = toml::Table::new();
            let says_something = |value: &Value| match value {
                Value::Null => false,
                Value::Object(values) => !values.is_empty(),
                Value::Array(values) => !values.is_empty(),
                _ => true,
            };
            for (key, value) in known.settings.iter().filter(|(_, value)| says_something(value)) {
                table.insert(key.clone(), toml::Value::try_from(value)?);
            }
            table.insert("modules".to_owned(), toml::Value::try_from(&known.modules)?);
            if known.name == group {
                table.insert("replicas".to_owned(), toml::Value::try_from(times)?);
            }
            groups.insert(known.name.clone(), toml::Value::Table(table));
        }
        Ok(toml::to_string(&toml::Table::from_iter([("groups".to_owned(), toml::Value::Table(groups))]))?)
    }

    /// Whether it fixes an address, which only one side at a time can have.
    pub fn fixes_an_address(&self) -> bool {
        self.groups.iter().any(|group| group.settings.get("internal").is_some_and(|address| !address.is_null()))
    }

    /// Every module with the group it is in.
    pub fn modules(&self) -> impl Iterator<Item = (&str, &LayoutGroup)> {
        self.groups.iter().flat_map(|group| group.modules.iter().map(move |module| (module.as_str(), group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modules_are_read_with_their_groups_and_the_rest_is_passed_over() {
        let printed =
            br#"{"name": "pair", "groups": [{"name": "shop", "modules": ["cart", "orders"], "internal": null},
                           {"name": "front", "modules": ["pages"], "replicas": 2}]}"#;
        let layout = Layout::read(printed).unwrap();
        let found: Vec<(&str, &str)> = layout.modules().map(|(module, group)| (module, group.name.as_str())).collect();
        assert_eq!(found, [("cart", "shop"), ("orders", "shop"), ("pages", "front")]);
    }

    #[test]
    fn an_address_is_fixed_where_the_program_says_one() {
        let fixes = |internal: &str| {
            let printed =
                format!(r#"{{"groups": [{{"name": "front", "modules": ["pages"], "internal": {internal}}}]}}"#);
            Layout::read(printed.as_bytes()).unwrap().fixes_an_address()
        };
        assert!(fixes(r#""127.0.0.1:7101""#));
        assert!(!fixes("null"));
    }

    #[test]
    fn a_topology_is_written_with_one_group_twice_and_all_else_as_it_was() {
        let printed = br#"{"groups": [{"name": "front", "modules": ["pages"], "replicas": 1, "internal": null},
                           {"name": "a shop", "modules": ["cart", "orders"], "environment": {"X": "1"}}]}"#;
        let text = Layout::read(printed).unwrap().grown("front", 2).unwrap();
        let read: toml::Value = toml::from_str(&text).unwrap();
        assert_eq!(read["groups"]["front"]["replicas"].as_integer(), Some(2));
        assert!(read["groups"]["front"].get("internal").is_none(), "{text}");
        assert_eq!(read["groups"]["a shop"]["modules"][1].as_str(), Some("orders"));
        assert_eq!(read["groups"]["a shop"]["environment"]["X"].as_str(), Some("1"));
        assert!(read["groups"]["a shop"].get("replicas").is_none(), "{text}");
    }

    #[test]
    fn what_is_no_layout_is_refused_in_words() {
        for printed in [&b"shop: 1 process"[..], b"", b"{\"groups\": []}", b"[1]"] {
            let told = Layout::read(printed).unwrap_err().to_string();
            assert!(told.contains("topology T --format json"), "{told}");
        }
    }
}
