//! Accounts: what passes between modules and what each request waits for, from the spans that a traced side has written.
//!
//! The program writes, for every call below a request that asks for it, one or more JSON lines about one span ([`Spans`] reads them; the
//! format is in the lab's README). From these come the edges, the calls that were made together, and the critical paths, by the
//! algorithm of CRISP (Zhang et al., USENIX ATC '22).

mod edges;
mod path;
mod rounds;
mod span;
mod tree;

use std::collections::BTreeMap;

pub use span::{MOMENTS, Span, Spans};
use tree::Tree;

use crate::archive::{EdgeRecord, PathRecord, RoundRecord};

/// Calls that belong to no visitor's request, or begin after it has been answered.
pub const BACKGROUND: &str = "(background)";

/// What the spans of one stretch of load say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accounts {
    /// How many requests of each name were traced.
    pub requests: BTreeMap<String, u64>,
    /// The edges.
    pub edges: Vec<EdgeRecord>,
    /// What each request waits for.
    pub paths: Vec<PathRecord>,
    /// The calls that were made together.
    pub rounds: Vec<RoundRecord>,
}

impl Accounts {
    /// Books the spans of one stretch. `name_of` says which request began a trace, and `None` of traces that no request of this stretch
    /// began: those are background work when they lie in `within`, and somebody else's otherwise.
    pub fn of(spans: &Spans, name_of: impl Fn(u128) -> Option<String>, within: std::ops::Range<u64>) -> Self {
        let tree = Tree::of(spans, name_of, within);
        Self {
            requests: tree.requests(),
            edges: edges::book(&tree),
            paths: path::book(&tree),
            rounds: rounds::book(&tree),
        }
    }
}
