//! Two of everything: a replica that dies is missed by nobody who was not just talking to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use testkit::{Browser, PATIENCE, eventually_within};
use tokio::task::JoinSet;

use crate::support::{
    shop::{REPLICATED, Shop},
    visitor::{MUG, WATCH},
};

/// Visitors who look around at the same time.
const VISITORS: usize = 6;

/// What visitors saw.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    pages: AtomicUsize,
    /// Pages that did not come, or not whole.
    lost: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_lost_when_a_replica_behind_the_pages_is_killed() {
    let shop = Shop::open(REPLICATED).await;
    let lost = lost_when_one_is_killed(&shop, "catalog").await;
    assert_eq!(lost, 0, "the other replica answers what is asked again:\n{}", shop.log());
    shop.close_and_verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_of_the_pages_takes_down_with_it_only_what_it_had_in_hand() {
    let shop = Shop::open(REPLICATED).await;
    let lost = lost_when_one_is_killed(&shop, "storefront").await;
    assert!(lost <= VISITORS, "{lost} pages were lost, but each of {VISITORS} visitors waits for one at a time");
    shop.close_and_verify().await;
}

#[tokio::test]
async fn both_replicas_run_and_the_one_that_ended_is_replaced() {
    let shop = Shop::open(REPLICATED).await;
    for group in ["storefront", "catalog", "shop"] {
        assert_eq!(shop.processes_with(group).len(), 2, "{group}");
    }
    let log = shop.log();
    assert!(
        log.contains("catalog/1") && log.contains("catalog/2"),
        "the list of processes tells replicas apart:\n{log}"
    );
    shop.close_and_verify().await;
}

/// Kills one process of the group while visitors look around, and waits until another has taken its place and all is well again.
async fn lost_when_one_is_killed(shop: &Shop, group: &str) -> usize {
    let seen = Arc::new(Seen::default());
    let mut visitors = JoinSet::new();
    for _ in 0..VISITORS {
        visitors.spawn(look_around(shop.site().to_owned(), seen.clone()));
    }
    more_pages(&seen).await;

    let before = shop.processes_with(group);
    assert_eq!(before.len(), 2, "{group}");
    kill(Pid::from_raw(i32::try_from(before[0]).unwrap()), Signal::SIGKILL).unwrap();
    more_pages(&seen).await;
    eventually_within(PATIENCE * 3, "another process takes its place", || async {
        let now = shop.processes_with(group);
        now.len() == 2 && now != before
    })
    .await;
    more_pages(&seen).await;

    seen.stop.store(true, Relaxed);
    while let Some(left) = visitors.join_next().await {
        left.unwrap();
    }
    seen.lost.load(Relaxed)
}

/// Waits until every visitor has seen some more pages in the mean: a stretch of the load, not of the clock.
async fn more_pages(seen: &Seen) {
    let until = seen.pages.load(Relaxed) + 10 * VISITORS;
    eventually_within(PATIENCE * 3, "visitors look around", || async { seen.pages.load(Relaxed) >= until }).await;
}

async fn look_around(site: String, seen: Arc<Seen>) {
    let browser = Browser::at(&site);
    let pages = ["/".to_owned(), format!("/product/{MUG}"), format!("/product/{WATCH}")];
    for page in pages.iter().cycle() {
        if seen.stop.load(Relaxed) {
            return;
        }
        let shown = tokio::time::timeout(Duration::from_secs(10), browser.try_get(page)).await;
        let whole =
            matches!(&shown, Ok(Ok(page)) if page.status == 200 && !page.text().contains("Not shown right now"));
        if !whole {
            seen.lost.fetch_add(1, Relaxed);
        }
        seen.pages.fetch_add(1, Relaxed);
    }
}
