//! Which modules share a process: the built-in topologies, and files.

mod draw;
mod file;

use std::{collections::BTreeMap, net::SocketAddr, path::Path};

use runtime::settings::nearest;
use seam::ModuleName;
use serde::Serialize;
use thiserror::Error;

use crate::compose::modules;

/// The groups that a shop is divided into. Every module is in exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// As it was asked for.
    pub name: String,
    /// In the order they are started.
    pub groups: Vec<Group>,
}

/// The modules of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Unique in its topology.
    pub name: String,
    /// Names of its modules, in the shop's order.
    #[serde(serialize_with = "as_texts")]
    pub modules: Vec<ModuleName>,
    /// Where its internal listener is, when the topology says so; `up` chooses otherwise.
    pub internal: Option<SocketAddr>,
    /// Set in the environment of its process.
    pub environment: BTreeMap<String, String>,
    /// How many processes there are of it, all alike: 1 or more.
    pub replicas: u32,
}

fn as_texts<S: serde::Serializer>(modules: &[ModuleName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(modules.iter().map(|module| module.as_str()))
}

/// Why a topology cannot be used.
#[derive(Debug, Error)]
pub enum TopologyError {
    /// Neither built in nor a file.
    #[error(
        "there is no topology {asked:?}{}: use monolith, services, extract:MODULE+MODULE, or a file such as topologies/pair.toml",
        did_you_mean(.nearest)
    )]
    Unknown {
        /// What was asked for.
        asked: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A module that is not in the shop.
    #[error("{place}: there is no module {asked:?}{}: the modules are {}", did_you_mean(.nearest), names())]
    UnknownModule {
        /// Where it was named.
        place: String,
        /// What was asked for.
        asked: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A module in two groups.
    #[error("{place}: the module {module} is in two groups: name it once")]
    Twice {
        /// Where.
        place: String,
        /// Which.
        module: ModuleName,
    },
    /// A module in no group.
    #[error("{place}: no group has the modules {missing}: add them to a group")]
    Missing {
        /// Where.
        place: String,
        /// Which.
        missing: String,
    },
    /// Replicas that cannot be.
    #[error("{place}: {reason}")]
    Replicas {
        /// File and line.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{place}: {reason}")]
    File {
        /// File and, where known, line.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A group that is not in the topology.
    #[error("the topology {topology} has no group {asked:?}{}: its groups are {groups}", did_you_mean(.nearest))]
    UnknownGroup {
        /// Which topology.
        topology: String,
        /// What was asked for.
        asked: String,
        /// The nearest name there is.
        nearest: Option<String>,
        /// What there is.
        groups: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default()
}

fn names() -> String {
    modules().map(ModuleName::as_str).collect::<Vec<_>>().join(", ")
}

impl Topology {
    /// The topology of this name: `monolith`, `services`, `extract:a+b`, or the path of a file.
    ///
    /// # Errors
    /// When there is no such topology, or it is not one.
    pub fn named(asked: &str) -> Result<Self, TopologyError> {
        match asked {
            "monolith" => Ok(Self::monolith()),
            "services" => Ok(Self::services()),
            _ if asked.starts_with("extract:") => Self::extract(asked),
            _ if asked.ends_with(".toml") || asked.contains('/') => file::read(Path::new(asked)),
            _ => {
                let known = ["monolith", "services", "extract:"];
                Err(TopologyError::Unknown {
                    asked: asked.to_owned(),
                    nearest: nearest(asked, known).map(str::to_owned),
                })
            }
        }
    }

    /// All modules in one process.
    pub fn monolith() -> Self {
        Self { name: "monolith".to_owned(), groups: vec![Group::of("shop", modules().collect())] }
    }

    /// A process for each module.
    pub fn services() -> Self {
        let groups = modules().map(|module| Group::of(module.as_str(), vec![module])).collect();
        Self { name: "services".to_owned(), groups }
    }

    fn extract(asked: &str) -> Result<Self, TopologyError> {
        let named = asked.trim_start_matches("extract:").split('+');
        let mut taken_out: Vec<ModuleName> = Vec::new();
        for name in named {
            let module = module(asked, name)?;
            if taken_out.contains(&module) {
                return Err(TopologyError::Twice { place: asked.to_owned(), module });
            }
            taken_out.push(module);
        }
        let rest: Vec<_> = modules().filter(|module| !taken_out.contains(module)).collect();
        let alone = taken_out.into_iter().map(|module| Group::of(module.as_str(), vec![module]));
        let together = (!rest.is_empty()).then(|| Group::of("shop", rest));
        Ok(Self { name: asked.to_owned(), groups: alone.chain(together).collect() })
    }

    /// How many processes serve it.
    pub fn processes(&self) -> usize {
        self.groups.iter().map(|group| group.replicas as usize).sum()
    }

    /// The group of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn group(&self, name: &str) -> Result<&Group, TopologyError> {
        self.groups.iter().find(|group| group.name == name).ok_or_else(|| {
            let groups: Vec<_> = self.groups.iter().map(|group| group.name.as_str()).collect();
            TopologyError::UnknownGroup {
                topology: self.name.clone(),
                asked: name.to_owned(),
                nearest: nearest(name, groups.iter().copied()).map(str::to_owned),
                groups: groups.join(", "),
            }
        })
    }

    /// The group that a module is in.
    pub fn group_of(&self, module: ModuleName) -> &Group {
        let found = self.groups.iter().find(|group| group.modules.contains(&module));
        found.expect("a topology is made only when every module is in a group")
    }

    /// The picture as indented text.
    pub fn as_text(&self) -> String {
        draw::text(self)
    }

    /// The picture as a Mermaid flow chart.
    pub fn as_mermaid(&self) -> String {
        draw::mermaid(self)
    }
}

impl Group {
    /// Whether other processes do the same work on the same data.
    pub fn is_replicated(&self) -> bool {
        self.replicas > 1
    }

    /// Its name as people read it, with the number of its processes where that is not one.
    pub fn titled(&self) -> String {
        if self.is_replicated() { format!("{} × {}", self.name, self.replicas) } else { self.name.clone() }
    }

    fn of(name: &str, modules: Vec<ModuleName>) -> Self {
        Self { name: name.to_owned(), modules, internal: None, environment: BTreeMap::new(), replicas: 1 }
    }
}

/// The module of this name; `place` says where it was named.
fn module(place: &str, name: &str) -> Result<ModuleName, TopologyError> {
    modules().find(|module| module.as_str() == name).ok_or_else(|| TopologyError::UnknownModule {
        place: place.to_owned(),
        asked: name.to_owned(),
        nearest: nearest(name, modules().map(ModuleName::as_str)).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topology_has_every_module_once() {
        for name in ["monolith", "services", "extract:orders", "extract:inventory+cart"] {
            let topology = Topology::named(name).unwrap();
            let mut placed: Vec<_> = topology.groups.iter().flat_map(|group| group.modules.clone()).collect();
            let mut all: Vec<_> = modules().collect();
            placed.sort();
            all.sort();
            assert_eq!(placed, all, "{name}");
        }
    }

    #[test]
    fn a_wrong_name_gets_a_suggestion() {
        let told = |name: &str| Topology::named(name).unwrap_err().to_string();
        assert!(told("monolit").contains("did you mean \"monolith\"?"), "{}", told("monolit"));
        assert!(told("extract:inventroy").contains("did you mean \"inventory\"?"), "{}", told("extract:inventroy"));
        assert!(told("extract:cart+cart").contains("in two groups"), "{}", told("extract:cart+cart"));
        assert!(told("nowhere.toml").contains("nowhere.toml"), "{}", told("nowhere.toml"));
    }

    #[test]
    fn a_group_that_is_not_there_is_named_with_those_that_are() {
        let told = Topology::services().group("order").unwrap_err().to_string();
        assert!(told.contains("did you mean \"orders\"?"), "{told}");
    }
}
