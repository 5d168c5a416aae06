//! What can be a side of a comparison: a topology of the program under test, or somebody else's program.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use super::command::{Executable, Verification};
use super::running::RunningSide;
use super::stranger::Stranger;

/// Something that can be seeded, started, loaded, stopped and checked.
#[derive(Debug, Clone)]
pub enum Contender {
    /// A topology of the program under test.
    Topology {
        /// The program.
        executable: Executable,
        /// What its `up` is given.
        topology: String,
    },
    /// The commands of a file.
    Stranger {
        /// The commands.
        stranger: Stranger,
        /// The CPUs on which they run.
        cpus: Vec<usize>,
    },
}

impl Contender {
    /// Finds out what was asked for, so that a slip costs a second and not a run.
    pub fn asked_for(executable: &Executable, asked: &str) -> anyhow::Result<Self> {
        if let Some(stranger) = Stranger::asked_for(asked)? {
            return Ok(Self::Stranger { stranger, cpus: executable.cpus.clone() });
        }
        executable.check_topology(asked)?;
        Ok(Self::Topology { executable: executable.clone(), topology: asked.to_owned() })
    }

    /// Whether it can run while other sides do: not where it says that an address is fixed, which only one of them can have. Somebody else's
    /// program may keep its data wherever it likes, and shares the pages of its interpreter, so that its memory could not be told apart.
    pub fn can_run_beside_others(&self) -> bool {
        match self {
            Self::Topology { executable, topology } => {
                !executable.layout(topology).is_ok_and(|layout| layout.fixes_an_address())
            }
            Self::Stranger { .. } => false,
        }
    }

    /// The same from a copy of its program, so that it shares no page of it with others.
    pub fn of_its_own(&self, copy: &Path) -> anyhow::Result<Self> {
        let Self::Topology { executable, topology } = self else { return Ok(self.clone()) };
        if !copy.exists() {
            std::fs::copy(&executable.path, copy)
                .with_context(|| format!("the program cannot be copied to {}", copy.display()))?;
        }
        let executable = Executable { path: copy.to_owned(), ..executable.clone() };
        Ok(Self::Topology { executable, topology: topology.clone() })
    }

    /// Somebody else's program, when it is one.
    pub fn stranger(&self) -> Option<&Stranger> {
        match self {
            Self::Topology { .. } => None,
            Self::Stranger { stranger, .. } => Some(stranger),
        }
    }

    /// Makes the data that every block starts from.
    pub fn seed(&self, data: &Path) -> anyhow::Result<()> {
        match self {
            Self::Topology { executable, .. } => executable.seed(data),
            Self::Stranger { stranger, cpus } => stranger.seed(cpus, data),
        }
    }

    /// Starts it on a data folder and waits until it serves.
    pub fn start(
        &self,
        data: &Path,
        environment: &BTreeMap<String, String>,
        log: &Path,
    ) -> anyhow::Result<RunningSide> {
        match self {
            Self::Topology { executable, topology } => RunningSide::start(executable, topology, data, environment, log),
            Self::Stranger { stranger, cpus } => stranger.start(cpus, data, environment, log),
        }
    }

    /// Checks the data that it has left behind.
    pub fn verify(&self, data: &Path) -> anyhow::Result<Verification> {
        match self {
            Self::Topology { executable, .. } => executable.verify(data),
            Self::Stranger { stranger, cpus } => stranger.verify(cpus, data),
        }
    }
}
