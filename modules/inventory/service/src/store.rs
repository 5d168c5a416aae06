//! What the stock room asks of its tables: one statement each.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, TryInsertResult,
    sea_query::{CaseStatement, Expr, OnConflict},
};
use vocabulary::{OrderId, Sku};

use crate::tables::{HoldState, deliveries, hold_lines, holds, stock};

/// Units per product, in the order of the products: two orders that want the same products take them in the same order.
pub(crate) type Lines = BTreeMap<Sku, i64>;

/// Where a unit can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Shelf,
    Held,
    Sold,
}

impl Place {
    fn column(self) -> stock::Column {
        match self {
            Self::Shelf => stock::Column::OnHand,
            Self::Held => stock::Column::Held,
            Self::Sold => stock::Column::Sold,
        }
    }
}

/// Units on the shelf of those of the products that have a place on it.
pub(crate) async fn on_hand(
    on: &impl ConnectionTrait,
    skus: impl IntoIterator<Item = &Sku>,
) -> Result<Vec<(Sku, i64)>, DbErr> {
    let rows: Vec<(String, i64)> = stock::Entity::find()
        .select_only()
        .columns([stock::Column::Sku, stock::Column::OnHand])
        .filter(stock::Column::Sku.is_in(skus.into_iter().map(Sku::as_str)))
        .into_tuple()
        .all(on)
        .await?;
    rows.into_iter().map(|(sku, units)| Ok((read_sku(&sku)?, units))).collect()
}

/// Moves units between two places; says whether there were enough of every product. When not, some may have been moved
/// and the unit of writing must be given up.
pub(crate) async fn shift(tx: &DatabaseTransaction, lines: &Lines, from: Place, to: Place) -> Result<bool, DbErr> {
    let units = lines.iter().fold(CaseStatement::new(), |case, (sku, units)| {
        case.case(Expr::col(stock::Column::Sku).eq(sku.as_str()), *units)
    });
    let units = Expr::Case(Box::new(units.finally(0)));
    let (from, to) = (from.column(), to.column());
    let moved = stock::Entity::update_many()
        .col_expr(from, Expr::col(from).sub(units.clone()))
        .col_expr(to, Expr::col(to).add(units.clone()))
        .filter(stock::Column::Sku.is_in(lines.keys().map(Sku::as_str)))
        .filter(Expr::col(from).gte(units))
        .exec(tx)
        .await?;
    Ok(usize::try_from(moved.rows_affected).is_ok_and(|rows| rows == lines.len()))
}

/// Puts units on the shelf that were not there before, and makes a place for products that have none.
pub(crate) async fn add_to_shelf(tx: &DatabaseTransaction, delivered: &Lines) -> Result<(), DbErr> {
    let rows = delivered.iter().map(|(sku, units)| stock::ActiveModel {
        sku: Set(sku.to_string()),
        initial: Set(0),
        restocked: Set(*units),
        on_hand: Set(*units),
        held: Set(0),
        sold: Set(0),
    });
    let more = |column: stock::Column| Expr::col((stock::Entity, column)).add(Expr::col(("excluded", column)));
    let on_conflict = OnConflict::column(stock::Column::Sku)
        .value(stock::Column::Restocked, more(stock::Column::Restocked))
        .value(stock::Column::OnHand, more(stock::Column::OnHand))
        .to_owned();
    stock::Entity::insert_many(rows).on_conflict(on_conflict).exec_without_returning(tx).await.map(|_| ())
}

/// The hold of an order, in whatever state.
pub(crate) async fn hold(on: &impl ConnectionTrait, order: OrderId) -> Result<Option<holds::Model>, DbErr> {
    holds::Entity::find_by_id(order.to_string()).one(on).await
}

/// Makes the hold of an order; says whether there had been none.
pub(crate) async fn open_hold(tx: &DatabaseTransaction, order: OrderId, expires_at: i64) -> Result<bool, DbErr> {
    insert_hold(tx, order, HoldState::Held, expires_at).await
}

/// Sees to it that nothing can be held for an order, unless it has a hold already.
pub(crate) async fn insert_tombstone(tx: &DatabaseTransaction, order: OrderId) -> Result<(), DbErr> {
    insert_hold(tx, order, HoldState::Tombstone, 0).await.map(|_| ())
}

async fn insert_hold(
    tx: &DatabaseTransaction,
    order: OrderId,
    state: HoldState,
    expires_at: i64,
) -> Result<bool, DbErr> {
    let row = holds::ActiveModel { order_id: Set(order.to_string()), state: Set(state), expires_at: Set(expires_at) };
    let once = holds::Entity::insert(row).on_conflict_do_nothing_on([holds::Column::OrderId]);
    once.exec_without_returning(tx).await.map(|result| was_inserted(&result))
}

/// Moves a hold from one state to the next; says whether it was in the first.
pub(crate) async fn advance(
    tx: &DatabaseTransaction,
    order: OrderId,
    from: HoldState,
    to: HoldState,
) -> Result<bool, DbErr> {
    advance_all(tx, &[order], from, to).await.map(|holds| holds == 1)
}

/// Moves holds from one state to the next; says how many were in the first.
pub(crate) async fn advance_all(
    tx: &DatabaseTransaction,
    orders: &[OrderId],
    from: HoldState,
    to: HoldState,
) -> Result<u64, DbErr> {
    let update = holds::Entity::update_many()
        .col_expr(holds::Column::State, Expr::value(to))
        .filter(holds::Column::OrderId.is_in(orders.iter().map(OrderId::to_string)))
        .filter(holds::Column::State.eq(from));
    update.exec(tx).await.map(|result| result.rows_affected)
}

/// Orders whose units are still held although their time is over, the oldest first.
pub(crate) async fn expired(on: &impl ConnectionTrait, now: i64, at_most: u64) -> Result<Vec<OrderId>, DbErr> {
    let orders: Vec<String> = holds::Entity::find()
        .select_only()
        .column(holds::Column::OrderId)
        .filter(holds::Column::State.eq(HoldState::Held))
        .filter(holds::Column::ExpiresAt.lte(now))
        .order_by_asc(holds::Column::ExpiresAt)
        .limit(at_most)
        .into_tuple()
        .all(on)
        .await?;
    orders.iter().map(|order| read_order(order)).collect()
}

/// Writes down what a hold is made of.
pub(crate) async fn insert_lines(tx: &DatabaseTransaction, order: OrderId, lines: &Lines) -> Result<(), DbErr> {
    let order = order.to_string();
    let rows = lines.iter().map(|(sku, units)| hold_lines::ActiveModel {
        order_id: Set(order.clone()),
        sku: Set(sku.to_string()),
        quantity: Set(*units),
    });
    hold_lines::Entity::insert_many(rows).exec_without_returning(tx).await.map(|_| ())
}

/// What the holds of these orders are made of, added up.
pub(crate) async fn lines(tx: &DatabaseTransaction, orders: &[OrderId]) -> Result<Lines, DbErr> {
    let rows: Vec<(String, i64)> = hold_lines::Entity::find()
        .select_only()
        .columns([hold_lines::Column::Sku, hold_lines::Column::Quantity])
        .filter(hold_lines::Column::OrderId.is_in(orders.iter().map(OrderId::to_string)))
        .into_tuple()
        .all(tx)
        .await?;
    let mut lines = Lines::new();
    for (sku, units) in rows {
        *lines.entry(read_sku(&sku)?).or_default() += units;
    }
    Ok(lines)
}

/// Notes a delivery; says whether it is new.
pub(crate) async fn insert_delivery(tx: &DatabaseTransaction, delivery: &str, at: i64) -> Result<bool, DbErr> {
    let row = deliveries::ActiveModel { delivery: Set(delivery.to_owned()), at: Set(at) };
    let once = deliveries::Entity::insert(row).on_conflict_do_nothing_on([deliveries::Column::Delivery]);
    once.exec_without_returning(tx).await.map(|result| was_inserted(&result))
}

fn was_inserted(result: &TryInsertResult<u64>) -> bool {
    matches!(result, TryInsertResult::Inserted(rows) if *rows > 0)
}

pub(crate) fn read_sku(text: &str) -> Result<Sku, DbErr> {
    text.parse().map_err(|error| DbErr::Type(format!("{text:?} in the stock is no product id: {error}")))
}

pub(crate) fn read_order(text: &str) -> Result<OrderId, DbErr> {
    text.parse().map_err(|error| DbErr::Type(format!("{text:?} in the holds is no order id: {error}")))
}
