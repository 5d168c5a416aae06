//! Orders: placed once, found by their owner, taken back, and refused for every reason there is.
//!
//! `FailedBefore` is not among the reasons: it needs a process that ended in the middle, and tests/faults ends some.

use catalog_contract::Listing;
use futures_util::future::join;
use orders_contract::{CheckOut, Order};
use payments_provider::SLOW_CARD;
use vocabulary::OrderId;

use super::{address_without_city, card, check_out, late, numbered, order, sku};
use crate::{
    parity::{Place, call, transcript::Transcript},
    support::visitor::{DECLINED_CARD, MUG, WATCH},
};

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let (carts, orders) = (place.ask(|seats| &seats.cart), place.ask(|seats| &seats.orders));
    // Each refusal has a visitor of its own, whose cart holds this.
    let put = async |visitor, text: &str, quantity| {
        let CheckOut { cart, .. } = check_out(visitor);
        carts.set(&call(), cart, sku(text), quantity).await.unwrap();
    };
    let place_order = async |wanted: CheckOut| orders.check_out(&call(), wanted).await.map(without_ids);
    let session = check_out(1).session;

    told.answer("no orders", orders.history(&call(), session).await);
    put(1, MUG, 2).await;
    put(1, WATCH, 1).await;
    let wanted = CheckOut { coupon: Some("WELCOME10".to_owned()), ..check_out(1) };
    let bought = orders.check_out(&call(), wanted.clone()).await;
    let id = bought.as_ref().map(|order| order.id).expect("all is well with this order");
    told.answer("an order", bought.map(without_ids));
    told.answer("the same order", place_order(wanted.clone()).await);
    told.refusal("KeyReused", place_order(CheckOut { coupon: None, ..wanted }).await);
    told.answer("found", orders.get(&call(), session, id).await.map(without_ids));
    told.refusal("NotFound", orders.get(&call(), numbered(2), id).await);
    told.answer("taken back", orders.cancel(&call(), session, id).await.map(without_ids));
    told.refusal("NotFound", orders.cancel(&call(), session, order(1)).await);
    told.answer("history", orders.history(&call(), session).await.map(each_without_ids));

    told.refusal("EmptyCart", place_order(check_out(2)).await);
    put(3, MUG, 1).await;
    told.refusal("Field", place_order(CheckOut { address: address_without_city(), ..check_out(3) }).await);
    told.refusal("Coupon", place_order(CheckOut { coupon: Some("NONE".to_owned()), ..check_out(3) }).await);
    put(4, "NONE", 1).await;
    told.refusal("Gone", place_order(check_out(4)).await);
    put(5, &something_rare(place).await, 1_000_000).await;
    told.refusal("OutOfStock", place_order(check_out(5)).await);
    put(6, MUG, 1).await;
    told.refusal("Declined", place_order(CheckOut { card: card(DECLINED_CARD), ..check_out(6) }).await);
    told.answer("what failed", orders.history(&call(), check_out(6).session).await.map(each_without_ids));

    // Two at once: whichever comes second is told that the first is still running.
    put(7, MUG, 1).await;
    let slow = || CheckOut { card: card(SLOW_CARD), ..check_out(7) };
    let (one, other) = join(place_order(slow()), place_order(slow())).await;
    let (first, second) = if one.is_ok() { (one, other) } else { (other, one) };
    told.answer("the first of two", first);
    told.refusal("InProgress", second);
    told.too_late(orders.history(&late(), session).await);
}

fn without_ids(order: Order) -> Order {
    assert!(order.placed_at > 0);
    let tracking_id = order.tracking_id.map(|_| "PARCEL".to_owned());
    Order { id: numbered::<OrderId>(0), placed_at: 0, tracking_id, ..order }
}

fn each_without_ids(orders: Vec<Order>) -> Vec<Order> {
    orders.into_iter().map(without_ids).collect()
}

/// A product of the generated part of the catalogue, of which the stock is small.
async fn something_rare(place: &Place) -> String {
    let wanted = Listing { category: None, offset: 30, limit: 1 };
    let listed = place.ask(|seats| &seats.catalog).list(&call(), wanted).await.unwrap();
    listed.products[0].sku.to_string()
}
