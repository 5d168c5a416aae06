//! What may be asked of the catalogue: what there is to buy, and how it is described.
//!
//! Products travel as `Arc`, because the catalogue lives in its service's memory and an answer must not copy it.

use std::sync::Arc;

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Money, Sku};

/// What there is to buy.
#[seam::contract]
pub trait Catalog {
    /// A page of products in the catalogue's order, of one category or of all.
    #[read]
    async fn list(&self, call: &Call, wanted: Listing) -> Result<ProductPage, CatalogError>;

    /// The products with these ids, in the order asked for. Ids nobody knows are absent from the answer.
    #[read]
    async fn get_many(&self, call: &Call, skus: Vec<Sku>) -> Result<Vec<Arc<Product>>, CatalogError>;

    /// All categories, in the order they are shown.
    #[read]
    async fn categories(&self, call: &Call) -> Result<Arc<Vec<Category>>, CatalogError>;

    /// Products that match the words of `query`, best first, at most `limit` (1 to 100).
    #[read]
    async fn search(&self, call: &Call, query: String, limit: u32) -> Result<Vec<Arc<Product>>, CatalogError>;

    /// Puts a product in, or in the place of the one with its id. For people with the role `merchant`.
    #[idempotent]
    async fn upsert(&self, call: &Call, product: Product) -> Result<(), CatalogError>;
}

/// Which products to list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The slug of a category; all products without it.
    pub category: Option<String>,
    /// How many products to pass over.
    pub offset: u32,
    /// How many to give, 1 to 100.
    pub limit: u32,
}

/// Some products of a longer list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPage {
    /// The products.
    pub products: Vec<Arc<Product>>,
    /// How many there are on all pages.
    pub total: u32,
}

/// Something to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub sku: Sku,
    /// Its name, 1 to 120 characters.
    pub name: String,
    /// A paragraph about it, at most 2,000 characters.
    pub description: String,
    /// Its list price, in US dollars.
    pub price: Money,
    /// Slugs of its categories, at least one.
    pub categories: Vec<String>,
    /// How it is drawn.
    pub picture: Picture,
}

/// How a product is drawn: what it is, and in which colours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The shape, such as `mug`.
    pub shape: String,
    /// The main colour as a hue, 0 to 359 degrees.
    pub hue: u16,
    /// Chooses among the small differences, any number.
    pub variant: u16,
}

/// A shelf of the shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// How many products it has.
    pub products: u32,
}

/// Why the catalogue refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CatalogError {
    /// The listing names a category that is not there.
    #[error("there is no category {slug:?}")]
    UnknownCategory {
        /// What was asked for.
        slug: String,
    },
    /// A limit outside of 1 to 100.
    #[error("ask for 1 to 100 products at a time, not {limit}")]
    Limit {
        /// What was asked for.
        limit: u32,
    },
    /// A product that cannot be sold as described.
    #[error("the product's {field} is wrong: {reason}")]
    Product {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Only merchants may change the catalogue.
    #[error("only a merchant may change the catalogue")]
    NotAllowed,
}

/// The event that a product was put in or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductChanged {
    /// Which product.
    pub sku: Sku,
}
