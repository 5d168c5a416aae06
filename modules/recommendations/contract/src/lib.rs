//! What may be asked for suggestions: what people bought together with what.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::Sku;

/// Who bought this also bought that.
#[seam::contract]
pub trait Recommendations {
    /// Products that go with the given ones and are not among them, the best first, at most `limit` (1 to 20).
    ///
    /// Where too few were bought together, products fill up that go with them by the catalogue's seed.
    #[read]
    async fn for_products(&self, call: &Call, skus: Vec<Sku>, limit: u32) -> Result<Vec<Sku>, RecommendationsError>;
}

/// Why there are no suggestions.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum RecommendationsError {
    /// A limit outside of 1 to 20.
    #[error("ask for 1 to 20 suggestions, not {limit}")]
    Limit {
        /// What was asked for.
        limit: u32,
    },
}
