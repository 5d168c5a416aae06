//! What is asked: a catalogue with one product of about 600 bytes in memory, so that nothing but the way there is measured.

use std::sync::Arc;

use catalog_contract::{CatalogError, CatalogService, Category, Listing, Picture, Product, ProductPage};
use seam::{Call, Outcome};
use vocabulary::{Currency, Money, Sku};

/// A catalogue of one product.
pub(super) struct Shelf(pub(super) Arc<Product>);

impl Shelf {
    pub(super) fn stocked() -> Self {
        let sku: Sku = "PROBE".parse().expect("five capitals are a product id");
        let description = "A line of the shop's usual length about a thing that nobody will ever buy. ".repeat(5);
        let picture = Picture { shape: "mug".to_owned(), hue: 200, variant: 1 };
        let (name, categories) =
            ("A mug to measure with".to_owned(), vec!["kitchen".to_owned(), "measuring".to_owned()]);
        let price = Money::new(1_999, Currency::USD);
        Self(Arc::new(Product { sku, name, description, price, categories, picture }))
    }
}

impl CatalogService for Shelf {
    async fn list(&self, _call: &Call, _wanted: Listing) -> Outcome<ProductPage, CatalogError> {
        Ok(ProductPage { products: vec![self.0.clone()], total: 1 })
    }

    async fn get_many(&self, _call: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        Ok(vec![self.0.clone(); skus.len()])
    }

    async fn categories(&self, _call: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        Ok(Arc::default())
    }

    async fn search(&self, _call: &Call, _query: String, _limit: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        Ok(vec![self.0.clone()])
    }

    async fn upsert(&self, _call: &Call, _product: Product) -> Outcome<(), CatalogError> {
        Err(CatalogError::NotAllowed.into())
    }
}
