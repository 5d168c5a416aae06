//! A product: what it is, what it costs, what people say of it, and what goes with it.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use askama::Template;
use catalog_contract::Product;
use promotions_contract::Banner;
use reviews_contract::{NewReview, Review, ReviewsError};
use seam::Fault;
use serde::Deserialize;
use tokio::join;
use vocabulary::Sku;

use crate::{
    around::Around,
    pages::{home::no_catalogue, or_missing},
    pictures::PictureAddress,
    prices::Price,
    refusal::Refusal,
    submitted::Submitted,
    views::{Card, Mean, cards, list_prices},
    visit::Visit,
};

const REVIEWS_SHOWN: u32 = 10;
/// From here on the page says how many are left.
const FEW: u32 = 10;

/// A review as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Opinion {
    name: String,
    stars: String,
    text: String,
}

#[derive(Template)]
#[template(path = "storefront/product.html")]
struct ProductPage {
    around: Around,
    product: Arc<Product>,
    price: Price,
    stock: Stock,
    mean: Option<Mean>,
    reviews: Option<Vec<Review>>,
    suggestions: Vec<Card>,
    banner: Option<Banner>,
    opinion: Opinion,
    opinion_error: Option<String>,
}

impl ProductPage {
    fn picture(&self) -> PictureAddress<'_> {
        PictureAddress(&self.product.picture)
    }

    fn sold_out(&self) -> bool {
        matches!(self.stock, Stock::None)
    }

    /// The shelves it stands on, with their names where the catalogue gave them.
    fn shelves(&self) -> impl Iterator<Item = (&str, &str)> {
        let name = |slug: &'_ str| self.around.categories.iter().find(|category| category.slug == slug);
        self.product
            .categories
            .iter()
            .map(move |slug| (slug.as_str(), name(slug).map_or(slug.as_str(), |category| category.name.as_str())))
    }
}

/// How much there is, as far as the page tells.
enum Stock {
    Plenty,
    Few(u32),
    None,
    Unknown,
}

pub(crate) async fn show(visit: Visit, sku: Path<String>) -> Result<HttpResponse, Refusal> {
    let page = page(&visit, &sku, Opinion::default(), None).await?;
    Ok(visit.page(&page))
}

/// Says something about a product.
pub(crate) async fn review(
    visit: Visit,
    sku: Path<String>,
    Submitted(opinion): Submitted<Opinion>,
) -> Result<HttpResponse, Refusal> {
    let known = parse(&sku)?;
    visit.products(vec![known.clone()]).await.map_err(no_catalogue)?.first().ok_or_else(no_product)?;
    let review = NewReview {
        sku: known,
        author: visit.session,
        name: opinion.name.trim().to_owned(),
        stars: opinion.stars.parse().unwrap_or(0),
        text: opinion.text.trim().to_owned(),
    };
    match visit.asks().reviews.post(&visit.call, review).await {
        Ok(_) => Ok(visit.redirect(&format!("/product/{sku}#reviews"))),
        Err(Fault::Domain(error)) => {
            let page = page(&visit, &sku, opinion, Some(advice(&error))).await?;
            Ok(visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(Fault::Breakdown(breakdown)) => Err(Refusal::broken_down("Where reviews are kept", &breakdown)),
    }
}

/// Somebody reads the address that takes reviews, for instance by reloading a form that came back.
pub(crate) async fn read_instead(visit: Visit, sku: Path<String>) -> HttpResponse {
    visit.redirect(&format!("/product/{sku}"))
}

async fn page(
    visit: &Visit,
    sku: &str,
    opinion: Opinion,
    opinion_error: Option<String>,
) -> Result<ProductPage, Refusal> {
    let sku = parse(sku)?;
    let (asks, aside, one) = (visit.asks(), &visit.aside, || vec![sku.clone()]);
    let (surroundings, products, stock, ratings, reviews, suggested) = join!(
        visit.look_around(),
        asks.catalog.get_many(&visit.call, one()),
        asks.inventory.available(aside, one()),
        asks.reviews.summary_many(aside, one()),
        asks.reviews.list(aside, sku.clone(), REVIEWS_SHOWN),
        visit.suggested_ids(one()),
    );
    let product = products.map_err(no_catalogue)?.into_iter().next().ok_or_else(no_product)?;
    let mut around = surroundings?.around;
    let suggested = or_missing(suggested, "suggestions", &mut around.missing);

    let (suggested, banners) =
        join!(visit.products(suggested), asks.promotions.for_context(aside, product.categories.clone(), 1),);
    let suggested = or_missing(suggested, "suggestions", &mut around.missing);
    let banner = or_missing(banners, "offers", &mut around.missing).into_iter().find(|banner| banner.sku != sku);

    let mut prices =
        visit.prices(&mut around, list_prices(std::iter::once(&product).chain(&suggested))).await.into_iter();
    let price = Price(prices.next().unwrap_or(product.price));
    let mean = ratings.ok().and_then(|ratings| ratings.get(&sku).copied()).filter(|rating| rating.count > 0).map(Mean);
    let reviews = reviews.map_err(|_| around.missing.push("reviews")).ok();
    let stock = match stock.map(|stock| stock.get(&sku).copied().unwrap_or(0)) {
        Ok(0) => Stock::None,
        Ok(units) if units <= FEW => Stock::Few(units),
        Ok(_) => Stock::Plenty,
        Err(_) => Stock::Unknown,
    };
    let suggestions = cards(suggested, prices, |_| None);
    Ok(ProductPage { around, product, price, stock, mean, reviews, suggestions, banner, opinion, opinion_error })
}

fn parse(sku: &str) -> Result<Sku, Refusal> {
    sku.parse().map_err(|_| no_product())
}

fn no_product() -> Refusal {
    Refusal::not_found("product")
}

fn advice(error: &ReviewsError) -> String {
    match error {
        ReviewsError::Stars => "Choose one to five stars.".to_owned(),
        ReviewsError::Name => "Tell us a name to show, at most 60 characters.".to_owned(),
        ReviewsError::Text => "Write at least a word, at most 2,000 characters.".to_owned(),
        ReviewsError::Limit => error.to_string(),
    }
}
