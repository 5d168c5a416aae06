//! What passed between modules in a traced pass: counted and timed call by call, apart from the blocks whose figures it would spoil.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The traced passes of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountsRecord {
    /// One per compared side and load.
    pub passes: Vec<TracedPass>,
    /// Why there are none.
    pub absent: Option<String>,
}

/// One side under one load, every call traced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracedPass {
    /// The side.
    pub side: String,
    /// The load, as in [`super::Point::load`].
    pub load: String,
    /// How many requests of each name were traced.
    pub requests: BTreeMap<String, u64>,
    /// The edges, by the visitor's request that a call belongs to.
    pub edges: Vec<EdgeRecord>,
    /// What each request waits for.
    pub paths: Vec<PathRecord>,
    /// The calls that were made together; a prediction needs them, because calls of one round to one process share a wake-up.
    #[serde(default)]
    pub rounds: Vec<RoundRecord>,
}

/// Calls that one module began before it waited for any of them, as those of one `join!`: they leave together.
///
/// In its own process a call that is answered from memory would end before its sister begins. A traced call therefore gives way once
/// between its begin and its handler, so that sisters are seen to overlap: a round is what one parent span began before any of it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundRecord {
    /// The name of the visitor's request; `(background)` for calls that belong to none.
    pub request: String,
    /// The module that asks.
    pub caller: String,
    /// The method of the asking module that made the round; none for the page itself.
    pub asked_for: Option<String>,
    /// Its place among the rounds of that one call, from 0.
    pub place: u32,
    /// The modules that are asked, with how many calls go to each.
    pub callees: BTreeMap<String, u64>,
    /// How many such rounds were seen.
    pub times: u64,
}

/// All calls of one method from one module to another, below the visitors' requests of one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EdgeRecord {
    /// The name of the visitor's request; `(background)` for calls that belong to none.
    pub request: String,
    /// The module that asks.
    pub caller: String,
    /// The module that is asked.
    pub callee: String,
    /// The method.
    pub method: String,
    /// Calls begun.
    pub calls: u64,
    /// Attempts made for them, the first ones included.
    pub attempts: u64,
    /// How many of the calls left their process.
    pub hops: u64,
    /// Bytes of all questions, as the codec writes them: also of calls that stayed in their process.
    pub question_bytes: u64,
    /// Bytes of all answers, likewise.
    pub answer_bytes: u64,
    /// Where the time of all calls went.
    pub time: EdgeTime,
}

/// Where the time of calls went, nanoseconds; calls in their own process have only a handler.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeTime {
    /// Writing the question and the answer.
    pub serialise_ns: u64,
    /// Waiting, written, until the connection took it.
    pub queue_ns: u64,
    /// Between the processes, both ways.
    pub wire_ns: u64,
    /// In the service, with the calls that it makes itself.
    pub handler_ns: u64,
    /// Reading the question and the answer.
    pub deserialise_ns: u64,
}

/// What the requests of one name wait for: their critical path, in the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// The name of the visitor's request.
    pub request: String,
    /// How many were traced.
    pub requests: u64,
    /// From the first span's start to its end, nanoseconds in the mean.
    pub mean_ns: f64,
    /// What the time went to, the most first; their sum is `mean_ns`.
    pub steps: Vec<PathStep>,
}

/// A share of a critical path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathStep {
    /// The module whose own work it is.
    pub module: String,
    /// The method it was asked; none for the page itself.
    pub method: Option<String>,
    /// The module that waited; none for the page itself.
    pub caller: Option<String>,
    /// Its own work on the path, nanoseconds per request.
    pub own_ns: f64,
    /// The way there and back on the path, nanoseconds per request: zero within a process.
    pub way_ns: f64,
}
