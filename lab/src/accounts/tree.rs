//! Spans as the calls of requests: who was asked below whom, and which request it was for.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{BACKGROUND, Span, Spans};

/// The spans of one stretch, each with the request it belongs to.
pub(super) struct Tree<'s> {
    nodes: Vec<Node<'s>>,
    /// The calls below each node, in the order in which they began.
    below: Vec<Vec<usize>>,
    /// The requests of visitors, whose answers were written.
    roots: Vec<usize>,
    /// Calls whose parent is not known, together by the parent they name.
    orphans: Vec<Vec<usize>>,
}

/// One span.
pub(super) struct Node<'s> {
    pub(super) span: &'s Span,
    /// The name of the request, or [`BACKGROUND`].
    pub(super) request: String,
    /// See [`Span::whole`].
    pub(super) whole: (u64, u64),
    /// See [`Span::handler`].
    pub(super) handler: (u64, u64),
}

impl<'s> Tree<'s> {
    pub(super) fn of(spans: &'s Spans, name_of: impl Fn(u128) -> Option<String>, within: Range<u64>) -> Self {
        let (mut nodes, mut index_of, mut names) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let mut answered_at = BTreeMap::new();
        for ((trace, id), span) in &spans.by_id {
            let (Some(whole), Some(handler), Some(_)) = (span.whole(), span.handler(), &span.callee) else { continue };
            let name = names.entry(*trace).or_insert_with(|| name_of(*trace));
            if name.is_none() && !within.contains(&whole.0) {
                continue;
            }
            if span.is_request() {
                answered_at.insert(*trace, whole.1);
            }
            index_of.insert((*trace, *id), nodes.len());
            let request = name.clone().unwrap_or_else(|| BACKGROUND.to_owned());
            nodes.push((*trace, Node { span, request, whole, handler }));
        }
        let mut below = vec![Vec::new(); nodes.len()];
        let (mut roots, mut orphans) = (Vec::new(), BTreeMap::<_, Vec<usize>>::new());
        for (index, (trace, node)) in nodes.iter_mut().enumerate() {
            // What begins when the visitor has the answer is not what the visitor waits for.
            if answered_at.get(trace).is_some_and(|answered| node.whole.0 >= *answered && !node.span.is_request()) {
                BACKGROUND.clone_into(&mut node.request);
            }
            if node.span.is_request() {
                roots.push(index);
                continue;
            }
            let parent = node.span.parent.and_then(|parent| index_of.get(&(*trace, parent)));
            match parent {
                Some(parent) => below[*parent].push(index),
                None => orphans.entry((*trace, node.span.parent)).or_default().push(index),
            }
        }
        let nodes: Vec<Node<'s>> = nodes.into_iter().map(|(_, node)| node).collect();
        let mut orphans: Vec<Vec<usize>> = orphans.into_values().collect();
        for calls in below.iter_mut().chain(&mut orphans) {
            calls.sort_by_key(|call| nodes[*call].whole);
        }
        Self { nodes, below, roots, orphans }
    }

    /// How many requests of each name were answered.
    pub(super) fn requests(&self) -> BTreeMap<String, u64> {
        let mut requests = BTreeMap::new();
        for root in &self.roots {
            *requests.entry(self.nodes[*root].request.clone()).or_default() += 1;
        }
        requests
    }

    /// The requests of visitors.
    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// One span.
    pub(super) fn node(&self, index: usize) -> &Node<'s> {
        &self.nodes[index]
    }

    /// All calls, which is all but the visitors' requests.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Node<'s>> {
        self.nodes.iter().filter(|node| !node.span.is_request())
    }

    /// The calls below a span, in the order in which they began.
    pub(super) fn below(&self, index: usize) -> &[usize] {
        &self.below[index]
    }

    /// Calls of one parent each, in the order in which they began, with the parent where it is known.
    pub(super) fn families(&self) -> impl Iterator<Item = (Option<&Node<'s>>, &[usize])> {
        let known = self.nodes.iter().zip(&self.below).map(|(parent, calls)| (Some(parent), &calls[..]));
        known.chain(self.orphans.iter().map(|calls| (None, &calls[..]))).filter(|(_, calls)| !calls.is_empty())
    }
}

impl Node<'_> {
    /// The module that asks.
    pub(super) fn caller(&self) -> &str {
        self.span.caller.as_deref().unwrap_or_default()
    }

    /// The module that is asked.
    pub(super) fn callee(&self) -> &str {
        self.span.callee.as_deref().unwrap_or_default()
    }

    /// The method; empty for a visitor's request.
    pub(super) fn method(&self) -> &str {
        self.span.method.as_deref().unwrap_or_default()
    }
}
