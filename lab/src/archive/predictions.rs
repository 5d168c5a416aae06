//! What was foretold before it was measured.

use serde::{Deserialize, Serialize};

/// The predictions of a run; what was measured, and the error, are computed from the blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PredictionsRecord {
    /// The price of a hop that they rest on.
    pub price: Option<HopPrice>,
    /// One per topology, metric and load.
    pub predicted: Vec<Predicted>,
    /// What was projected to circumstances that the run did not have.
    pub projections: Vec<Projection>,
    /// Why there are none.
    pub absent: Option<String>,
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
    /// Where these figures come from, in one sentence.
    pub source: String,
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
