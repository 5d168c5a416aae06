//! Rounds: calls that one module began before it had the answer to any of them.

use std::collections::BTreeMap;

use super::tree::{Node, Tree};
use crate::archive::RoundRecord;

/// Finds the rounds of every call and request, and counts equal ones together.
pub(super) fn book(tree: &Tree<'_>) -> Vec<RoundRecord> {
    let mut seen = BTreeMap::<_, u64>::new();
    for (parent, calls) in tree.families() {
        let asked_for = parent.map(Node::method).filter(|method| !method.is_empty());
        // What a request still does after its answer is another matter, with rounds of its own.
        let mut place = BTreeMap::<&str, u32>::new();
        for round in rounds(tree, calls) {
            let first = tree.node(round[0]);
            let mut callees = BTreeMap::<String, u64>::new();
            for call in round {
                *callees.entry(tree.node(*call).callee().to_owned()).or_default() += 1;
            }
            let place = place.entry(&first.request).or_default();
            let key = (first.request.clone(), first.caller().to_owned(), asked_for.map(str::to_owned), *place, callees);
            *seen.entry(key).or_default() += 1;
            *place += 1;
        }
    }
    let record = |((request, caller, asked_for, place, callees), times)| RoundRecord {
        request,
        caller,
        asked_for,
        place,
        callees,
        times,
    };
    seen.into_iter().map(record).collect()
}

/// Cuts calls, in the order in which they began, where one begins after another has ended.
fn rounds<'c>(tree: &Tree<'_>, calls: &'c [usize]) -> Vec<&'c [usize]> {
    let (mut rounds, mut from, mut first_end) = (Vec::new(), 0, u64::MAX);
    for (at, call) in calls.iter().enumerate() {
        let call = tree.node(*call);
        let other_request = call.request != tree.node(calls[from]).request;
        if at > from && (call.whole.0 >= first_end || other_request) {
            rounds.push(&calls[from..at]);
            (from, first_end) = (at, u64::MAX);
        }
        first_end = first_end.min(call.whole.1);
    }
    if from < calls.len() {
        rounds.push(&calls[from..]);
    }
    rounds
}
