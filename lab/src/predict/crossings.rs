//! What leaves its process, counted: from the calls of a traced pass and the modules of each process.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Partition, RoundPrice, TracedPass};

impl Partition {
    /// The process that a module is in; none for what is no module of the topology.
    pub fn process_of(&self, module: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.iter().any(|member| member == module))
    }

    /// Whether a call from one module to the other leaves its process.
    fn parts(&self, caller: &str, callee: &str) -> bool {
        match (self.process_of(caller), self.process_of(callee)) {
            (Some(from), Some(to)) => from != to,
            // What the topology does not place, such as a task of the platform, stays where it is.
            _ => false,
        }
    }
}

/// A round of calls of which at least one leaves its process.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossingRound {
    /// The process that asks.
    pub from: usize,
    /// The module that asks.
    pub caller: String,
    /// The other processes that are asked, with how many calls go to each.
    pub to: BTreeMap<usize, u64>,
    /// Those among them that answer from a table.
    pub tables: BTreeSet<usize>,
    /// How often a request makes this round, in the mean.
    pub times: f64,
}

/// What the requests of one name send between processes, per request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Crossings {
    /// Rounds in which another process is asked at all.
    pub rounds: f64,
    /// Processes that are asked, over all rounds.
    pub processes: f64,
    /// Processes that are asked which the same request has asked before.
    pub again: f64,
    /// Processes that answer from a table, over all rounds.
    pub tables: f64,
    /// Calls beyond the first to the same process in the same round: they share its wake-up.
    pub sisters: f64,
    /// Bytes of questions and answers.
    pub bytes: f64,
}

impl Crossings {
    /// Adds a share of another's.
    pub fn add(&mut self, other: &Self, weight: f64) {
        self.rounds += other.rounds * weight;
        self.processes += other.processes * weight;
        self.again += other.again * weight;
        self.tables += other.tables * weight;
        self.sisters += other.sisters * weight;
        self.bytes += other.bytes * weight;
    }
}

/// What the traced pass does not say of a call, and its times do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Telling {
    /// A module that works for so long or longer on a call answers from a table, nanoseconds.
    pub table_ns: f64,
    /// A process that was asked so short a time ago, or shorter, still has its caches, nanoseconds.
    pub warm_ns: f64,
}

impl Telling {
    /// Where nothing is known: nobody answers from a table, and everything is cold.
    pub const NOTHING: Self = Self { table_ns: f64::INFINITY, warm_ns: 0.0 };

    /// From memory a module answers in a small part of what a known table took. Caches stay warm for about a page: the known process that
    /// was asked twice had one in between.
    pub fn of(alone: &RoundPrice) -> Self {
        let RoundPrice { table_here_ns, base_p50_ns, .. } = *alone;
        let table_ns = if table_here_ns > 0.0 { table_here_ns / 2.0 } else { f64::INFINITY };
        Self { table_ns, warm_ns: base_p50_ns }
    }
}

/// The rounds of the requests of one name that leave their process.
pub fn crossing_rounds(
    pass: &TracedPass,
    partition: &Partition,
    request: &str,
    telling: Telling,
) -> Vec<CrossingRound> {
    let Some(requests) = requests_of(pass, request) else { return Vec::new() };
    let (rounds, with_tables) = (rounds_of(pass, request), with_tables(pass, request, telling));
    let leaving = rounds.into_iter().filter_map(|(caller, callees, times)| {
        let from = partition.process_of(caller)?;
        let (mut to, mut tables) = (BTreeMap::new(), BTreeSet::new());
        for (callee, calls) in callees {
            if let Some(process) = partition.process_of(callee).filter(|process| *process != from) {
                *to.entry(process).or_default() += calls;
                tables.extend(with_tables.contains(callee).then_some(process));
            }
        }
        let times = times as f64 / requests;
        (!to.is_empty()).then(|| CrossingRound { from, caller: caller.to_owned(), to, tables, times })
    });
    leaving.collect()
}

/// The modules that answer from a table: by what they work on a call, in the mean, without what they wait for from others.
pub fn with_tables<'p>(pass: &'p TracedPass, request: &str, telling: Telling) -> BTreeSet<&'p str> {
    let (mut calls, mut own_ns): (BTreeMap<&str, u64>, BTreeMap<&str, f64>) = Default::default();
    for edge in pass.edges.iter().filter(|edge| edge.request == request) {
        let handler_ns = edge.time.handler_ns as f64;
        *calls.entry(&edge.callee).or_default() += edge.calls;
        *own_ns.entry(&edge.callee).or_default() += handler_ns;
        *own_ns.entry(&edge.caller).or_default() -= handler_ns;
    }
    calls
        .into_iter()
        .filter(|(callee, calls)| own_ns[callee] >= telling.table_ns * *calls as f64)
        .map(|(callee, _)| callee)
        .collect()
}

/// What the requests of one name send between processes.
pub fn crossings_of(pass: &TracedPass, partition: &Partition, request: &str, telling: Telling) -> Crossings {
    let mut sum = Crossings::default();
    let mut asked: BTreeMap<usize, f64> = BTreeMap::new();
    for round in crossing_rounds(pass, partition, request, telling) {
        let calls: u64 = round.to.values().sum();
        sum.rounds += round.times;
        sum.processes += round.times * round.to.len() as f64;
        sum.tables += round.times * round.tables.len() as f64;
        sum.sisters += round.times * (calls as f64 - round.to.len() as f64);
        round.to.keys().for_each(|process| *asked.entry(*process).or_default() += round.times);
    }
    if between_rounds_ns(pass, request) <= telling.warm_ns {
        sum.again = asked.values().map(|times| (times - 1.0).max(0.0)).sum();
    }
    if let Some(requests) = requests_of(pass, request) {
        let cut =
            pass.edges.iter().filter(|edge| edge.request == request && partition.parts(&edge.caller, &edge.callee));
        sum.bytes = cut.map(|edge| (edge.question_bytes + edge.answer_bytes) as f64).sum::<f64>() / requests;
    }
    sum
}

/// The names of what a pass has traced, background work included.
pub(super) fn request_names(pass: &TracedPass) -> BTreeSet<&str> {
    pass.requests.keys().map(String::as_str).chain(pass.edges.iter().map(|edge| edge.request.as_str())).collect()
}

/// The time from one round of a request to its next, in the mean; without end where nobody knows.
fn between_rounds_ns(pass: &TracedPass, request: &str) -> f64 {
    let path = pass.paths.iter().find(|path| path.request == request);
    let rounds: u64 = rounds_of(pass, request).iter().map(|(_, _, times)| times).sum();
    path.map_or(f64::INFINITY, |path| path.mean_ns * path.requests as f64 / rounds.max(1) as f64)
}

/// How many requests the calls of this name belong to; what runs in the background belongs to all of them.
fn requests_of(pass: &TracedPass, request: &str) -> Option<f64> {
    let count = pass.requests.get(request).copied().unwrap_or_else(|| pass.requests.values().sum());
    (count > 0).then_some(count as f64)
}

type Round<'p> = (&'p str, Vec<(&'p str, u64)>, u64);

/// The rounds of a name. A pass that has none counts every call as a round of its own, which is the most they can be.
fn rounds_of<'p>(pass: &'p TracedPass, request: &str) -> Vec<Round<'p>> {
    if pass.rounds.is_empty() {
        let edges = pass.edges.iter().filter(|edge| edge.request == request);
        return edges.map(|edge| (edge.caller.as_str(), vec![(edge.callee.as_str(), 1)], edge.calls)).collect();
    }
    let rounds = pass.rounds.iter().filter(|round| round.request == request);
    rounds
        .map(|round| {
            let callees = round.callees.iter().map(|(callee, calls)| (callee.as_str(), *calls)).collect();
            (round.caller.as_str(), callees, round.times)
        })
        .collect()
}
