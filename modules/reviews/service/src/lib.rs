//! How the reviews module answers: ratings and the latest reviews from memory, all others from their table.
//!
//! - A change is committed first; then memory is brought up to date by one after the other, each reading what is committed by
//!   then. So memory never shows what was not stored, and never goes back.
//! - Who bought what comes from `orders.placed`. A review posted before its order was heard of becomes verified when it is.

mod check;
mod memory;
pub mod seed;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use events::{ConsumeError, Consumer, Envelope, Inbox};
use orders_contract::OrderEvent;
use reviews_contract::{NewReview, Rating, Review, ReviewsError, ReviewsService};
use runtime::{Database, Stored as _, clock};
use sea_orm::{DatabaseTransaction, DbErr};
use seam::{Call, Failure, Outcome};
use vocabulary::{SessionId, Sku};

use memory::{KEPT, Memory};

/// The event that is heard.
const ORDER_PLACED: &str = "orders.placed";

/// What people say about products. Cheap to clone.
#[derive(Clone)]
pub struct ReviewsModule {
    database: Database,
    memory: Arc<Memory>,
}

impl ReviewsModule {
    /// Loads the ratings from the migrated database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        let ratings = table::ratings(database.reader()).await?;
        Ok(Self { database, memory: Arc::new(Memory::new(ratings)) })
    }

    /// Where the events of orders are handed in.
    pub fn inbox(&self) -> Inbox<Self> {
        Inbox::new(&self.database, Arc::new(self.clone()))
    }

    /// Reads the ratings from the tables again, and reviews when they are next asked for: for what a replica of this process has
    /// written there.
    ///
    /// # Errors
    /// When the database refuses; memory is then as it was.
    pub async fn refresh(&self) -> Result<(), DbErr> {
        let updating = self.memory.update().await;
        updating.replace_all(table::ratings(self.database.reader()).await?);
        Ok(())
    }

    async fn store(self, review: NewReview) -> Outcome<Review, ReviewsError> {
        let sku = review.sku.clone();
        let stored = self
            .database
            .write(move |tx| Box::pin(async move { table::post(tx, &review, clock::now()).await.stored() }))
            .await?;
        let updating = self.memory.update().await;
        let rating = table::rating(self.database.reader(), &sku).await.stored()?;
        let latest = table::latest(self.database.reader(), &sku, KEPT).await.stored()?;
        updating.replace(sku, rating, latest);
        Ok(stored)
    }
}

impl ReviewsService for ReviewsModule {
    async fn summary_many(&self, _call: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, Rating>, ReviewsError> {
        Ok(self.memory.ratings(skus))
    }

    async fn list(&self, _call: &Call, sku: Sku, limit: u32) -> Outcome<Vec<Review>, ReviewsError> {
        check::limit(limit)?;
        if let Some(latest) = self.memory.latest(&sku, limit) {
            return Ok(latest);
        }
        if limit > KEPT {
            let latest = table::latest(self.database.reader(), &sku, limit).await.stored()?;
            return Ok(latest.into_iter().map(|said| said.review).collect());
        }
        // The first to ask reads for all: memory holds reviews only of products that somebody looks at.
        let updating = self.memory.update().await;
        if self.memory.latest(&sku, limit).is_none() {
            let latest = table::latest(self.database.reader(), &sku, KEPT).await.stored()?;
            updating.keep(&sku, latest);
        }
        Ok(self.memory.latest(&sku, limit).unwrap_or_default())
    }

    async fn post(&self, _call: &Call, review: NewReview) -> Outcome<Review, ReviewsError> {
        let review = check::check(review)?;
        // In a task of its own: a caller that goes away after the commit must not leave memory behind.
        let stored = tokio::spawn(self.clone().store(review));
        stored.await.map_err(|error| Failure::unavailable(format!("the review was not stored: {error}")))?
    }
}

impl Consumer for ReviewsModule {
    fn module(&self) -> &'static str {
        "reviews"
    }

    async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
        if event.kind == ORDER_PLACED {
            let Some((buyer, bought)) = purchase(event.open()?) else { return Ok(()) };
            table::record_purchase(tx, buyer, &bought).await?;
        }
        Ok(())
    }

    fn applied(&self, event: &Envelope) {
        if event.kind != ORDER_PLACED {
            return;
        }
        // It could be read a moment ago, inside the transaction.
        let Some((buyer, bought)) = event.open().ok().and_then(purchase) else { return };
        let memory = self.memory.clone();
        tokio::spawn(async move { memory.update().await.verify(buyer, &bought) });
    }
}

/// Who bought what.
fn purchase(event: OrderEvent) -> Option<(SessionId, Vec<Sku>)> {
    let OrderEvent::Placed { order, session } = event else { return None };
    Some((session, order.lines.into_iter().map(|line| line.sku).collect()))
}

#[cfg(test)]
mod tests;
