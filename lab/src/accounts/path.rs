//! Critical paths: what a request waits for, by the algorithm of CRISP (Zhang et al., USENIX ATC '22).
//!
//! The path of a span is walked from its end to its start: of the calls below it that have ended by then, the one that ended last is
//! on the path, and the walk goes on from that call's start; the time between is the span's own. A call that ends later than the point
//! the walk has come to was either waited for together with a longer one, or not waited for at all.
//!
//! Tracing costs time that no untraced request spends: before and after its handler, a call within a process gives way once and is
//! written out to be counted. Where nothing else happens meanwhile, that time is left out.

use std::collections::BTreeMap;

use super::tree::Tree;
use crate::archive::{PathRecord, PathStep};

/// Own time and time on the way of one kind of step, nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    own: u64,
    way: u64,
}

/// Caller, module and method.
type Step<'s> = (&'s str, &'s str, &'s str);
type Shares<'s> = BTreeMap<Step<'s>, Share>;

/// The mean path of the requests of each name.
pub(super) fn book(tree: &Tree<'_>) -> Vec<PathRecord> {
    let mut paths = BTreeMap::<&str, (u64, Shares<'_>)>::new();
    for root in tree.roots() {
        let (requests, shares) = paths.entry(&tree.node(*root).request).or_default();
        *requests += 1;
        walk(tree, *root, shares);
    }
    paths.into_iter().map(|(request, (requests, shares))| record(request, requests, &shares)).collect()
}

/// Adds the path of a span to `shares`.
fn walk<'s>(tree: &'s Tree<'_>, index: usize, shares: &mut Shares<'s>) {
    let node = tree.node(index);
    let step = (node.caller(), node.callee(), node.method());
    let (start, mut at) = node.handler;
    let mut calls: Vec<(u64, u64, usize)> = tree.below(index).iter().map(|call| on_path(tree, *call)).collect();
    calls.sort_unstable_by(|a, b| b.cmp(a));
    let mut own = 0;
    for (end, began, call) in calls {
        if end > at || began < start {
            continue;
        }
        own += own_time(tree, index, end, at);
        let child = tree.node(call);
        let way = (end - began) - (child.handler.1 - child.handler.0);
        shares.entry((child.caller(), child.callee(), child.method())).or_default().way += way;
        walk(tree, call, shares);
        at = began;
    }
    own += own_time(tree, index, start, at);
    shares.entry(step).or_default().own += own;
}

/// When a call ends and begins as its caller's path sees it: the way to another process is waited for, tracing is not.
fn on_path(tree: &Tree<'_>, call: usize) -> (u64, u64, usize) {
    let node = tree.node(call);
    let (start, end) = if node.span.is_hop() { node.whole } else { node.handler };
    (end, start, call)
}

/// What of a stretch of a span is its own, and not the tracing of the calls below it.
fn own_time(tree: &Tree<'_>, index: usize, from: u64, to: u64) -> u64 {
    let calls = tree.below(index).iter().map(|call| tree.node(*call)).filter(|call| !call.span.is_hop());
    let tracing = calls.flat_map(|call| [(call.whole.0, call.handler.0), (call.handler.1, call.whole.1)]);
    let mut tracing: Vec<(u64, u64)> =
        tracing.map(|(start, end)| (start.max(from), end.min(to))).filter(|(start, end)| start < end).collect();
    tracing.sort_unstable();
    let (mut traced, mut until) = (0, from);
    for (start, end) in tracing {
        traced += end.saturating_sub(start.max(until));
        until = until.max(end);
    }
    to - from - traced
}

fn record(request: &str, requests: u64, shares: &Shares<'_>) -> PathRecord {
    let mean = |nanoseconds: u64| nanoseconds as f64 / requests as f64;
    let named = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
    let mut steps: Vec<PathStep> = shares
        .iter()
        .map(|((caller, module, method), share)| PathStep {
            module: (*module).to_owned(),
            method: named(method),
            caller: named(caller),
            own_ns: mean(share.own),
            way_ns: mean(share.way),
        })
        .collect();
    steps.sort_by(|a, b| (b.own_ns + b.way_ns).total_cmp(&(a.own_ns + a.way_ns)));
    let whole = shares.values().map(|share| share.own + share.way).sum();
    PathRecord { request: request.to_owned(), requests, mean_ns: mean(whole), steps }
}
