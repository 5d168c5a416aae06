//! What events promise, on real databases: in order, at least once under way, exactly once in effect.

mod support;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use events::{Delivered, DeliveryError, Envelope, Inbox, InboxError, Relay, Subscriber};
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use runtime::{Shutdown, Stored as _};
use seam::Failure;
use support::{Booked, Books, Ledger, Sale, Till};
use testkit::{Folder, eventually, eventually_within};

fn shutdown() -> Shutdown {
    Shutdown::by_hand(Duration::from_secs(5))
}

/// `count` sales over so many aggregates, taking turns.
fn sales(count: usize, aggregates: usize) -> Vec<(String, i64)> {
    (0..count).map(|number| (format!("till {}", number % aggregates), 1)).collect()
}

/// Each aggregate's numbers, in the order they were booked.
fn numbers(booked: &[Booked]) -> BTreeMap<&str, Vec<i64>> {
    booked.iter().fold(BTreeMap::new(), |mut numbers, one| {
        numbers.entry(one.aggregate.as_str()).or_insert_with(Vec::new).push(one.sequence);
        numbers
    })
}

#[tokio::test]
async fn what_is_rolled_back_is_not_published() {
    let folder = Folder::new();
    let till = Till::open(&folder).await;
    let outbox = till.outbox.clone();

    let refused: Result<(), Failure<&str>> = till
        .database
        .write(move |tx| {
            Box::pin(async move {
                outbox.publish(tx, "till.sold", "a", &Sale { units: 1 }).await.stored()?;
                Err("changed my mind".into())
            })
        })
        .await;
    assert!(refused.is_err());
    till.sell(vec![("a".to_owned(), 1)]).await;

    let history = till.history().await;
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].sequence, 1, "the number that was rolled back leaves no gap");
}

#[tokio::test]
async fn events_arrive_soon_in_order_and_without_gaps() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    let relay = Relay::new(&till.outbox).to("ledger", ledger.inbox.clone());
    tokio::spawn(relay.run(shutdown()));

    for _ in 0..10 {
        till.sell(sales(30, 3)).await;
    }

    eventually("all sales are booked", || async { ledger.booked().await.len() == 300 }).await;
    let booked = ledger.booked().await;
    for (aggregate, numbers) in numbers(&booked) {
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>(), "of {aggregate}");
    }
    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
    assert_eq!(ledger.books.told.load(Ordering::Relaxed), 300);
}

#[tokio::test]
async fn the_trace_of_the_cause_travels_along() {
    let folder = Folder::new();
    let till = Till::open(&folder).await;
    let outbox = till.outbox.traced("00-11-22-01");

    let sold: Result<i64, Failure<()>> = till
        .database
        .write(move |tx| {
            Box::pin(async move { outbox.publish(tx, "till.sold", "a", &Sale { units: 1 }).await.stored() })
        })
        .await;

    assert!(sold.is_ok());
    assert_eq!(till.history().await[0].trace, "00-11-22-01");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Each event comes three times, in batches of any size, in any order between aggregates.
    #[test]
    fn whatever_comes_again_has_its_effect_once(order in Just((0..90).collect::<Vec<usize>>()).prop_shuffle(), batch in 1_usize..40) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let folder = Folder::new();
            let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
            till.sell(sales(30, 30)).await;
            let history = till.history().await;
            let thrice: Vec<Envelope> = order.iter().map(|place| history[place % 30].clone()).collect();

            for events in thrice.chunks(batch) {
                let delivered = ledger.inbox.receive(events).await.unwrap();
                assert_eq!(delivered, Delivered { up_to: events.last().map(|event| event.id), held_back: false });
            }

            let booked = ledger.booked().await;
            assert_eq!(booked.len(), 30);
            assert_eq!(numbers(&booked).len(), 30);
            assert_eq!(ledger.books.told.load(Ordering::Relaxed), 30);
        });
    }
}

#[tokio::test]
async fn three_poisonous_events_in_a_thousand_are_laid_aside_and_the_rest_goes_on() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    let mut events = sales(1_000, 10);
    (events[100].1, events[101].1, events[777].1) = (-1, 0, -1);
    till.sell(events).await;
    let relay = Relay::new(&till.outbox).to("ledger", ledger.inbox.clone());
    tokio::spawn(relay.run(shutdown()));

    eventually_within(Duration::from_secs(10), "the others are booked", || async {
        ledger.booked().await.len() == 997
    })
    .await;
    let letters = ledger.inbox.dead_letters().await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.event.id).collect::<Vec<_>>(), [101, 102, 778]);
    assert!(letters.iter().all(|letter| letter.attempts == 5), "{letters:?}");
    assert!(letters[0].reason.contains("negative sales"), "{letters:?}");
    assert!(letters[1].reason.contains("panicked"), "{letters:?}");
    assert_eq!(ledger.books.attempts_on_bad.load(Ordering::Relaxed), 15);

    let still_bad = ledger.inbox.retry(letters[0].id).await;
    assert!(matches!(still_bad, Err(InboxError::FailedAgain(_))), "{still_bad:?}");
    ledger.books.forgiving.store(true, Ordering::Relaxed);
    ledger.inbox.retry(letters[0].id).await.unwrap();
    ledger.inbox.discard(letters[1].id).await.unwrap();
    let gone = ledger.inbox.retry(letters[1].id).await;
    assert!(matches!(gone, Err(InboxError::NoSuchLetter { .. })), "{gone:?}");

    assert_eq!(ledger.booked().await.len(), 998);
    assert_eq!(ledger.inbox.dead_letters().await.unwrap().len(), 1);
    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
}

#[tokio::test]
async fn an_event_nobody_can_read_is_laid_aside_at_once() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    till.sell(sales(2, 1)).await;
    let mut events = till.history().await;
    events[0].payload = serde_json::json!("not a sale");

    let delivered = ledger.inbox.receive(&events).await.unwrap();

    assert_eq!(delivered.up_to, Some(2));
    assert_eq!(ledger.inbox.dead_letters().await.unwrap()[0].attempts, 1);
    assert_eq!(ledger.booked().await.len(), 1);
}

/// Lets a batch have its effect, and the answer never arrive.
struct AnswerLost {
    inbox: Arc<Inbox<Books>>,
    delivered: AtomicUsize,
}

impl Subscriber for AnswerLost {
    fn deliver<'a>(&'a self, batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            self.inbox.receive(batch).await.expect("the ledger is there");
            self.delivered.fetch_add(1, Ordering::Relaxed);
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn a_relay_killed_between_effect_and_mark_does_no_harm() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    till.sell(sales(20, 2)).await;
    let lossy = Arc::new(AnswerLost { inbox: ledger.inbox.clone(), delivered: AtomicUsize::new(0) });
    let first = tokio::spawn(Relay::new(&till.outbox).to("ledger", lossy.clone()).run(shutdown()));
    eventually("the batch has its effect", || async { lossy.delivered.load(Ordering::Relaxed) == 1 }).await;
    first.abort();
    assert!(!till.outbox.is_drained().await.unwrap());

    tokio::spawn(Relay::new(&till.outbox).to("ledger", ledger.inbox.clone()).run(shutdown()));

    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
    assert_eq!(ledger.booked().await.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_on_one_outbox_give_no_double_effects() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    let (other_till, other_ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    tokio::spawn(Relay::new(&till.outbox).to("ledger", ledger.inbox.clone()).run(shutdown()));
    tokio::spawn(Relay::new(&other_till.outbox).to("ledger", other_ledger.inbox.clone()).run(shutdown()));

    for _ in 0..20 {
        till.sell(sales(10, 2)).await;
        other_till.sell(sales(10, 2)).await;
    }

    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
    let booked = ledger.booked().await;
    assert_eq!(booked.len(), 400);
    assert!(numbers(&booked).values().all(|numbers| numbers.is_sorted()), "each aggregate in order");
    let told = [&ledger, &other_ledger].map(|ledger| ledger.books.told.load(Ordering::Relaxed));
    assert_eq!(told.iter().sum::<usize>(), 400);
}

#[tokio::test]
async fn what_another_process_published_is_found_without_a_bell() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    let other_till = Till::open(&folder).await;
    tokio::spawn(Relay::new(&till.outbox).to("ledger", ledger.inbox.clone()).run(shutdown()));
    till.sell(sales(1, 1)).await;
    eventually("the relay is at rest", || async { till.outbox.is_drained().await.unwrap() }).await;

    other_till.sell(sales(10, 2)).await;

    eventually("all sales are booked", || async { ledger.booked().await.len() == 11 }).await;
    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
}

/// Is away, or answers something that was never handed over.
struct Unreliable(Result<Delivered, ()>);

impl Subscriber for Unreliable {
    fn deliver<'a>(&'a self, _batch: &'a [Envelope]) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move { self.0.map_err(|()| DeliveryError("nobody is at home".to_owned())) })
    }
}

#[tokio::test]
async fn a_consumer_that_is_away_or_talks_nonsense_delays_nobody_and_misses_nothing() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    till.sell(sales(100, 2)).await;
    let nonsense = Delivered { up_to: Some(1_000_000), held_back: false };
    let relay = Relay::new(&till.outbox)
        .to("away", Arc::new(Unreliable(Err(()))))
        .to("confused", Arc::new(Unreliable(Ok(nonsense))))
        .to("ledger", ledger.inbox.clone());
    tokio::spawn(relay.run(shutdown()));

    eventually("the ledger has everything", || async { ledger.booked().await.len() == 100 }).await;
    eventually("each has what it took", || async {
        let backlog = till.outbox.backlog().await.unwrap();
        let waiting: Vec<_> = backlog.iter().map(|one| (one.consumer.as_str(), one.waiting)).collect();
        waiting == [("away", 100), ("confused", 100), ("ledger", 0)]
    })
    .await;
}

#[tokio::test]
async fn only_what_everybody_has_is_pruned_and_numbers_go_on() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    till.sell(sales(10, 1)).await;
    assert_eq!(till.outbox.prune(i64::MAX).await.unwrap(), 0, "nobody has anything yet");
    let stop = shutdown();
    let relay = tokio::spawn(Relay::new(&till.outbox).to("ledger", ledger.inbox.clone()).run(stop.clone()));
    eventually("the ledger has everything", || async { ledger.booked().await.len() == 10 }).await;
    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
    stop.request();
    relay.await.unwrap();

    assert_eq!(till.outbox.prune(0).await.unwrap(), 0, "all are younger");
    assert_eq!(till.outbox.prune(i64::MAX).await.unwrap(), 10);
    till.sell(sales(1, 1)).await;

    let history = till.history().await;
    assert_eq!((history[0].id, history[0].sequence), (11, 11));
}

#[tokio::test]
async fn an_audit_finds_nothing_in_order_and_names_what_is_not() {
    let folder = Folder::new();
    let (till, ledger) = (Till::open(&folder).await, Ledger::open(&folder).await);
    till.sell(sales(6, 2)).await;
    let history = till.history().await;

    ledger.inbox.receive(&history[..4]).await.unwrap();
    let found = events::audit(&till.database, &[("ledger", &ledger.database)]).await.unwrap();
    assert_eq!(found, ["ledger has not done 2 of 6 events of till, the first is 5"]);

    ledger.inbox.receive(&history).await.unwrap();
    assert_eq!(events::audit(&till.database, &[("ledger", &ledger.database)]).await.unwrap(), [""; 0]);

    till.break_history().await;
    let found = events::audit(&till.database, &[("ledger", &ledger.database)]).await.unwrap();
    assert_eq!(
        found,
        [
            "till: event 3 about till 0 has number 2 and comes after 2",
            "till: the last event about till 1 has number 2, but 3 were numbered",
            "ledger has done events of till that were never published: 1, the first is 6",
        ]
    );
}
