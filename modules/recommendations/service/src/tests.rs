//! Suggestions as callers see them, fed by events, on a fresh database each.

use std::sync::Arc;

use events::Envelope;
use orders_contract::OrderEvent;
use recommendations_contract::{Recommendations, RecommendationsError};
use runtime::{Durability, Runtime};
use seam::{Call, Edges, Fault, ModuleName, Seat};
use serde_json::json;
use testkit::Folder;
use vocabulary::Sku;

use crate::{RecommendationsModule, seed};

const TESTER: ModuleName = ModuleName::new("test");

async fn start(folder: &Folder) -> (RecommendationsModule, Arc<dyn Recommendations>) {
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    let database = runtime
        .database::<migrations::recommendations::Migrator>("recommendations", Durability::Rebuildable)
        .await
        .unwrap();
    let products: Vec<(Sku, String)> =
        (0..40).map(|number| (format!("P-{number:02}").parse().unwrap(), format!("street-{}", number % 4))).collect();
    seed::seed(&database, &products).await.unwrap();
    let module = RecommendationsModule::start(database).await.unwrap();
    let asked = Seat::here(Arc::new(module.clone()), &Edges::default()).asked_by(TESTER);
    (module, asked)
}

fn placed(id: i64, skus: &[&str]) -> Envelope {
    let usd = |minor: i64| json!({ "minor": minor, "currency": "USD" });
    let lines: Vec<_> =
        skus.iter().map(|sku| json!({ "sku": sku, "name": "Something", "quantity": 1, "price": usd(100) })).collect();
    let uuid = "018f0000-0000-7000-8000-000000000001";
    let order = json!({
        "id": uuid, "status": "confirmed", "placed_at": 0, "lines": lines, "items": usd(100), "shipping": usd(0),
        "discount": usd(0), "total": usd(100), "email": "someone@example.com", "tracking_id": null, "paid_with": null,
        "address": { "street": "1 Main", "city": "Town", "state": "CA", "country": "US", "zip_code": "9" },
    });
    let payload = json!({ "event": "placed", "order": order, "session": uuid });
    serde_json::from_value::<OrderEvent>(payload.clone()).unwrap();
    Envelope {
        source: "orders".to_owned(),
        id,
        aggregate: uuid.to_owned(),
        sequence: id,
        kind: "orders.placed".to_owned(),
        payload,
        trace: String::new(),
        at: 0,
    }
}

async fn with(asked: &Arc<dyn Recommendations>, skus: &[&str], limit: u32) -> Vec<String> {
    let skus = skus.iter().map(|sku| sku.parse().unwrap()).collect();
    let suggested = asked.for_products(&Call::without_deadline(TESTER), skus, limit).await.unwrap();
    suggested.into_iter().map(|sku| sku.to_string()).collect()
}

#[tokio::test]
async fn before_anything_is_bought_neighbours_are_suggested() {
    let folder = Folder::new();
    let (_module, asked) = start(&folder).await;

    assert_eq!(with(&asked, &["P-05"], 3).await, ["P-09", "P-13", "P-17"]);
    assert_eq!(with(&asked, &[], 20).await.len(), 20);
}

#[tokio::test]
async fn beside_replicas_an_order_is_counted_once_whoever_heard_of_it() {
    let folder = Folder::new();
    let (one, other) = (start(&folder).await.0.beside_replicas(), start(&folder).await.0.beside_replicas());
    one.inbox().receive(&[placed(1, &["P-05", "P-30"])]).await.unwrap();
    other.inbox().receive(&[placed(1, &["P-05", "P-30"]), placed(2, &["P-05", "P-31"])]).await.unwrap();
    other.inbox().receive(&[placed(3, &["P-05", "P-31"])]).await.unwrap();

    for replica in [one, other] {
        replica.refresh().await.unwrap();
        let asked: Arc<dyn Recommendations> = Seat::here(Arc::new(replica), &Edges::default()).asked_by(TESTER);
        assert_eq!(with(&asked, &["P-05"], 2).await, ["P-31", "P-30"]);
    }
}

#[tokio::test]
async fn what_was_bought_together_is_suggested_first_also_after_a_restart() {
    let folder = Folder::new();
    let (module, asked) = start(&folder).await;
    let orders = [placed(1, &["P-05", "P-30"]), placed(2, &["P-05", "P-30", "P-02", "P-05"]), placed(3, &["P-07"])];

    module.inbox().receive(&orders).await.unwrap();

    let expected = ["P-30", "P-02", "P-09"];
    assert_eq!(with(&asked, &["P-05"], 3).await, expected);
    let (_restarted, asked) = start(&folder).await;
    assert_eq!(with(&asked, &["P-05"], 3).await, expected);
}

#[tokio::test]
async fn an_event_that_comes_twice_counts_once() {
    let folder = Folder::new();
    let (module, asked) = start(&folder).await;
    let often = [placed(2, &["P-00", "P-02"]), placed(3, &["P-00", "P-02"])];

    for _ in 0..5 {
        module.inbox().receive(&[placed(1, &["P-00", "P-01"])]).await.unwrap();
    }
    module.inbox().receive(&often).await.unwrap();

    assert_eq!(with(&asked, &["P-00"], 2).await, ["P-02", "P-01"]);
}

#[tokio::test]
async fn other_events_are_passed_over() {
    let folder = Folder::new();
    let (module, asked) = start(&folder).await;
    let other = Envelope { kind: "orders.weighed".to_owned(), payload: json!(7), ..placed(1, &[]) };

    let delivered = module.inbox().receive(&[other, placed(2, &["P-00", "P-33"])]).await.unwrap();

    assert_eq!(delivered.up_to, Some(2));
    assert_eq!(with(&asked, &["P-00"], 1).await, ["P-33"]);
}

#[tokio::test]
async fn a_limit_outside_of_one_to_twenty_is_refused() {
    let folder = Folder::new();
    let (_module, asked) = start(&folder).await;

    for limit in [0, 21] {
        let refused = asked.for_products(&Call::without_deadline(TESTER), vec![], limit).await;
        assert_eq!(refused, Err(Fault::Domain(RecommendationsError::Limit { limit })));
    }
}
