//! Visitors who keep buying while the shop is failing, and remember what they were promised.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use testkit::Browser;
use tokio::task::JoinSet;

use crate::support::{
    page::Shows as _,
    random::Random,
    visitor::{BOUTIQUE, CheckOut},
};

/// What happened, as the visitors saw it.
#[derive(Default)]
pub(super) struct History {
    acknowledged: Mutex<Vec<Promise>>,
    refused: AtomicU64,
    /// Check-outs without an answer: they may or may not have had an effect.
    unknown: AtomicU64,
}

/// An order that the shop has acknowledged.
pub(super) struct Promise {
    /// Where it can be seen.
    pub(super) order: String,
    /// Who may see it.
    pub(super) buyer: Arc<Browser>,
}

impl History {
    pub(super) fn promises(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    pub(super) fn figures(&self) -> String {
        let (refused, unknown) = (self.refused.load(Relaxed), self.unknown.load(Relaxed));
        format!("{} orders acknowledged, {refused} refused, {unknown} unknown", self.promises())
    }

    /// Asserts that every acknowledged order is there for its buyer, and confirmed.
    pub(super) async fn assert_kept(&self) {
        let promises: Vec<(String, Arc<Browser>)> = {
            let acknowledged = self.acknowledged.lock().unwrap();
            acknowledged.iter().map(|promise| (promise.order.clone(), promise.buyer.clone())).collect()
        };
        for (order, buyer) in promises {
            let page = buyer.get(&order).await.shows_page("order");
            page.shows("your order is placed");
        }
    }
}

/// Visitors at work, until they are told to stop.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    visitors: JoinSet<()>,
}

impl Load {
    /// Sends `visitors` into the shop. A part of what they buy is scarce, so that stock runs out under load too.
    pub(super) fn start(site: &str, visitors: u64, seed: u64, scarce: &[String], history: &Arc<History>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        for visitor in 0..visitors {
            let random = Random::seeded(seed ^ (visitor << 32));
            running.spawn(keep_buying(site.to_owned(), random, scarce.to_vec(), history.clone(), stop.clone()));
        }
        Self { stop, visitors: running }
    }

    /// Lets everybody finish what they are about.
    pub(super) async fn stop(mut self) {
        self.stop.store(true, Relaxed);
        while let Some(left) = self.visitors.join_next().await {
            left.unwrap();
        }
    }
}

async fn keep_buying(
    site: String,
    mut random: Random,
    scarce: Vec<String>,
    history: Arc<History>,
    stop: Arc<AtomicBool>,
) {
    let mut buyer = Arc::new(Browser::at(&site));
    while !stop.load(Relaxed) {
        // A new session now and then, so that carts and orders are many.
        if random.below(4) == 0 {
            buyer = Arc::new(Browser::at(&site));
        }
        buy(&buyer, &mut random, &scarce, &history).await;
        // Between two attempts at a shop that is down, somebody else may run.
        tokio::task::yield_now().await;
    }
}

/// One attempt; every outcome is noted but a page that broke a rule, which fails the test.
async fn buy(buyer: &Arc<Browser>, random: &mut Random, scarce: &[String], history: &History) {
    let sku = if scarce.is_empty() || random.below(3) > 0 {
        (*random.one_of(&BOUTIQUE)).to_owned()
    } else {
        random.one_of(scarce).clone()
    };
    let quantity = (1 + random.below(3)).to_string();
    let added = buyer.try_post_form("/cart", &[("product_id", &sku), ("quantity", &quantity)]).await;
    let Ok(cart) = added else { return };
    assert_documented(&cart);
    let Some(key) = cart.between("name=\"idempotency_key\" value=\"", "\"") else { return };
    let form = CheckOut::default().with("idempotency_key", &key);

    match buyer.try_post_form("/cart/checkout", &form.fields()).await {
        Ok(page) => {
            assert_documented(&page);
            if page.status == 200 && page.text().contains("your order is placed") {
                let promise = Promise { order: page.path.clone(), buyer: buyer.clone() };
                history.acknowledged.lock().unwrap().push(promise);
            } else if page.status.is_client_error() {
                history.refused.fetch_add(1, Relaxed);
                // Sold out: an empty cart lets this visitor go on with something else.
                let _ = buyer.try_post_form("/cart/empty", &[]).await;
            } else {
                history.unknown.fetch_add(1, Relaxed);
            }
        }
        Err(_) => _ = history.unknown.fetch_add(1, Relaxed),
    }
}

/// Also while it fails, the shop answers with what it has promised to answer with.
fn assert_documented(page: &testkit::Page) {
    let documented = [200, 402, 404, 409, 422, 429, 503, 504].contains(&page.status.as_u16());
    assert!(documented, "{} was answered with {}:\n{}", page.path, page.status, page.text());
    if page.status == 503 {
        assert!(!page.header("retry-after").is_empty(), "a 503 says when to come back");
    }
}
