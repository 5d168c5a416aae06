//! What was foretold before it was measured.

use serde::{Deserialize, Serialize};

use super::Point;
use crate::side::Layout;

/// The predictions of a run; what was measured, and the error, are computed from the blocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PredictionsRecord {
    /// The price of a hop that they rest on.
    pub price: Option<HopPrice>,
    /// One per topology, metric and load.
    pub predicted: Vec<Predicted>,
    /// What was projected to circumstances that the run did not have.
    pub projections: Vec<Projection>,
    /// Why there are none.
    pub absent: Option<String>,
    /// Which modules share a process in each topology that is foretold.
    #[serde(default)]
    pub partitions: Vec<Partition>,
    /// The first side before the rounds, as it is and with hops of known number in every request: where the price is from.
    #[serde(default)]
    pub scouted: Vec<Scouted>,
}

/// Which modules share a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The topology.
    pub topology: String,
    /// The modules of each process.
    pub groups: Vec<Vec<String>>,
}

impl Partition {
    /// The partition that a topology is.
    pub fn of(topology: &str, layout: &Layout) -> Self {
        let groups = layout.groups.iter().map(|group| group.modules.clone()).collect();
        Self { topology: topology.to_owned(), groups }
    }
}

/// The first side for a moment, before the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scouted {
    /// The round, from 1; in each, everything is scouted once, in turns.
    pub turn: u32,
    /// How many idle services each request asked, all at once, before it did anything else.
    pub processes: u32,
    /// What these were.
    #[serde(default)]
    pub to: HopsTo,
    /// How often it asked them again when everything else was done.
    #[serde(default)]
    pub again: u32,
    /// The loads.
    pub points: Vec<Point>,
}

/// What is asked by hops of known number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopsTo {
    /// Processes that answer from memory.
    #[default]
    Memory,
    /// Processes that answer from a table.
    Table,
    /// The same tables in the process that asks, which is no hop.
    TableHere,
}

impl HopsTo {
    /// The word for it, as the program takes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Table => "table",
            Self::TableHere => "table-here",
        }
    }
}

/// What a call pays for leaving its process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HopPrice {
    /// CPU of both ends, with one caller, nanoseconds.
    pub cpu_ns: f64,
    /// CPU of both ends, with 64 callers at a time, nanoseconds.
    pub cpu_64_ns: f64,
    /// Time with one caller, nanoseconds.
    pub wall_ns: f64,
    /// CPU for each byte of question and answer, nanoseconds.
    pub cpu_ns_per_byte: f64,
    /// Bytes of question and answer that the other figures hold already.
    #[serde(default)]
    pub bytes: f64,
    /// Where these figures come from, in one sentence.
    pub source: String,
    /// What a round of calls costs in the company of the workload, by load.
    #[serde(default)]
    pub rounds: Vec<RoundPrice>,
}

/// What it costs to ask other processes in one round, nanoseconds: `per_round + processes * per_process`, and `per_table` more for those
/// that read one, `again_less` less for those that were asked before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundPrice {
    /// The load, as in [`Point::load`].
    pub load: String,
    /// CPU of all ends for the round as such.
    pub cpu_per_round_ns: f64,
    /// CPU of all ends for each process that is asked.
    pub cpu_per_process_ns: f64,
    /// Time for the round as such.
    pub wall_per_round_ns: f64,
    /// Time for each process that is asked.
    pub wall_per_process_ns: f64,
    /// CPU that a process takes less which the same request has asked before: its caches are still warm.
    #[serde(default)]
    pub cpu_again_less_ns: f64,
    /// Time that it takes less, likewise.
    #[serde(default)]
    pub wall_again_less_ns: f64,
    /// CPU beyond that of a hop for each process that answers from a table: there is more in it that is cold.
    #[serde(default)]
    pub cpu_per_table_ns: f64,
    /// Time beyond that, likewise.
    #[serde(default)]
    pub wall_per_table_ns: f64,
    /// What an answer from a table takes in the process that asks, time.
    #[serde(default)]
    pub table_here_ns: f64,
    /// CPU of the first side per request in the same minutes, nanoseconds: prices are worth as much as the machine was fast then.
    pub base_cpu_ns: f64,
    /// Median latency of the first side in the same minutes, nanoseconds.
    pub base_p50_ns: f64,
}

/// A figure foretold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The topology.
    pub topology: String,
    /// The metric's name: `cpu_per_request`, `p50@1` and the like.
    pub metric: String,
    /// In the metric's unit.
    pub value: f64,
}

/// A figure under circumstances that were simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// The topology.
    pub topology: String,
    /// The metric's name.
    pub metric: String,
    /// What differs from the run, in words: `0.2 ms between processes`, `4 cores`.
    pub circumstances: String,
    /// In the metric's unit; none where it was refused.
    pub value: Option<f64>,
    /// Why it was refused.
    pub refused: Option<String>,
    /// What was measured under these circumstances, where the run did.
    pub measured: Option<f64>,
}
