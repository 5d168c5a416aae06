//! A grouping of the program's modules under a stated budget, from the calls of the first side and the price of a hop.

use std::collections::{BTreeMap, BTreeSet};

use super::grouping::{Division, Grouping, best};
use crate::archive::{FaultKind, JourneyOutcome, Partition, Run};
use crate::predict::{Model, with_tables};

/// Where the search for the best grouping is given up: some seconds.
const MOST_STEPS: u64 = 3_000_000;

/// A grouping that isolates most for what it may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The modules of each process, the largest first.
    pub groups: Vec<Vec<String>>,
    /// CPU per request that is foretold, as a multiple of the first side's.
    pub cpu_ratio: f64,
    /// The share of requests that go on when one module breaks and takes its process with it, in the mean over modules.
    pub isolation: f64,
    /// Whether no other grouping within the budget isolates more.
    pub proven: bool,
}

/// Proposes a grouping whose CPU per request is at most `budget` times the first side's, at the headline load.
pub fn propose(run: &Run, model: &Model<'_>, modules: &[String], budget: f64) -> Option<Proposal> {
    let load = f64::from(run.protocol.headline_load);
    let graph = CallGraph::of(run, model, modules, load);
    let Grouping { groups, isolation, proven, .. } = best(&graph, budget - 1.0, MOST_STEPS)?;
    let mut named: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (module, group) in modules.iter().zip(&groups) {
        named.entry(*group).or_default().push(module.clone());
    }
    let mut groups: Vec<Vec<String>> = named.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let partition = Partition { topology: String::new(), groups: groups.clone() };
    Some(Proposal { groups, cpu_ratio: model.cpu_ratio(&partition, load), isolation, proven })
}

impl Proposal {
    /// The grouping as a topology file.
    pub fn as_topology(&self) -> String {
        let mut text = format!(
            "# Proposed: {:.3} times the CPU per request is foretold; {:.0} % of requests go on when one module breaks.\n",
            self.cpu_ratio,
            self.isolation * 100.0
        );
        for group in &self.groups {
            let modules: Vec<String> = group.iter().map(|module| format!("{module:?}")).collect();
            // A group is named by its first module: names are unique because modules are.
            text += &format!("\n[groups.{}]\nmodules = [{}]\n", group[0], modules.join(", "));
        }
        text
    }
}

/// A kind of round: who asks, who is asked, and how often per request.
struct PricedRound {
    caller: usize,
    asked: Vec<Asked>,
    times: f64,
}

/// A module that is asked in a round.
struct Asked {
    module: usize,
    calls: u64,
    has_table: bool,
}

/// The calls between modules with their prices, as shares of the first side's CPU per request.
struct CallGraph {
    modules: usize,
    rounds: Vec<PricedRound>,
    /// Bytes per request between two modules, at their price.
    bytes: Vec<(usize, usize, f64)>,
    per_round: f64,
    per_process: f64,
    per_table: f64,
    per_sister: f64,
    /// Share of requests, and the modules that they cannot do without.
    needs: Vec<(f64, Vec<bool>)>,
}

impl CallGraph {
    fn of(run: &Run, model: &Model<'_>, modules: &[String], load: f64) -> Self {
        let price = model.round_price(load);
        let base = price.base_cpu_ns;
        let place = |module: &str| modules.iter().position(|known| known == module);
        let dispensable: Vec<bool> = modules.iter().map(|module| is_dispensable(run, module)).collect();
        let (mut rounds, mut bytes, mut needs) = (Vec::new(), Vec::new(), Vec::new());
        let per_byte = model.price.cpu_ns_per_byte / base;
        for (request, weight) in weighted(model) {
            let all = model.pass.requests.values().sum::<u64>();
            let requests = model.pass.requests.get(request).copied().unwrap_or(all).max(1) as f64;
            let times = |times: u64| times as f64 / requests * weight;
            let with_tables = with_tables(model.pass, request, model.telling);
            for round in model.pass.rounds.iter().filter(|round| round.request == request) {
                let asked = round.callees.iter().filter_map(|(callee, calls)| {
                    Some(Asked {
                        module: place(callee)?,
                        calls: *calls,
                        has_table: with_tables.contains(callee.as_str()),
                    })
                });
                let asked: Vec<Asked> = asked.collect();
                if let Some(caller) = place(&round.caller).filter(|_| !asked.is_empty()) {
                    rounds.push(PricedRound { caller, asked, times: times(round.times) });
                }
            }
            let mut needed = vec![false; modules.len()];
            for edge in model.pass.edges.iter().filter(|edge| edge.request == request) {
                let (Some(caller), Some(callee)) = (place(&edge.caller), place(&edge.callee)) else { continue };
                bytes.push((caller, callee, times(edge.question_bytes + edge.answer_bytes) * per_byte));
                needed[caller] = true;
                needed[callee] |= !dispensable[callee];
            }
            // Nobody waits for what runs in the background.
            if model.pass.requests.contains_key(request) {
                needs.push((weight, needed));
            }
        }
        Self {
            modules: modules.len(),
            rounds,
            bytes,
            per_round: price.cpu_per_round_ns / base,
            // What a hop of known number carries is part of its price and counted twice here, so that a budget is rather kept than not.
            // So is what a process takes less that the same request has asked before.
            per_process: price.cpu_per_process_ns / base,
            per_table: price.cpu_per_table_ns / base,
            per_sister: model.price.cpu_64_ns / base,
            needs,
        }
    }
}

/// The names of all requests with their shares, and those of what runs in the background, once per request.
fn weighted<'m>(model: &'m Model<'_>) -> Vec<(&'m str, f64)> {
    let requests = model.classes.iter().map(|class| (class.name.as_str(), class.weight));
    let in_background = |name: &&str| !model.pass.requests.contains_key(*name);
    let background: BTreeSet<&str> = model.pass.edges.iter().map(|edge| edge.request.as_str()).collect();
    requests.chain(background.into_iter().filter(in_background).map(|name| (name, 1.0))).collect()
}

impl Division for CallGraph {
    fn modules(&self) -> usize {
        self.modules
    }

    fn cost(&self, groups: &[usize]) -> f64 {
        let mut sum = 0.0;
        for PricedRound { caller, asked, times } in &self.rounds {
            let Some(from) = groups.get(*caller) else { continue };
            let (mut processes, mut tables, mut calls) = (0_u64, 0_u64, 0);
            for (place, Asked { module, calls: count, has_table }) in asked.iter().enumerate() {
                let Some(to) = groups.get(*module).filter(|to| *to != from) else { continue };
                let is_first = |wanted: &dyn Fn(&Asked) -> bool| {
                    !asked[..place].iter().any(|earlier| wanted(earlier) && groups.get(earlier.module) == Some(to))
                };
                calls += count;
                processes += u64::from(is_first(&|_| true));
                tables += u64::from(*has_table && is_first(&|earlier| earlier.has_table));
            }
            if processes > 0 {
                let sisters = (calls - processes) as f64;
                // A sister in a process of its own would cost a wake-up, never less.
                let per_sister = self.per_sister.min(self.per_process);
                let hops = self.per_round + processes as f64 * self.per_process + tables as f64 * self.per_table;
                sum += times * (hops + sisters * per_sister);
            }
        }
        let cut =
            |(a, b, _): &&(usize, usize, f64)| matches!((groups.get(*a), groups.get(*b)), (Some(a), Some(b)) if a != b);
        sum + self.bytes.iter().filter(cut).map(|(_, _, cost)| cost).sum::<f64>()
    }

    fn isolation(&self, groups: &[usize]) -> f64 {
        let falls = |broken: usize, module: usize| {
            broken == module || groups.get(broken).is_some_and(|group| groups.get(module) == Some(group))
        };
        let goes_on =
            |broken: usize, needed: &[bool]| !(0..self.modules).any(|module| needed[module] && falls(broken, module));
        let of_broken = |broken: usize| -> f64 {
            self.needs.iter().filter(|(_, needed)| goes_on(broken, needed)).map(|(share, _)| share).sum()
        };
        (0..self.modules).map(of_broken).sum::<f64>() / self.modules.max(1) as f64
    }
}

/// Whether it was measured that every journey survives the module's death: then no request needs it.
fn is_dispensable(run: &Run, module: &str) -> bool {
    let first = run.compared().next().map_or("", |side| side.name.as_str());
    let mut killed = run
        .benefits
        .survival
        .iter()
        .filter(|record| record.module == module && record.fault == FaultKind::Kill && record.side != first)
        .peekable();
    killed.peek().is_some() && killed.all(|record| record.journeys.iter().all(JourneyOutcome::survives))
}
