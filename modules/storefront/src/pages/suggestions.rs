//! What goes with what is being looked at: a part of other pages, which all do without it when they must.

use std::sync::Arc;

use catalog_contract::{CatalogError, Product};
use recommendations_contract::RecommendationsError;
use seam::Fault;
use vocabulary::Sku;

use crate::visit::Visit;

/// Fills a row of four, or two rows of two.
pub(crate) const SUGGESTIONS: u32 = 4;

impl Visit {
    /// Ids of products that go with these.
    pub(crate) async fn suggested_ids(&self, skus: Vec<Sku>) -> Result<Vec<Sku>, Fault<RecommendationsError>> {
        self.asks().recommendations.for_products(&self.aside, skus, SUGGESTIONS).await
    }

    /// The products with these ids; asks nobody when there are none.
    pub(crate) async fn products(&self, skus: Vec<Sku>) -> Result<Vec<Arc<Product>>, Fault<CatalogError>> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        self.asks().catalog.get_many(&self.aside, skus).await
    }
}
