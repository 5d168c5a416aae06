//! Products as Online Boutique's front end gives them to scripts.

use actix_web::{HttpResponse, web::Path};
use catalog_contract::Product;
use serde::Serialize;
use vocabulary::{Money, Sku};

use crate::{pages::home::no_catalogue, pictures::PictureAddress, refusal::Refusal, visit::Visit};

/// A bound on what one request may ask for.
const PRODUCTS_AT_MOST: usize = 100;

/// A product, with Online Boutique's names.
#[derive(Serialize)]
struct ProductMeta<'a> {
    id: &'a str,
    name: &'a str,
    description: &'a str,
    picture: String,
    price_usd: MoneyMeta,
    categories: &'a [String],
}

/// An amount in whole units and billionths.
#[derive(Serialize)]
struct MoneyMeta {
    currency_code: String,
    units: i64,
    nanos: i64,
}

/// One product for one id; a list for several ids with commas between.
pub(crate) async fn show(visit: Visit, skus: Path<String>) -> Result<HttpResponse, Refusal> {
    let skus: Vec<Sku> = skus.split(',').take(PRODUCTS_AT_MOST).filter_map(|sku| sku.parse().ok()).collect();
    let one = skus.len() == 1;
    let products = visit.products(skus).await.map_err(no_catalogue)?;
    if products.is_empty() {
        return Err(Refusal::not_found("product"));
    }
    let products: Vec<_> = products.iter().map(|product| meta(product)).collect();
    let mut response = HttpResponse::Ok();
    Ok(if one { response.json(&products[0]) } else { response.json(products) })
}

fn meta(product: &Product) -> ProductMeta<'_> {
    ProductMeta {
        id: product.sku.as_str(),
        name: &product.name,
        description: &product.description,
        picture: PictureAddress(&product.picture).to_string(),
        price_usd: money(product.price),
        categories: &product.categories,
    }
}

fn money(amount: Money) -> MoneyMeta {
    let scale = 10_i64.pow(amount.currency.decimals());
    MoneyMeta {
        currency_code: amount.currency.to_string(),
        units: amount.minor / scale,
        nanos: amount.minor % scale * (1_000_000_000 / scale),
    }
}
