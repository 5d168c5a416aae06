//! What is said about products, as far as it is asked for often: all ratings, and the latest reviews of what is looked at.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
};

use reviews_contract::{Rating, Review};
use tokio::sync::{Mutex, MutexGuard};
use vocabulary::{SessionId, Sku};

/// How many of the latest reviews of a product are kept.
pub(crate) const KEPT: u32 = 20;

/// A review and who wrote it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) author: SessionId,
    pub(crate) review: Review,
}

/// What is said, in memory.
pub(crate) struct Memory {
    products: RwLock<HashMap<Sku, Product>>,
    updating: Mutex<()>,
}

/// What is said about a product with one review at least.
struct Product {
    rating: Rating,
    /// The latest reviews, newest first, at most [`KEPT`]; `None` until somebody asks.
    latest: Option<Vec<Said>>,
}

impl Memory {
    pub(crate) fn new(ratings: Vec<(Sku, Rating)>) -> Self {
        Self { products: RwLock::new(rated(ratings)), updating: Mutex::default() }
    }

    /// The ratings of those products that have one.
    pub(crate) fn ratings(&self, skus: Vec<Sku>) -> BTreeMap<Sku, Rating> {
        let products = self.products.read().unwrap_or_else(PoisonError::into_inner);
        let rated = |sku: Sku| products.get(&sku).map(|product| (sku, product.rating));
        skus.into_iter().filter_map(rated).collect()
    }

    /// The latest reviews of a product; `None` when memory does not hold so many.
    pub(crate) fn latest(&self, sku: &Sku, limit: u32) -> Option<Vec<Review>> {
        let products = self.products.read().unwrap_or_else(PoisonError::into_inner);
        let Some(product) = products.get(sku) else { return Some(Vec::new()) };
        let latest = product.latest.as_ref()?;
        let all_are_kept = product.rating.count as usize <= latest.len();
        (limit <= KEPT || all_are_kept)
            .then(|| latest.iter().take(limit as usize).map(|said| said.review.clone()).collect())
    }

    /// Waits for its turn to bring memory up to date. What is read from the tables after this is not older than what is there.
    pub(crate) async fn update(&self) -> Update<'_> {
        Update { memory: self, _turn: self.updating.lock().await }
    }
}

/// The turn to bring memory up to date.
pub(crate) struct Update<'memory> {
    memory: &'memory Memory,
    _turn: MutexGuard<'memory, ()>,
}

impl Update<'_> {
    /// Takes over all ratings; reviews are read again when somebody asks.
    pub(crate) fn replace_all(&self, ratings: Vec<(Sku, Rating)>) {
        self.change(|products| *products = rated(ratings));
    }

    /// Takes over everything about a product.
    pub(crate) fn replace(&self, sku: Sku, rating: Rating, latest: Vec<Said>) {
        self.change(|products| products.insert(sku, Product { rating, latest: Some(latest) }));
    }

    /// Keeps the latest reviews of a product.
    pub(crate) fn keep(&self, sku: &Sku, latest: Vec<Said>) {
        self.change(|products| products.get_mut(sku).map(|product| product.latest = Some(latest)));
    }

    /// Marks what somebody said about what they bought.
    pub(crate) fn verify(&self, buyer: SessionId, bought: &[Sku]) {
        self.change(|products| {
            for sku in bought {
                let latest = products.get_mut(sku).and_then(|product| product.latest.as_mut());
                for said in latest.into_iter().flatten().filter(|said| said.author == buyer) {
                    said.review.verified = true;
                }
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<Sku, Product>) -> T) {
        change(&mut self.memory.products.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Products of which the rating is known and nobody has asked for reviews.
fn rated(ratings: Vec<(Sku, Rating)>) -> HashMap<Sku, Product> {
    ratings.into_iter().map(|(sku, rating)| (sku, Product { rating, latest: None })).collect()
}
