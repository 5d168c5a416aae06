//! Which modules share a process, as the program itself says.

use serde::Deserialize;

use crate::side::{Census, Role};

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
                groups.push(LayoutGroup { name: name.clone(), modules: vec![name.clone()] });
            }
        }
        Self { groups }
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
    fn what_is_no_layout_is_refused_in_words() {
        for printed in [&b"shop: 1 process"[..], b"", b"{\"groups\": []}", b"[1]"] {
            let told = Layout::read(printed).unwrap_err().to_string();
            assert!(told.contains("topology T --format json"), "{told}");
        }
    }
}
