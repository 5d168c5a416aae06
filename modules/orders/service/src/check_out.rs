//! The beginning of a check-out: everything that can be known before anything changes.

use std::{collections::HashMap, sync::Arc};

use cart_contract::{CartContents, CartError};
use catalog_contract::Product;
use currency_contract::CurrencyError;
use orders_contract::{CheckOut, Order, OrderLine, OrderStatus, OrdersError};
use runtime::{Stored as _, clock};
use seam::{Call, Failure, Fault, Outcome};
use shipping_contract::ShippingError;
use vocabulary::{CardFace, Money, OrderId};

use crate::{
    Desk,
    asks::{Circumstances, trouble},
    fingerprint::fingerprint,
    store,
    stored_order::StoredOrder,
    tables::Status,
};

const LONGEST_KEY: usize = 100;
const LONGEST_COUPON: usize = 64;

impl Desk {
    pub(crate) async fn check_out(self: Arc<Self>, call: &Call, wanted: CheckOut) -> Outcome<Order, OrdersError> {
        let (wanted, face) = look_at(wanted)?;
        let fingerprint = fingerprint(&wanted);
        let begun = store::find_by_key(self.database.reader(), wanted.session, &wanted.key);
        let (begun, contents) = tokio::join!(begun, self.asks.cart.get(call, wanted.cart));
        if let Some(begun) = begun.stored()? {
            return answer_again(begun, &fingerprint);
        }
        let contents = contents.map_err(|fault: Fault<CartError>| Failure::unavailable(trouble("cart", &fault)))?;
        if contents.lines.is_empty() {
            // The first of two that came at once may have been placed since, and emptied the cart.
            let begun = store::find_by_key(self.database.reader(), wanted.session, &wanted.key).await.stored()?;
            let Some(begun) = begun else { return Err(OrdersError::EmptyCart.into()) };
            return answer_again(begun, &fingerprint);
        }
        let order = self.priced(call, &wanted, &contents, &face).await?;
        let pending = StoredOrder {
            status: Status::Pending,
            session: wanted.session,
            key: wanted.key,
            fingerprint,
            cart: wanted.cart,
            cart_version: contents.version,
            coupon: wanted.coupon,
            failure: None,
            changed_at: order.placed_at,
            order,
        };
        // From here on the visitor may go away: what was begun is brought to an end.
        let circumstances = Circumstances::of(call);
        let held = self.in_hand.take(pending.order.id);
        let held = held.ok_or_else(|| Failure::unavailable("the id of a new order is in use"))?;
        let placing = async move {
            let _held = held;
            self.place(&circumstances, pending, wanted.card).await
        };
        let ended = tokio::spawn(placing).await;
        ended.unwrap_or_else(|error| Err(Failure::unavailable(format!("the check-out was cut off: {error}"))))
    }

    /// The order as it would be, at today's prices and in the visitor's currency.
    async fn priced(
        &self,
        call: &Call,
        wanted: &CheckOut,
        contents: &CartContents,
        face: &CardFace,
    ) -> Outcome<Order, OrdersError> {
        let skus = contents.lines.iter().map(|line| line.sku.clone()).collect();
        let (products, quote) = tokio::join!(
            self.asks.catalog.get_many(call, skus),
            self.asks.shipping.quote(call, Some(wanted.address.clone()), contents.units()),
        );
        let products = products.map_err(|fault| Failure::unavailable(trouble("catalog", &fault)))?;
        let quote = quote.map_err(not_sendable)?;
        let bought = bought(contents, products)?;

        // One question for all prices: those of the products in their order, and last that of sending.
        let amounts = bought.iter().map(|(_, product)| product.price).chain([quote.cost]).collect();
        let amounts = self.asks.currency.convert_many(call, amounts, wanted.currency).await.map_err(not_payable)?;
        let (Some((shipping, prices)), true) = (amounts.split_last(), amounts.len() == bought.len() + 1) else {
            return Err(Failure::unavailable("currency: not as many answers as questions"));
        };
        let lines: Vec<_> = bought
            .into_iter()
            .zip(prices)
            .map(|((quantity, product), price)| OrderLine {
                sku: product.sku.clone(),
                name: product.name.clone(),
                quantity,
                price: *price,
            })
            .collect();
        let priced = lines.iter().map(|line| line.price.times(line.quantity)).collect::<Result<Vec<_>, _>>();
        let items = priced.and_then(|priced| Money::sum(wanted.currency, priced)).map_err(|_| too_much())?;
        Ok(Order {
            id: OrderId::generate(),
            status: OrderStatus::Pending,
            placed_at: clock::now(),
            lines,
            items,
            shipping: *shipping,
            discount: Money::zero(wanted.currency),
            total: items.plus(*shipping).map_err(|_| too_much())?,
            email: wanted.email.clone(),
            address: wanted.address.clone(),
            tracking_id: None,
            paid_with: Some(face.to_string()),
        })
    }
}

/// The same answer as the first time, or why there is none.
pub(crate) fn answer_again(begun: StoredOrder, fingerprint: &str) -> Outcome<Order, OrdersError> {
    if begun.fingerprint != fingerprint {
        return Err(OrdersError::KeyReused.into());
    }
    match begun.status {
        Status::Pending => Err(OrdersError::InProgress.into()),
        Status::Failed => Err(begun.failure.unwrap_or(OrdersError::FailedBefore).into()),
        Status::Confirmed | Status::Cancelling | Status::Cancelled => Ok(begun.order),
    }
}

/// Checks each part of the form that nobody needs to be asked about.
fn look_at(wanted: CheckOut) -> Result<(CheckOut, CardFace), OrdersError> {
    if !(1..=LONGEST_KEY).contains(&wanted.key.chars().count()) {
        return Err(field("key", "the key of a check-out has 1 to 100 characters"));
    }
    wanted.address.check().map_err(|error| field(&error.part, &error.to_string()))?;
    let (year, month, _) = clock::civil_date(clock::now());
    let face = wanted.card.check(year, month).map_err(|error| field(error.part, error.reason))?;
    let coupon = wanted.coupon.as_deref().map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned);
    if coupon.as_ref().is_some_and(|code| code.chars().count() > LONGEST_COUPON) {
        return Err(OrdersError::Coupon { reason: "no coupon is as long as that".to_owned() });
    }
    Ok((CheckOut { coupon, ..wanted }, face))
}

/// What is in the cart beside the products it names, in the cart's order.
fn bought(contents: &CartContents, products: Vec<Arc<Product>>) -> Result<Vec<(u32, Arc<Product>)>, OrdersError> {
    let mut by_sku: HashMap<_, _> = products.into_iter().map(|product| (product.sku.clone(), product)).collect();
    contents
        .lines
        .iter()
        .map(|line| match by_sku.remove(&line.sku) {
            Some(product) => Ok((line.quantity, product)),
            None => Err(OrdersError::Gone { sku: line.sku.clone() }),
        })
        .collect()
}

fn not_sendable(fault: Fault<ShippingError>) -> Failure<OrdersError> {
    match fault {
        Fault::Domain(ShippingError::Address { part }) => {
            let reason = format!("{part} must be filled in");
            field(&part, &reason).into()
        }
        other => Failure::unavailable(trouble("shipping", &other)),
    }
}

fn not_payable(fault: Fault<CurrencyError>) -> Failure<OrdersError> {
    match fault {
        Fault::Domain(error @ CurrencyError::Unsupported { .. }) => field("currency_code", &error.to_string()).into(),
        Fault::Domain(CurrencyError::TooLarge) => too_much().into(),
        other => Failure::unavailable(trouble("currency", &other)),
    }
}

fn too_much() -> OrdersError {
    field("quantity", "this is too much for one order: take something out of the cart")
}

fn field(field: &str, reason: &str) -> OrdersError {
    OrdersError::Field { field: field.to_owned(), reason: reason.to_owned() }
}
