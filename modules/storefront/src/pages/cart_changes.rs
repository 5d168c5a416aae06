//! Changes to the cart; each leads back to it.

use actix_web::{HttpResponse, http::StatusCode};
use cart_contract::CartError;
use seam::Fault;
use serde::Deserialize;
use vocabulary::Sku;

use crate::{pages::home::no_catalogue, refusal::Refusal, submitted::Submitted, visit::Visit};

/// So many units of a product, as a form says it.
#[derive(Deserialize)]
pub(crate) struct Units {
    product_id: String,
    quantity: String,
}

/// Puts more units in.
pub(crate) async fn add(visit: Visit, Submitted(units): Submitted<Units>) -> Result<HttpResponse, Refusal> {
    let (sku, quantity) = units.read()?;
    let known = visit.products(vec![sku.clone()]).await.map_err(no_catalogue)?;
    if known.is_empty() {
        return Err(Refusal::not_found("product"));
    }
    visit.asks().cart.add(&visit.call, visit.cart(), sku, quantity).await.map_err(not_changed)?;
    Ok(visit.redirect("/cart"))
}

/// Sets how many units are in; zero takes them out.
pub(crate) async fn update(visit: Visit, Submitted(units): Submitted<Units>) -> Result<HttpResponse, Refusal> {
    let (sku, quantity) = units.read()?;
    visit.asks().cart.set(&visit.call, visit.cart(), sku, quantity).await.map_err(not_changed)?;
    Ok(visit.redirect("/cart"))
}

/// Takes everything out.
pub(crate) async fn empty(visit: Visit) -> Result<HttpResponse, Refusal> {
    visit.asks().cart.clear(&visit.call, visit.cart(), None).await.map_err(not_changed)?;
    Ok(visit.redirect("/cart"))
}

/// Somebody reads an address that only takes forms, for instance by reloading a form that came back.
pub(crate) async fn read_instead(visit: Visit) -> HttpResponse {
    visit.redirect("/cart")
}

impl Units {
    fn read(&self) -> Result<(Sku, u32), Refusal> {
        let sku = self.product_id.parse().map_err(|_| Refusal::not_found("product"))?;
        let quantity = self.quantity.trim().parse().map_err(|_| {
            Refusal::because(
                StatusCode::UNPROCESSABLE_ENTITY,
                "How many?",
                "A quantity is a whole number from 1 to 1,000,000. Go back and type how many you would like.",
            )
        })?;
        Ok((sku, quantity))
    }
}

/// Why a cart stays as it was.
pub(crate) fn not_changed(fault: Fault<CartError>) -> Refusal {
    match fault {
        Fault::Domain(error @ CartError::Quantity) => Refusal::because(
            StatusCode::UNPROCESSABLE_ENTITY,
            "How many?",
            format!("{error}. Go back and type how many you would like.").replacen('a', "A", 1),
        ),
        Fault::Domain(error @ CartError::Full { .. }) => Refusal::because(
            StatusCode::CONFLICT,
            "The cart is full",
            format!("{error}. Take something out, or check out first.").replacen('a', "A", 1),
        ),
        Fault::Breakdown(breakdown) => Refusal::broken_down("Your cart", &breakdown),
    }
}
