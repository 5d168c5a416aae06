//! How the catalog module answers: everything lives in memory, and memory is what the tables say.
//!
//! - Questions touch no database. They read a [`Shelf`] that is replaced as a whole and never changed.
//! - A change is committed first, then the shelf is read from the tables again, one reader after the other; so memory never
//!   shows what was not committed, and never goes back to what was there before.
//! - What a replica has committed is seen when memory is told to [`restock`](CatalogModule::restock).

mod check;
mod search;
pub mod seed;
mod shelf;
mod table;

use std::sync::{Arc, PoisonError, RwLock};

use catalog_contract::{CatalogError, CatalogService, Category, Listing, Product, ProductChanged, ProductPage};
use events::Outbox;
use runtime::{Database, Stored as _};
use sea_orm::DbErr;
use seam::{Call, Failure, Outcome};
use tokio::sync::Mutex;
use vocabulary::Sku;

use shelf::Shelf;

/// The role of those who may change the catalogue.
const MERCHANT: &str = "merchant";

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct CatalogModule {
    database: Database,
    outbox: Outbox,
    shelf: Arc<RwLock<Arc<Shelf>>>,
    /// Held while the shelf is read from the tables, so that an older reading cannot replace a newer one.
    restocking: Arc<Mutex<()>>,
}

impl CatalogModule {
    /// Loads the catalogue from its migrated database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        let shelf = table::load(database.reader()).await?;
        Ok(Self {
            outbox: Outbox::new(&database),
            database,
            shelf: Arc::new(RwLock::new(Arc::new(shelf))),
            restocking: Arc::default(),
        })
    }

    /// The events of this module, to relay.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn shelf(&self) -> Arc<Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the shelf from the tables again: for what a replica of this process has put there.
    ///
    /// # Errors
    /// When the database refuses; the shelf is then as it was.
    pub async fn restock(&self) -> Result<(), DbErr> {
        let _restocking = self.restocking.lock().await;
        let shelf = table::load(self.database.reader()).await?;
        *self.shelf.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shelf);
        Ok(())
    }

    async fn put(self, product: Product, trace: String) -> Outcome<(), CatalogError> {
        let outbox = self.outbox.traced(trace);
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    table::upsert(tx, &product).await.stored()?;
                    let changed = ProductChanged { sku: product.sku };
                    let aggregate = changed.sku.as_str();
                    outbox.publish(tx, "catalog.product-changed", aggregate, &changed).await.stored()?;
                    Ok(())
                })
            })
            .await?;
        self.restock().await.stored()
    }
}

impl CatalogService for CatalogModule {
    async fn list(&self, _call: &Call, wanted: Listing) -> Outcome<ProductPage, CatalogError> {
        check::limit(wanted.limit)?;
        Ok(self.shelf().page(&wanted)?)
    }

    async fn get_many(&self, _call: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        let shelf = self.shelf();
        Ok(skus.iter().filter_map(|sku| shelf.product(sku)).collect())
    }

    async fn categories(&self, _call: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        Ok(self.shelf().categories())
    }

    async fn search(&self, _call: &Call, query: String, limit: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        check::limit(limit)?;
        Ok(self.shelf().search(&query, limit as usize))
    }

    async fn upsert(&self, call: &Call, product: Product) -> Outcome<(), CatalogError> {
        if !call.principal().is_some_and(|principal| principal.roles.iter().any(|role| role == MERCHANT)) {
            return Err(CatalogError::NotAllowed.into());
        }
        let shelf = self.shelf();
        check::check(&product, |slug| shelf.has_category(slug))?;
        // In a task of its own: a caller that goes away after the commit must not leave memory behind.
        let put = tokio::spawn(self.clone().put(product, call.trace().to_string()));
        put.await.map_err(|error| Failure::unavailable(format!("the product was not put in: {error}")))?
    }
}

#[cfg(test)]
mod tests;
