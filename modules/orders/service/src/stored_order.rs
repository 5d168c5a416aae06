//! An order with all that its check-out needs to know, as it goes into a row and comes out of it.

use std::{fmt::Display, str::FromStr};

use orders_contract::{Order, OrdersError};
use sea_orm::{ActiveValue::Set, DbErr};
use serde_json::{from_str, to_string};
use vocabulary::{CartId, Currency, Money, SessionId};

use crate::tables::{Status, orders};

/// An order, and what only its own module knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredOrder {
    pub(crate) order: Order,
    pub(crate) status: Status,
    pub(crate) session: SessionId,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) cart: CartId,
    pub(crate) cart_version: u64,
    pub(crate) coupon: Option<String>,
    pub(crate) failure: Option<OrdersError>,
    pub(crate) changed_at: i64,
}

impl StoredOrder {
    pub(crate) fn into_row(self) -> Result<orders::ActiveModel, DbErr> {
        let Self { order, .. } = self;
        Ok(orders::ActiveModel {
            id: Set(order.id.to_string()),
            session: Set(self.session.to_string()),
            key: Set(self.key),
            fingerprint: Set(self.fingerprint),
            status: Set(self.status),
            placed_at: Set(order.placed_at),
            changed_at: Set(self.changed_at),
            currency: Set(order.total.currency.to_string()),
            items_minor: Set(order.items.minor),
            shipping_minor: Set(order.shipping.minor),
            discount_minor: Set(order.discount.minor),
            total_minor: Set(order.total.minor),
            email: Set(order.email.into()),
            address: Set(to_string(&order.address).map_err(json)?),
            lines: Set(to_string(&order.lines).map_err(json)?),
            cart: Set(self.cart.0.to_string()),
            cart_version: Set(i64::try_from(self.cart_version).unwrap_or(i64::MAX)),
            coupon: Set(self.coupon),
            paid_with: Set(order.paid_with.unwrap_or_default()),
            tracking_id: Set(order.tracking_id),
            failure: Set(self.failure.as_ref().map(to_string).transpose().map_err(json)?),
        })
    }

    pub(crate) fn of(row: orders::Model) -> Result<Self, DbErr> {
        let currency: Currency = column("currency", &row.currency)?;
        let money = |minor| Money::new(minor, currency);
        Ok(Self {
            order: Order {
                id: column("id", &row.id)?,
                status: row.status.into(),
                placed_at: row.placed_at,
                lines: from_str(&row.lines).map_err(json)?,
                items: money(row.items_minor),
                shipping: money(row.shipping_minor),
                discount: money(row.discount_minor),
                total: money(row.total_minor),
                email: column("email", &row.email)?,
                address: from_str(&row.address).map_err(json)?,
                tracking_id: row.tracking_id,
                paid_with: Some(row.paid_with).filter(|text| !text.is_empty()),
            },
            status: row.status,
            session: column("session", &row.session)?,
            key: row.key,
            fingerprint: row.fingerprint,
            cart: CartId(column("cart", &row.cart)?),
            cart_version: row.cart_version.unsigned_abs(),
            coupon: row.coupon,
            // A reason that a newer version wrote is worth less than the order it belongs to.
            failure: row.failure.and_then(|failure| from_str(&failure).ok()),
            changed_at: row.changed_at,
        })
    }
}

fn json(error: serde_json::Error) -> DbErr {
    DbErr::Json(error.to_string())
}

pub(crate) fn column<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, DbErr> {
    text.parse().map_err(|error: T::Err| DbErr::Custom(format!("orders.{name}: {error}")))
}
