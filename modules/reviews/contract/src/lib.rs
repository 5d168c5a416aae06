//! What may be asked about reviews: what people who bought a product say of it.

use std::collections::BTreeMap;

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{SessionId, Sku};

/// What people say about products.
#[seam::contract]
pub trait Reviews {
    /// Count and mean of the stars. Products nobody reviewed are absent from the answer.
    #[read]
    async fn summary_many(&self, call: &Call, skus: Vec<Sku>) -> Result<BTreeMap<Sku, Rating>, ReviewsError>;

    /// The latest reviews of a product, newest first, at most `limit` (1 to 100).
    #[read]
    async fn list(&self, call: &Call, sku: Sku, limit: u32) -> Result<Vec<Review>, ReviewsError>;

    /// Says something about a product, in place of what the same author said before.
    #[idempotent]
    async fn post(&self, call: &Call, review: NewReview) -> Result<Review, ReviewsError>;
}

/// Stars of all reviews of a product together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// How many reviews.
    pub count: u32,
    /// Stars of all of them added up.
    pub stars: u32,
}

impl Rating {
    /// The mean in tenths of a star, 10 to 50; zero without reviews.
    pub fn tenths(self) -> u32 {
        (self.stars * 10 + self.count / 2).checked_div(self.count).unwrap_or(0)
    }
}

/// What somebody wants to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewReview {
    /// About which product.
    pub sku: Sku,
    /// Who says it: the visit it was bought in.
    pub author: SessionId,
    /// The name to show, 1 to 60 characters.
    pub name: String,
    /// 1 to 5.
    pub stars: u8,
    /// 1 to 2,000 characters.
    pub text: String,
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The name to show.
    pub name: String,
    /// 1 to 5.
    pub stars: u8,
    /// What they say.
    pub text: String,
    /// Whether the author bought the product here.
    pub verified: bool,
    /// When, in milliseconds since the epoch.
    pub posted_at: i64,
}

/// Why a review is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ReviewsError {
    /// Stars outside of 1 to 5.
    #[error("give 1 to 5 stars")]
    Stars,
    /// A text that is empty or too long.
    #[error("a review has 1 to 2,000 characters")]
    Text,
    /// A name that is empty or too long.
    #[error("a name has 1 to 60 characters")]
    Name,
    /// A limit outside of 1 to 100.
    #[error("ask for 1 to 100 reviews at a time")]
    Limit,
}
