//! Reviews as callers see them, on a fresh database each.

use std::sync::Arc;

use events::Envelope;
use orders_contract::OrderEvent;
use reviews_contract::{NewReview, Rating, Review, Reviews, ReviewsError};
use runtime::{Durability, Runtime};
use seam::{Call, Edges, Fault, ModuleName, Seat};
use serde_json::json;
use testkit::{Folder, eventually};
use vocabulary::{SessionId, Sku};

use crate::{ReviewsModule, seed};

const TESTER: ModuleName = ModuleName::new("test");

async fn start(folder: &Folder, seeded: &[Sku]) -> (ReviewsModule, Arc<dyn Reviews>) {
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    let database = runtime.database::<migrations::reviews::Migrator>("reviews", Durability::Full).await.unwrap();
    seed::seed(&database, seeded).await.unwrap();
    let module = ReviewsModule::start(database).await.unwrap();
    let asked = Seat::here(Arc::new(module.clone()), &Edges::default()).asked_by(TESTER);
    (module, asked)
}

fn call() -> Call {
    Call::without_deadline(TESTER)
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn review(author: SessionId, product: &str, stars: u8, text: &str) -> NewReview {
    NewReview { sku: sku(product), author, name: "Ann".to_owned(), stars, text: text.to_owned() }
}

fn placed(session: SessionId, product: &str) -> Envelope {
    let usd = |minor: i64| json!({ "minor": minor, "currency": "USD" });
    let order = json!({
        "id": session, "status": "confirmed", "placed_at": 0, "items": usd(100), "shipping": usd(0),
        "lines": [{ "sku": product, "name": "Something", "quantity": 1, "price": usd(100) }],
        "discount": usd(0), "total": usd(100), "email": "someone@example.com", "tracking_id": null, "paid_with": null,
        "address": { "street": "1 Main", "city": "Town", "state": "CA", "country": "US", "zip_code": "9" },
    });
    let payload = json!({ "event": "placed", "order": order, "session": session });
    serde_json::from_value::<OrderEvent>(payload.clone()).unwrap();
    Envelope {
        source: "orders".to_owned(),
        id: 1,
        aggregate: session.to_string(),
        sequence: 1,
        kind: "orders.placed".to_owned(),
        payload,
        trace: String::new(),
        at: 0,
    }
}

async fn list(reviews: &Arc<dyn Reviews>, product: &str, limit: u32) -> Vec<Review> {
    reviews.list(&call(), sku(product), limit).await.unwrap()
}

async fn rating(reviews: &Arc<dyn Reviews>, product: &str) -> Option<Rating> {
    reviews.summary_many(&call(), vec![sku(product)]).await.unwrap().remove(&sku(product))
}

#[tokio::test]
async fn what_is_posted_is_listed_newest_first_and_rated() {
    let folder = Folder::new();
    let (_module, reviews) = start(&folder, &[]).await;
    assert_eq!(rating(&reviews, "MUG").await, None);
    assert_eq!(list(&reviews, "MUG", 10).await, []);

    for number in 1..=30_u8 {
        let posted = review(SessionId::generate(), "MUG", number % 5 + 1, &format!("Number {number}."));
        reviews.post(&call(), posted).await.unwrap();
    }

    assert_eq!(rating(&reviews, "MUG").await, Some(Rating { count: 30, stars: 90 }));
    for limit in [1, 20, 21, 100] {
        let listed = list(&reviews, "MUG", limit).await;
        assert_eq!(listed.len(), limit.min(30) as usize);
        assert!(listed.is_sorted_by(|newer, older| newer.posted_at >= older.posted_at));
    }
}

#[tokio::test]
async fn an_author_has_one_review_per_product() {
    let folder = Folder::new();
    let (_module, reviews) = start(&folder, &[]).await;
    let author = SessionId::generate();

    reviews.post(&call(), review(author, "MUG", 1, "It leaks.")).await.unwrap();
    let second = reviews.post(&call(), review(author, "MUG", 5, "It was the table.")).await.unwrap();
    let again = reviews.post(&call(), review(author, "MUG", 5, "It was the table.")).await.unwrap();

    assert_eq!(second, again, "the same again changes nothing, not even the time");
    assert_eq!(list(&reviews, "MUG", 10).await, [second]);
    assert_eq!(rating(&reviews, "MUG").await, Some(Rating { count: 1, stars: 5 }));
}

#[tokio::test]
async fn a_review_is_verified_whether_the_purchase_is_heard_of_before_or_after() {
    let folder = Folder::new();
    let (module, reviews) = start(&folder, &[]).await;
    let (early, late) = (SessionId::generate(), SessionId::generate());

    assert!(!reviews.post(&call(), review(early, "MUG", 4, "Good.")).await.unwrap().verified);
    module.inbox().receive(&[placed(early, "MUG")]).await.unwrap();
    module.inbox().receive(&[Envelope { id: 2, ..placed(late, "JAR") }]).await.unwrap();

    eventually("the early review is verified", || async { list(&reviews, "MUG", 1).await[0].verified }).await;
    assert!(reviews.post(&call(), review(late, "JAR", 4, "Good.")).await.unwrap().verified);
    assert!(!reviews.post(&call(), review(late, "MUG", 4, "Never had one.")).await.unwrap().verified);
    let (_module, restarted) = start(&folder, &[]).await;
    let verified: Vec<bool> = list(&restarted, "MUG", 10).await.iter().map(|review| review.verified).collect();
    assert_eq!(verified, [false, true]);
}

#[tokio::test]
async fn what_was_said_to_a_replica_is_shown_once_memory_is_read_again() {
    let folder = Folder::new();
    let (_module, reviews) = start(&folder, &[]).await;
    reviews.post(&call(), review(SessionId::generate(), "MUG", 5, "Good.")).await.unwrap();
    let (replica, elsewhere) = start(&folder, &[]).await;
    assert_eq!(list(&elsewhere, "MUG", 10).await.len(), 1);

    reviews.post(&call(), review(SessionId::generate(), "MUG", 1, "Bad.")).await.unwrap();
    assert_eq!(list(&elsewhere, "MUG", 10).await.len(), 1);
    replica.refresh().await.unwrap();

    assert_eq!(list(&elsewhere, "MUG", 10).await.len(), 2);
    assert_eq!(rating(&elsewhere, "MUG").await, Some(Rating { count: 2, stars: 6 }));
}

#[tokio::test]
async fn the_seed_is_there_after_a_restart_and_only_once() {
    let folder = Folder::new();
    let products: Vec<Sku> = (0..30).map(|number| sku(&format!("P-{number}"))).collect();
    let (_module, reviews) = start(&folder, &products).await;
    let before = reviews.summary_many(&call(), products.clone()).await.unwrap();

    let (_module, restarted) = start(&folder, &products).await;

    assert_eq!(restarted.summary_many(&call(), products.clone()).await.unwrap(), before);
    for (product, rating) in before {
        let listed = list(&restarted, product.as_str(), 100).await;
        assert_eq!(listed.len(), rating.count as usize);
        assert_eq!(listed.iter().map(|review| u32::from(review.stars)).sum::<u32>(), rating.stars);
    }
}

#[tokio::test]
async fn what_cannot_be_said_or_asked_is_refused() {
    let folder = Folder::new();
    let (_module, reviews) = start(&folder, &[]).await;

    let starless = reviews.post(&call(), review(SessionId::generate(), "MUG", 0, "Good.")).await;
    assert_eq!(starless, Err(Fault::Domain(ReviewsError::Stars)));
    for limit in [0, 101] {
        assert_eq!(reviews.list(&call(), sku("MUG"), limit).await, Err(Fault::Domain(ReviewsError::Limit)));
    }
}
