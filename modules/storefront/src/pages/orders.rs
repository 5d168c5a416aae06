//! Orders: one as its owner sees it, all of a visit, and to take one back.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use askama::Template;
use catalog_contract::Product;
use orders_contract::{Order, OrderLine, OrderStatus, OrdersError};
use seam::Fault;
use tokio::join;
use vocabulary::{Money, OrderId};

use crate::{
    around::Around,
    pages::{check_out::status_of, or_missing},
    pictures::PictureAddress,
    prices::Price,
    refusal::Refusal,
    views::{Card, cards, list_prices},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "storefront/order.html")]
struct OrderPage {
    around: Around,
    order: Order,
    products: Vec<Arc<Product>>,
    suggestions: Vec<Card>,
}

impl OrderPage {
    /// How the product is drawn, when the catalogue still has it.
    fn picture(&self, line: &OrderLine) -> Option<PictureAddress<'_>> {
        self.products.iter().find(|product| product.sku == line.sku).map(|product| PictureAddress(&product.picture))
    }

    fn has_discount(&self) -> bool {
        self.order.discount.minor != 0
    }
}

/// What a line of an order came to; an order that stands was added up before.
pub(crate) fn line_sum(line: &OrderLine) -> Price {
    Price(line.price.times(line.quantity).unwrap_or(Money::zero(line.price.currency)))
}

pub(crate) fn units(order: &Order) -> u64 {
    order.lines.iter().map(|line| u64::from(line.quantity)).sum()
}

#[derive(Template)]
#[template(path = "storefront/orders.html")]
struct OrdersPage {
    around: Around,
    orders: Vec<Order>,
}

/// An order of this visit; to anybody else there is none.
pub(crate) async fn show(visit: Visit, order: Path<String>) -> Result<HttpResponse, Refusal> {
    let order = parse(&order)?;
    let (surroundings, order) = join!(visit.look_around(), visit.asks().orders.get(&visit.call, visit.session, order));
    let mut around = surroundings?.around;
    let order = order.map_err(no_orders)?;

    let bought: Vec<_> = order.lines.iter().map(|line| line.sku.clone()).collect();
    let suggested = or_missing(visit.suggested_ids(bought.clone()).await, "suggestions", &mut around.missing);
    let mut wanted = bought;
    wanted.extend(suggested.iter().cloned());
    let products = or_missing(visit.products(wanted).await, "pictures", &mut around.missing);
    let suggested: Vec<_> = products.iter().filter(|product| suggested.contains(&product.sku)).cloned().collect();
    let prices = visit.prices(&mut around, list_prices(&suggested)).await;
    let suggestions = cards(suggested, prices, |_| None);
    Ok(visit.page(&OrderPage { around, order, products, suggestions }))
}

/// All orders of this visit.
pub(crate) async fn history(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (surroundings, orders) = join!(visit.look_around(), visit.asks().orders.history(&visit.call, visit.session));
    let around = surroundings?.around;
    let orders = orders.map_err(no_orders)?;
    Ok(visit.page(&OrdersPage { around, orders }))
}

/// Takes an order back.
pub(crate) async fn cancel(visit: Visit, order: Path<String>) -> Result<HttpResponse, Refusal> {
    let order = parse(&order)?;
    let order = visit.asks().orders.cancel(&visit.check_out_call(), visit.session, order).await.map_err(no_orders)?;
    Ok(visit.redirect(&format!("/orders/{}", order.id)))
}

fn parse(order: &str) -> Result<OrderId, Refusal> {
    order.parse().map_err(|_| Refusal::not_found("order"))
}

fn no_orders(fault: Fault<OrdersError>) -> Refusal {
    match fault {
        Fault::Domain(OrdersError::NotFound) => Refusal::because(
            StatusCode::NOT_FOUND,
            "No such order",
            "There is no such order in this visit. An order can be opened in the browser it was placed with.",
        ),
        Fault::Domain(OrdersError::TooLate) => Refusal::because(
            StatusCode::CONFLICT,
            "Too late to cancel",
            "This order cannot be cancelled any more. Send the parcel back when it arrives.",
        ),
        Fault::Domain(error) => Refusal::because(status_of(&error), "That does not go", error.to_string()),
        Fault::Breakdown(breakdown) => Refusal::broken_down("The order desk", &breakdown),
    }
}
