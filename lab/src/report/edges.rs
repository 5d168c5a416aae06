//! The edges between modules, summed over methods and requests, with what each would cost if it were cut.

use std::collections::BTreeMap;

use crate::archive::{EdgeTime, Run, TracedPass};

/// All calls from one module to another in one traced pass.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edge {
    pub(crate) caller: String,
    pub(crate) callee: String,
    /// Calls, attempts and hops.
    pub(crate) calls: u64,
    pub(crate) attempts: u64,
    pub(crate) hops: u64,
    /// Bytes of questions and answers.
    pub(crate) bytes: u64,
    pub(crate) time: EdgeTime,
    /// The visitors' requests of the pass.
    pub(crate) requests: u64,
}

impl Edge {
    /// Calls per visitor's request.
    pub(crate) fn calls_per_request(&self) -> f64 {
        self.calls as f64 / self.requests.max(1) as f64
    }

    /// Nanoseconds of something as microseconds per call.
    pub(crate) fn us_per_call(&self, nanoseconds: u64) -> f64 {
        nanoseconds as f64 / 1000.0 / self.calls.max(1) as f64
    }

    /// What its hops would cost a request in CPU, microseconds, were it cut: calls and bytes at the price of a hop.
    pub(crate) fn price_of_cut_us(&self, run: &Run) -> Option<f64> {
        let price = run.predictions.price.as_ref()?;
        let bytes = self.bytes as f64 / self.requests.max(1) as f64;
        Some((self.calls_per_request() * price.cpu_ns + bytes * price.cpu_ns_per_byte) / 1000.0)
    }
}

/// How many requests visitors made in a pass.
pub(crate) fn requests(pass: &TracedPass) -> u64 {
    pass.requests.values().sum()
}

/// The edges of a pass, most calls first.
pub(crate) fn edges(pass: &TracedPass) -> Vec<Edge> {
    let requests = requests(pass);
    let mut sums: BTreeMap<(&str, &str), Edge> = BTreeMap::new();
    for record in &pass.edges {
        let edge = sums.entry((&record.caller, &record.callee)).or_insert_with(|| Edge {
            caller: record.caller.clone(),
            callee: record.callee.clone(),
            requests,
            ..Edge::default()
        });
        edge.calls += record.calls;
        edge.attempts += record.attempts;
        edge.hops += record.hops;
        edge.bytes += record.question_bytes + record.answer_bytes;
        edge.time.serialise_ns += record.time.serialise_ns;
        edge.time.queue_ns += record.time.queue_ns;
        edge.time.wire_ns += record.time.wire_ns;
        edge.time.handler_ns += record.time.handler_ns;
        edge.time.deserialise_ns += record.time.deserialise_ns;
    }
    let mut edges: Vec<Edge> = sums.into_values().collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.calls));
    edges
}

/// The pass of a side under the lightest load it was traced at.
pub(crate) fn pass_of<'r>(run: &'r Run, side: &str) -> Option<&'r TracedPass> {
    let passes = run.accounts.passes.iter().filter(|pass| pass.side == side && requests(pass) > 0);
    passes.min_by_key(|pass| pass.load.parse::<u32>().unwrap_or(u32::MAX))
}

/// The microseconds per request that each module spends in its own handlers, without the calls that it makes; the most first.
pub(crate) fn own_time_us(pass: &TracedPass) -> Vec<(String, f64)> {
    let mut own: BTreeMap<&str, f64> = BTreeMap::new();
    for record in pass.edges.iter().filter(|record| record.request != BACKGROUND) {
        let time = record.time;
        *own.entry(&record.callee).or_default() += time.handler_ns as f64;
        let asked = time.handler_ns + time.serialise_ns + time.queue_ns + time.wire_ns + time.deserialise_ns;
        *own.entry(&record.caller).or_default() -= asked as f64;
    }
    let per_request = 1000.0 * requests(pass).max(1) as f64;
    let mut own: Vec<(String, f64)> = own
        .into_iter()
        .filter(|(_, sum)| *sum > 0.0)
        .map(|(module, sum)| (module.to_owned(), sum / per_request))
        .collect();
    own.sort_by(|a, b| b.1.total_cmp(&a.1));
    own
}

/// The name under which calls are kept that belong to no visitor's request.
const BACKGROUND: &str = "(background)";
