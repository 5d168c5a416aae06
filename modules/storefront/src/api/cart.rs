//! The cart for programs.

use actix_web::{HttpResponse, http::StatusCode};
use cart_contract::CartContents;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Sku;

use crate::{
    api::Problem,
    pages::{cart_changes::not_changed, home::no_catalogue},
    submitted::SubmittedJson,
    visit::Visit,
};

/// What is in the visit's cart.
#[derive(Serialize, ToSchema)]
pub(crate) struct CartView {
    /// The lines in the order their products were first put in.
    lines: Vec<LineView>,
    /// Units of all lines together.
    units: u64,
}

/// So many units of a product.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct LineView {
    /// The product's id.
    product_id: String,
    /// How many units, 1 to 1,000,000.
    quantity: u32,
}

impl From<CartContents> for CartView {
    fn from(contents: CartContents) -> Self {
        let units = contents.units();
        let line =
            |line: cart_contract::CartLine| LineView { product_id: line.sku.to_string(), quantity: line.quantity };
        Self { lines: contents.lines.into_iter().map(line).collect(), units }
    }
}

/// Shows what is in the visit's cart.
#[utoipa::path(get, path = "/api/cart", responses(
    (status = 200, body = CartView),
    (status = 503, description = "The carts cannot be reached", body = Problem),
))]
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let contents = visit.asks().cart.get(&visit.call, visit.cart()).await.map_err(not_changed)?;
    Ok(visit.remembered(HttpResponse::Ok().json(CartView::from(contents))))
}

/// Puts more units of a product into the visit's cart.
#[utoipa::path(post, path = "/api/cart", request_body = LineView, responses(
    (status = 200, description = "What is in the cart now", body = CartView),
    (status = 404, description = "No such product", body = Problem),
    (status = 409, description = "The cart is full", body = Problem),
    (status = 422, description = "The quantity cannot be", body = Problem),
    (status = 503, description = "The carts cannot be reached", body = Problem),
))]
pub(crate) async fn add(visit: Visit, SubmittedJson(line): SubmittedJson<LineView>) -> Result<HttpResponse, Problem> {
    let sku: Sku = line.product_id.parse().map_err(|_| Problem::not_found("product"))?;
    if line.quantity == 0 {
        let detail = "A quantity is 1 to 1,000,000.";
        return Err(Problem::because(StatusCode::UNPROCESSABLE_ENTITY, "How many?", detail).in_field("quantity"));
    }
    if visit.products(vec![sku.clone()]).await.map_err(no_catalogue)?.is_empty() {
        return Err(Problem::not_found("product"));
    }
    let contents = visit.asks().cart.add(&visit.call, visit.cart(), sku, line.quantity).await.map_err(not_changed)?;
    Ok(visit.remembered(HttpResponse::Ok().json(CartView::from(contents))))
}
