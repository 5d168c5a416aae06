//! What promotions keeps in its tables.

mod entities;

use std::collections::BTreeMap;

use promotions_contract::{Banner, Discount};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, ExprTrait as _},
};
use vocabulary::{Currency, Money, OrderId};

use crate::{
    banners::Placed,
    coupons::{Coupon, Worth},
};
use entities::{banners, coupon_amounts, coupons, redemptions};

/// What is on record about an order.
#[derive(Debug, PartialEq)]
pub(crate) enum Redemption {
    /// It took a use of a coupon.
    Stands(Discount),
    /// It has been taken back, and takes no use any more.
    GivenBack,
}

/// All banners in the order of their rank.
pub(crate) async fn banners(on: &impl ConnectionTrait) -> Result<Vec<Placed>, DbErr> {
    let rows = banners::Entity::find().order_by_asc(banners::Column::Position).all(on).await?;
    let read = |row: banners::Model| {
        let sku = row.sku.parse().map_err(|_| odd("product id", &row.sku))?;
        Ok(Placed { category: row.category, banner: Banner { text: row.text, sku } })
    };
    rows.into_iter().map(read).collect()
}

/// Puts banners into an empty table, in the order of their rank.
pub(crate) async fn insert_banners(tx: &DatabaseTransaction, all: &[Placed]) -> Result<(), DbErr> {
    let rows = (0..).zip(all).map(|(position, placed)| banners::ActiveModel {
        position: Set(position),
        category: Set(placed.category.clone()),
        text: Set(placed.banner.text.clone()),
        sku: Set(placed.banner.sku.to_string()),
    });
    banners::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// All coupons.
pub(crate) async fn coupons(on: &impl ConnectionTrait) -> Result<Vec<Coupon>, DbErr> {
    let mut amounts: BTreeMap<String, BTreeMap<Currency, i64>> = BTreeMap::new();
    for row in coupon_amounts::Entity::find().all(on).await? {
        let currency = row.currency.parse().map_err(|_| odd("currency", &row.currency))?;
        amounts.entry(row.code).or_default().insert(currency, row.minor);
    }
    let read = |row: coupons::Model| {
        let percent = row.percent.and_then(|percent| u32::try_from(percent).ok());
        let worth =
            percent.map_or_else(|| Worth::Amounts(amounts.remove(&row.code).unwrap_or_default()), Worth::Percent);
        Coupon { code: row.code, ends_at: row.ends_at, worth }
    };
    Ok(coupons::Entity::find().all(on).await?.into_iter().map(read).collect())
}

/// Puts coupons in, each with how often it may be used.
pub(crate) async fn insert_coupons(tx: &DatabaseTransaction, all: &[(Coupon, i64)]) -> Result<(), DbErr> {
    let rows = all.iter().map(|(coupon, max_uses)| coupons::ActiveModel {
        code: Set(coupon.code.clone()),
        percent: Set(match coupon.worth {
            Worth::Percent(percent) => i32::try_from(percent).ok(),
            Worth::Amounts(_) => None,
        }),
        ends_at: Set(coupon.ends_at),
        uses: Set(0),
        max_uses: Set(*max_uses),
    });
    coupons::Entity::insert_many(rows).exec_without_returning(tx).await?;
    let amounts = all.iter().flat_map(|(coupon, _)| match &coupon.worth {
        Worth::Percent(_) => Vec::new(),
        Worth::Amounts(amounts) => amounts.iter().map(|(currency, minor)| amount(coupon, *currency, *minor)).collect(),
    });
    coupon_amounts::Entity::insert_many(amounts).exec_without_returning(tx).await?;
    Ok(())
}

fn amount(coupon: &Coupon, currency: Currency, minor: i64) -> coupon_amounts::ActiveModel {
    coupon_amounts::ActiveModel {
        code: Set(coupon.code.clone()),
        currency: Set(currency.to_string()),
        minor: Set(minor),
    }
}

/// What is on record about an order.
pub(crate) async fn redemption(on: &impl ConnectionTrait, order: OrderId) -> Result<Option<Redemption>, DbErr> {
    let Some(row) = redemptions::Entity::find_by_id(order.to_string()).one(on).await? else { return Ok(None) };
    let (false, Some(code), Some(currency)) = (row.given_back, row.code, row.currency) else {
        return Ok(Some(Redemption::GivenBack));
    };
    let currency = currency.parse().map_err(|_| odd("currency", &currency))?;
    Ok(Some(Redemption::Stands(Discount { code, amount: Money::new(row.minor, currency) })))
}

/// Counts a use; says whether there was one left.
pub(crate) async fn count_use(tx: &DatabaseTransaction, code: &str) -> Result<bool, DbErr> {
    let update = coupons::Entity::update_many()
        .col_expr(coupons::Column::Uses, Expr::col(coupons::Column::Uses).add(1))
        .filter(coupons::Column::Code.eq(code))
        .filter(Expr::col(coupons::Column::Uses).lt(Expr::col(coupons::Column::MaxUses)));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Records what an order took off.
pub(crate) async fn record(tx: &DatabaseTransaction, order: OrderId, taken: &Discount, now: i64) -> Result<(), DbErr> {
    let row = redemptions::ActiveModel {
        order_id: Set(order.to_string()),
        code: Set(Some(taken.code.clone())),
        currency: Set(Some(taken.amount.currency.to_string())),
        minor: Set(taken.amount.minor),
        given_back: Set(false),
        at: Set(now),
    };
    redemptions::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
}

/// Gives a use back, once, and records that the order takes none any more.
pub(crate) async fn give_back(tx: &DatabaseTransaction, order: OrderId, now: i64) -> Result<(), DbErr> {
    match redemption(tx, order).await? {
        Some(Redemption::GivenBack) => Ok(()),
        Some(Redemption::Stands(discount)) => {
            redemptions::Entity::update_many()
                .col_expr(redemptions::Column::GivenBack, Expr::value(true))
                .filter(redemptions::Column::OrderId.eq(order.to_string()))
                .exec(tx)
                .await?;
            coupons::Entity::update_many()
                .col_expr(coupons::Column::Uses, Expr::col(coupons::Column::Uses).sub(1))
                .filter(coupons::Column::Code.eq(discount.code))
                .exec(tx)
                .await
                .map(|_| ())
        }
        None => {
            let row = redemptions::ActiveModel {
                order_id: Set(order.to_string()),
                code: Set(None),
                currency: Set(None),
                minor: Set(0),
                given_back: Set(true),
                at: Set(now),
            };
            redemptions::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
        }
    }
}

fn odd(what: &str, text: &str) -> DbErr {
    DbErr::Type(format!("{text:?} is no {what}"))
}
