//! Products for programs.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Path, Query},
};
use catalog_contract::{Listing, Product};
use reviews_contract::Rating;
use seam::Fault;
use serde::{Deserialize, Serialize};
use tokio::join;
use utoipa::{IntoParams, ToSchema};
use vocabulary::{Currency, Money, Sku};

use crate::{
    api::Problem, pages::home::no_catalogue, pictures::PictureAddress, refusal::Refusal, views::list_prices,
    visit::Visit,
};

const PRODUCTS_UNLESS_ASKED: u32 = 24;

/// Which products, and in which currency.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The slug of a category; all products without it.
    category: Option<String>,
    /// How many products to pass over.
    #[serde(default)]
    offset: u32,
    /// How many to give, 1 to 100; 24 when it is left out.
    limit: Option<u32>,
    /// The currency of the prices, such as `EUR`; the visit's own when it is left out.
    currency: Option<String>,
}

/// Some products of a longer list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductList {
    /// The products.
    products: Vec<ProductView>,
    /// How many there are on all pages.
    total: u32,
}

/// A product.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductView {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// A paragraph about it.
    description: String,
    /// What one costs.
    price: Amount,
    /// Slugs of its categories.
    categories: Vec<String>,
    /// The address of its picture, an SVG.
    picture: String,
}

/// A product, and what changes about it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductDetails {
    #[serde(flatten)]
    product: ProductView,
    /// Units free to sell; absent when the stock room does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<u32>,
    /// Mean of the stars, 1 to 5; absent without reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<f64>,
    /// How many reviews there are.
    reviews: u32,
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(crate) struct Amount {
    /// In the currency's smallest unit: cents, or whole yen.
    minor: i64,
    /// The currency's code after ISO 4217.
    currency: String,
    /// For people.
    text: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.to_string(), text: money.to_string() }
    }
}

impl ProductView {
    fn new(product: &Product, price: Money) -> Self {
        Self {
            id: product.sku.to_string(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: price.into(),
            categories: product.categories.clone(),
            picture: PictureAddress(&product.picture).to_string(),
        }
    }
}

/// Lists products in the catalogue's order.
#[utoipa::path(get, path = "/api/products", params(Wanted), responses(
    (status = 200, body = ProductList),
    (status = 404, description = "No such category", body = Problem),
    (status = 503, description = "The catalogue cannot be reached", body = Problem),
))]
pub(crate) async fn list(visit: Visit, wanted: Query<Wanted>) -> Result<HttpResponse, Problem> {
    let Wanted { category, offset, limit, currency } = wanted.into_inner();
    let currency = chosen(&visit, currency.as_deref())?;
    let listing = Listing { category, offset, limit: limit.unwrap_or(PRODUCTS_UNLESS_ASKED) };
    let page = visit.asks().catalog.list(&visit.call, listing).await.map_err(no_catalogue)?;
    let prices = converted(&visit, list_prices(&page.products), currency).await?;
    let products = page.products.iter().zip(prices).map(|(product, price)| ProductView::new(product, price)).collect();
    Ok(visit.remembered(HttpResponse::Ok().json(ProductList { products, total: page.total })))
}

/// The currency of the prices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct InCurrency {
    /// The currency of the price, such as `EUR`; the visit's own when it is left out.
    currency: Option<String>,
}

/// Shows one product, with what is left of it and what people say.
#[utoipa::path(get, path = "/api/products/{sku}", params(("sku" = String, Path, description = "The product's id"), InCurrency), responses(
    (status = 200, body = ProductDetails),
    (status = 404, description = "No such product", body = Problem),
    (status = 503, description = "The catalogue cannot be reached", body = Problem),
))]
pub(crate) async fn show(visit: Visit, sku: Path<String>, wanted: Query<InCurrency>) -> Result<HttpResponse, Problem> {
    let currency = chosen(&visit, wanted.currency.as_deref())?;
    let sku: Sku = sku.parse().map_err(|_| Problem::not_found("product"))?;
    let (asks, call, one) = (visit.asks(), &visit.call, || vec![sku.clone()]);
    let (products, stock, ratings) = join!(
        asks.catalog.get_many(call, one()),
        asks.inventory.available(call, one()),
        asks.reviews.summary_many(call, one())
    );
    let product = products.map_err(no_catalogue)?.into_iter().next().ok_or_else(|| Problem::not_found("product"))?;
    let prices = converted(&visit, vec![product.price], currency).await?;
    let rating = ratings.ok().and_then(|ratings| ratings.get(&sku).copied()).unwrap_or(Rating { count: 0, stars: 0 });
    let details = ProductDetails {
        product: ProductView::new(&product, prices.first().copied().unwrap_or(product.price)),
        available: stock.ok().map(|stock| stock.get(&sku).copied().unwrap_or(0)),
        rating: (rating.count > 0).then(|| f64::from(rating.tenths()) / 10.0),
        reviews: rating.count,
    };
    Ok(visit.remembered(HttpResponse::Ok().json(details)))
}

fn chosen(visit: &Visit, currency: Option<&str>) -> Result<Currency, Problem> {
    let Some(code) = currency else { return Ok(visit.wanted_currency) };
    code.parse().map_err(|error: vocabulary::CurrencyError| {
        Problem::because(StatusCode::BAD_REQUEST, "No such currency", error.to_string()).in_field("currency")
    })
}

/// A program that asked for euros must not be given dollars, so here a missing rate is a failure.
async fn converted(visit: &Visit, prices: Vec<Money>, to: Currency) -> Result<Vec<Money>, Problem> {
    if prices.iter().all(|price| price.currency == to) {
        return Ok(prices);
    }
    visit.asks().currency.convert_many(&visit.call, prices, to).await.map_err(|fault| match fault {
        Fault::Domain(error) => {
            Problem::because(StatusCode::UNPROCESSABLE_ENTITY, "No such price", error.to_string()).in_field("currency")
        }
        Fault::Breakdown(breakdown) => Refusal::broken_down("The exchange rates", &breakdown).into(),
    })
}
