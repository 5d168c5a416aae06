//! How the recommendations module answers: from counts of what was bought together, in memory.
//!
//! - What is counted comes from `orders.placed`; the count is stored in the transaction that records the event as heard, and
//!   then added in memory. Additions may come in any order, so memory equals the table whatever the order of commits.
//! - The same counts give the same suggestions: ties are broken by the catalogue's order.

mod counts;
pub mod seed;
mod streets;
mod table;

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use events::{ConsumeError, Consumer, Envelope, Inbox};
use orders_contract::OrderEvent;
use recommendations_contract::{RecommendationsError, RecommendationsService};
use runtime::Database;
use sea_orm::{DatabaseTransaction, DbErr};
use seam::{Call, Outcome};
use vocabulary::Sku;

use counts::Counts;
use streets::Streets;

/// The event that is heard.
const ORDER_PLACED: &str = "orders.placed";
/// Of an order with more different products only the first are counted: pairs grow with the square.
const COUNTED_PRODUCTS: usize = 40;

/// Who bought this also bought that. Cheap to clone.
#[derive(Clone)]
pub struct RecommendationsModule {
    database: Database,
    memory: Arc<Memory>,
    counts_events: bool,
}

struct Memory {
    streets: Streets,
    counts: RwLock<Counts>,
}

impl RecommendationsModule {
    /// Loads what was bought together from the migrated database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        let streets = Streets::new(table::neighbourhood(database.reader()).await?);
        let counts = counted(&database, &streets).await?;
        Ok(Self { database, memory: Arc::new(Memory { streets, counts: RwLock::new(counts) }), counts_events: true })
    }

    /// The same module as one of several replicas, which hear of different orders: memory is what [`refresh`](Self::refresh) has read,
    /// and nothing is added to it, which could be counted twice.
    #[must_use]
    pub fn beside_replicas(self) -> Self {
        Self { counts_events: false, ..self }
    }

    /// Reads the counts from the tables again.
    ///
    /// # Errors
    /// When the database refuses; memory is then as it was.
    pub async fn refresh(&self) -> Result<(), DbErr> {
        let counts = counted(&self.database, &self.memory.streets).await?;
        *self.memory.counts.write().unwrap_or_else(PoisonError::into_inner) = counts;
        Ok(())
    }

    /// Where the events of orders are handed in.
    pub fn inbox(&self) -> Inbox<Self> {
        Inbox::new(&self.database, Arc::new(self.clone()))
    }
}

impl RecommendationsService for RecommendationsModule {
    async fn for_products(&self, _call: &Call, skus: Vec<Sku>, limit: u32) -> Outcome<Vec<Sku>, RecommendationsError> {
        if !(1..=20).contains(&limit) {
            return Err(RecommendationsError::Limit { limit }.into());
        }
        let limit = limit as usize;
        let mut suggested = self.memory.counts.read().unwrap_or_else(PoisonError::into_inner).best_with(&skus, limit);
        self.memory.streets.fill_up(&mut suggested, &skus, limit);
        Ok(suggested)
    }
}

impl Consumer for RecommendationsModule {
    fn module(&self) -> &'static str {
        "recommendations"
    }

    async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
        if event.kind == ORDER_PLACED {
            table::count(tx, &pairs(&event.open()?)).await?;
        }
        Ok(())
    }

    fn applied(&self, event: &Envelope) {
        if event.kind != ORDER_PLACED || !self.counts_events {
            return;
        }
        // It could be read a moment ago, inside the transaction.
        let Ok(placed) = event.open::<OrderEvent>() else { return };
        let mut counts = self.memory.counts.write().unwrap_or_else(PoisonError::into_inner);
        for (one, other) in pairs(&placed) {
            counts.add(&one, &other, 1, |sku| self.memory.streets.place(sku));
        }
    }
}

/// What was bought together, as the tables have it.
async fn counted(database: &Database, streets: &Streets) -> Result<Counts, DbErr> {
    let mut counts = Counts::default();
    for (one, other, times) in table::bought_together(database.reader()).await? {
        counts.add(&one, &other, times, |sku| streets.place(sku));
    }
    Ok(counts)
}

/// The pairs of different products of an order, each once, the smaller id first.
fn pairs(event: &OrderEvent) -> Vec<(Sku, Sku)> {
    let OrderEvent::Placed { order, .. } = event else { return Vec::new() };
    let bought: BTreeSet<&Sku> = order.lines.iter().map(|line| &line.sku).collect();
    let bought: Vec<&Sku> = bought.into_iter().take(COUNTED_PRODUCTS).collect();
    let mut pairs = Vec::new();
    for (index, one) in bought.iter().enumerate() {
        pairs.extend(bought[index + 1..].iter().map(|other| ((*one).clone(), (*other).clone())));
    }
    pairs
}

#[cfg(test)]
mod tests;
