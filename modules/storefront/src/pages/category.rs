//! A shelf of the shop, a page at a time.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use askama::Template;
use catalog_contract::Listing;
use serde::Deserialize;
use tokio::join;

use crate::{
    around::Around,
    pages::{home::no_catalogue, or_missing},
    refusal::Refusal,
    views::{Card, cards, list_prices},
    visit::Visit,
};

/// Fills rows of two, three and four.
const PRODUCTS_PER_PAGE: u32 = 24;

/// Which page of a shelf; what is no number is the first.
#[derive(Deserialize)]
pub(crate) struct Turned {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/category.html")]
struct CategoryPage {
    around: Around,
    slug: String,
    name: String,
    cards: Vec<Card>,
    total: u32,
    page: u32,
    pages: u32,
}

pub(crate) async fn show(visit: Visit, slug: Path<String>, turned: Query<Turned>) -> Result<HttpResponse, Refusal> {
    let slug = slug.into_inner();
    let page = turned.page.as_deref().and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1);
    let offset = (page - 1_u32).saturating_mul(PRODUCTS_PER_PAGE);
    let wanted = Listing { category: Some(slug.clone()), offset, limit: PRODUCTS_PER_PAGE };
    let (surroundings, listed) = join!(visit.look_around(), visit.asks().catalog.list(&visit.call, wanted));
    let mut around = surroundings?.around;
    let listed = listed.map_err(no_catalogue)?;
    let pages = listed.total.div_ceil(PRODUCTS_PER_PAGE).max(1);
    if page > pages {
        return Ok(visit.redirect(&format!("/category/{slug}?page={pages}")));
    }

    let skus = listed.products.iter().map(|product| product.sku.clone()).collect();
    let (prices, ratings) = join!(
        visit.prices(&mut around, list_prices(&listed.products)),
        visit.asks().reviews.summary_many(&visit.aside, skus),
    );
    let ratings = or_missing(ratings, "ratings", &mut around.missing);
    let name = around.categories.iter().find(|category| category.slug == slug).map(|category| category.name.clone());
    Ok(visit.page(&CategoryPage {
        name: name.unwrap_or_else(|| slug.clone()),
        cards: cards(listed.products, prices, |product| ratings.get(&product.sku).copied()),
        around,
        slug,
        total: listed.total,
        page,
        pages,
    }))
}
