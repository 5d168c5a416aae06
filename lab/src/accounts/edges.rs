//! The edges: how many calls, how many bytes, and where their time went.

use std::collections::BTreeMap;

use super::Span;
use super::tree::Tree;
use crate::archive::{EdgeRecord, EdgeTime};

/// Sums all calls up by request, caller, callee and method.
pub(super) fn book(tree: &Tree<'_>) -> Vec<EdgeRecord> {
    let mut edges = BTreeMap::new();
    for call in tree.calls() {
        let key = [&call.request, call.caller(), call.callee(), call.method()].map(str::to_owned);
        let edge = edges.entry(key.clone()).or_insert_with(|| {
            let [request, caller, callee, method] = key;
            EdgeRecord {
                request,
                caller,
                callee,
                method,
                calls: 0,
                attempts: 0,
                hops: 0,
                question_bytes: 0,
                answer_bytes: 0,
                time: EdgeTime::default(),
            }
        });
        edge.calls += 1;
        edge.attempts += call.span.attempts.max(1);
        edge.hops += u64::from(call.span.is_hop());
        edge.question_bytes += call.span.bytes[0];
        edge.answer_bytes += call.span.bytes[1];
        edge.time = sum(edge.time, time_of(call.span));
    }
    edges.into_values().collect()
}

/// Where the time of one call went; the five parts of a hop add up to the whole call.
pub(super) fn time_of(span: &Span) -> EdgeTime {
    let Some([start, asked, serialised, sent, received, taken, handler, handled, answered, arrived, woken, end]) =
        span.in_order()
    else {
        return EdgeTime::default();
    };
    if !span.is_hop() {
        return EdgeTime { handler_ns: handled - handler, ..EdgeTime::default() };
    }
    EdgeTime {
        serialise_ns: (serialised - asked) + (answered - handled),
        // Attempts that came to nothing are waiting as well.
        queue_ns: (asked - start) + (sent - serialised) + (taken - received) + (woken - arrived),
        wire_ns: (received - sent) + (arrived - answered),
        handler_ns: handled - handler,
        deserialise_ns: (handler - taken) + (end - woken),
    }
}

fn sum(a: EdgeTime, b: EdgeTime) -> EdgeTime {
    EdgeTime {
        serialise_ns: a.serialise_ns + b.serialise_ns,
        queue_ns: a.queue_ns + b.queue_ns,
        wire_ns: a.wire_ns + b.wire_ns,
        handler_ns: a.handler_ns + b.handler_ns,
        deserialise_ns: a.deserialise_ns + b.deserialise_ns,
    }
}
