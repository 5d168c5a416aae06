//! What is asked of whom is the same wherever modules are, and with the lab's setting all of it is written down.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::Folder;

use crate::support::{shop::Data, visitor::MUG};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The moments of a call that leaves its process, in their order; the others have the handler's and the outermost ones.
const HOP: [&str; 12] = [
    "start",
    "asked",
    "serialised",
    "sent",
    "received",
    "taken",
    "handler_start",
    "handler_end",
    "answered",
    "arrived",
    "woken",
    "end",
];

/// The spans of a visit to this topology: lines about one call put together, by trace and id.
async fn spans_of_a_visit(topology: &str) -> Vec<BTreeMap<String, Value>> {
    let folder = Folder::new();
    let shop = Data::fresh(topology).open_with(&[("CLEAVE__LAB__SPANS", folder.path().to_str().unwrap())]).await;
    let visitor = shop.visitor_sending("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
    visitor.looks_at(MUG).await;
    visitor.adds(MUG, 2).await;
    visitor.checks_out().await;
    shop.visitor().looks_at(MUG).await;
    shop.close_and_verify().await;

    let mut spans = BTreeMap::<(String, String), BTreeMap<String, Value>>::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let fields: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
            let id = |name: &str| fields[name].as_str().unwrap().to_owned();
            let (key, is_callers) = ((id("trace"), id("span")), fields.contains_key("start"));
            let span = spans.entry(key).or_default();
            for (name, value) in fields {
                // The caller knows best whom it means.
                if is_callers || !span.contains_key(&name) {
                    span.insert(name, value);
                }
            }
        }
    }
    spans.into_values().collect()
}

fn text<'s>(span: &'s BTreeMap<String, Value>, name: &str) -> &'s str {
    span.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Who asked whom for what below the visitor's requests.
fn edges(spans: &[BTreeMap<String, Value>]) -> BTreeSet<[&str; 3]> {
    let below = spans.iter().filter(|span| text(span, "trace") == TRACE && span.contains_key("caller"));
    below.map(|span| ["caller", "callee", "method"].map(|name| text(span, name))).collect()
}

#[tokio::test]
async fn a_visit_asks_the_same_of_the_same_modules_here_and_at_and_every_part_of_a_hop_is_known() {
    let (here, at) = (spans_of_a_visit("monolith").await, spans_of_a_visit("services").await);
    assert_eq!(edges(&here), edges(&at));
    for edge in [
        ["storefront", "catalog", "get_many"],
        ["storefront", "orders", "check_out"],
        ["orders", "payments", "capture"],
    ] {
        assert!(edges(&here).contains(&edge), "{edge:?} in {:?}", edges(&here));
    }
    for span in at.iter().filter(|span| text(span, "trace") == TRACE && span.contains_key("caller")) {
        let moments: Vec<u64> = HOP.iter().filter_map(|moment| span.get(*moment)?.as_u64()).collect();
        assert!(moments.len() == HOP.len() && moments.is_sorted(), "{span:?}");
    }
    for (topology, spans) in [("monolith", &here), ("services", &at)] {
        let is_page = |span: &&BTreeMap<_, _>| span.contains_key("callee") && !span.contains_key("caller");
        let pages: Vec<_> = spans.iter().filter(is_page).collect();
        assert_eq!(pages.len(), 1, "{topology}: the visitor who sent no trace has no span: {pages:?}");
        let told = spans.iter().filter(|span| text(span, "method") == "deliver");
        let told: BTreeSet<_> = told.map(|span| [text(span, "caller"), text(span, "callee")]).collect();
        let by_orders = ["notifications", "recommendations", "reviews"].map(|consumer| ["orders", consumer]);
        assert!(told.is_superset(&by_orders.into()), "{topology}: {told:?}");
    }
}
