//! The catalogue in memory: what every question is answered from.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use catalog_contract::{CatalogError, Category, Listing, Product, ProductPage};
use vocabulary::Sku;

use crate::search::Index;

/// A catalogue as it was at one moment.
pub(crate) struct Shelf {
    products: Vec<Arc<Product>>,
    places: HashMap<Sku, usize>,
    categories: Arc<Vec<Category>>,
    by_category: BTreeMap<String, Vec<usize>>,
    index: Index,
}

impl Shelf {
    /// Puts up products in the catalogue's order, and categories (slug and name) in theirs.
    pub(crate) fn new(products: Vec<Arc<Product>>, categories: Vec<(String, String)>) -> Self {
        let mut by_category: BTreeMap<String, Vec<usize>> =
            categories.iter().map(|(slug, _)| (slug.clone(), Vec::new())).collect();
        for (place, product) in products.iter().enumerate() {
            for slug in &product.categories {
                by_category.entry(slug.clone()).or_default().push(place);
            }
        }
        let counted = |slug: &str| by_category.get(slug).map_or(0, |places| count(places.len()));
        let shown =
            categories.into_iter().map(|(slug, name)| Category { products: counted(&slug), slug, name }).collect();
        Self {
            places: products.iter().enumerate().map(|(place, product)| (product.sku.clone(), place)).collect(),
            index: Index::of(&products),
            categories: Arc::new(shown),
            by_category,
            products,
        }
    }

    /// The product with an id.
    pub(crate) fn product(&self, sku: &Sku) -> Option<Arc<Product>> {
        self.places.get(sku).map(|&place| self.products[place].clone())
    }

    /// All categories.
    pub(crate) fn categories(&self) -> Arc<Vec<Category>> {
        self.categories.clone()
    }

    /// Whether a product may be put into a category.
    pub(crate) fn has_category(&self, slug: &str) -> bool {
        self.by_category.contains_key(slug)
    }

    /// A page of the whole or of one category.
    pub(crate) fn page(&self, wanted: &Listing) -> Result<ProductPage, CatalogError> {
        let (offset, limit) = (wanted.offset as usize, wanted.limit as usize);
        let Some(slug) = &wanted.category else {
            let products = self.products.iter().skip(offset).take(limit).cloned().collect();
            return Ok(ProductPage { products, total: count(self.products.len()) });
        };
        let places = self.by_category.get(slug).ok_or_else(|| CatalogError::UnknownCategory { slug: slug.clone() })?;
        let products = places.iter().skip(offset).take(limit).map(|&place| self.products[place].clone()).collect();
        Ok(ProductPage { products, total: count(places.len()) })
    }

    /// What matches the words, best first.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<Arc<Product>> {
        self.index.find(query, limit).into_iter().map(|place| self.products[place].clone()).collect()
    }
}

fn count(products: usize) -> u32 {
    u32::try_from(products).unwrap_or(u32::MAX)
}
