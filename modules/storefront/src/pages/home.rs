//! The home page: what the shop draws attention to, and the first products of the catalogue.

use actix_web::HttpResponse;
use askama::Template;
use catalog_contract::{CatalogError, Listing};
use promotions_contract::Banner;
use seam::Fault;
use tokio::join;

use crate::{
    around::Around,
    pages::or_missing,
    refusal::Refusal,
    views::{Card, cards, list_prices},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "storefront/home.html")]
struct HomePage {
    around: Around,
    banner: Option<Banner>,
    cards: Vec<Card>,
    total: u32,
}

pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Refusal> {
    let asks = visit.asks();
    let wanted = Listing { category: None, offset: 0, limit: visit.shop.settings().home_products };
    let (surroundings, page, banners) = join!(
        visit.look_around(),
        asks.catalog.list(&visit.call, wanted),
        asks.promotions.for_context(&visit.aside, Vec::new(), 1),
    );
    let mut around = surroundings?.around;
    let page = page.map_err(no_catalogue)?;
    let banner = or_missing(banners, "offers", &mut around.missing).into_iter().next();

    let skus = page.products.iter().map(|product| product.sku.clone()).collect();
    let (prices, ratings) =
        join!(visit.prices(&mut around, list_prices(&page.products)), asks.reviews.summary_many(&visit.aside, skus),);
    let ratings = or_missing(ratings, "ratings", &mut around.missing);
    let cards = cards(page.products, prices, |product| ratings.get(&product.sku).copied());
    Ok(visit.page(&HomePage { around, banner, cards, total: page.total }))
}

/// Without the catalogue there is no page that shows products.
pub(crate) fn no_catalogue(fault: Fault<CatalogError>) -> Refusal {
    match fault {
        Fault::Domain(CatalogError::UnknownCategory { .. }) => Refusal::not_found("shelf"),
        Fault::Domain(error) => {
            Refusal::because(actix_web::http::StatusCode::BAD_REQUEST, "That cannot be listed", error.to_string())
        }
        Fault::Breakdown(breakdown) => Refusal::broken_down("The catalogue", &breakdown),
    }
}
