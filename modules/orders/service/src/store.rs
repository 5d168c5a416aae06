//! What the order desk asks of its table.

use orders_contract::OrdersError;
use runtime::clock;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, TryInsertResult,
};
use vocabulary::{Money, OrderId, SessionId};

use crate::{
    stored_order::{StoredOrder, column},
    tables::{Status, orders},
};

pub(crate) async fn find(on: &impl ConnectionTrait, order: OrderId) -> Result<Option<StoredOrder>, DbErr> {
    let row = orders::Entity::find_by_id(order.to_string()).one(on).await?;
    row.map(StoredOrder::of).transpose()
}

pub(crate) async fn find_by_key(
    on: &impl ConnectionTrait,
    session: SessionId,
    key: &str,
) -> Result<Option<StoredOrder>, DbErr> {
    let row = orders::Entity::find()
        .filter(orders::Column::Session.eq(session.to_string()))
        .filter(orders::Column::Key.eq(key))
        .one(on)
        .await?;
    row.map(StoredOrder::of).transpose()
}

/// What became of a session's orders, newest first; those that came to nothing are passed over.
pub(crate) async fn of_session(
    on: &impl ConnectionTrait,
    session: SessionId,
    limit: u64,
) -> Result<Vec<StoredOrder>, DbErr> {
    let rows = orders::Entity::find()
        .filter(orders::Column::Session.eq(session.to_string()))
        .filter(orders::Column::Status.ne(Status::Failed))
        .order_by_desc(orders::Column::Id)
        .limit(limit)
        .all(on)
        .await?;
    rows.into_iter().map(StoredOrder::of).collect()
}

/// The orders that recovery has to do something about, with the time of their last change; the oldest first.
pub(crate) async fn unsettled(on: &impl ConnectionTrait) -> Result<Vec<(OrderId, i64)>, DbErr> {
    let rows: Vec<(String, i64)> = orders::Entity::find()
        .select_only()
        .columns([orders::Column::Id, orders::Column::ChangedAt])
        .filter(orders::Column::Status.is_in(Status::UNSETTLED))
        .order_by_asc(orders::Column::Id)
        .into_tuple()
        .all(on)
        .await?;
    rows.into_iter().map(|(id, changed_at)| Ok((column("id", &id)?, changed_at))).collect()
}

/// Writes a new order down. `None` when its key is new; otherwise the order that has the key.
pub(crate) async fn insert(tx: &DatabaseTransaction, order: StoredOrder) -> Result<Option<StoredOrder>, DbErr> {
    let (session, key) = (order.session, order.key.clone());
    let insert = orders::Entity::insert(order.into_row()?)
        .on_conflict_do_nothing_on([orders::Column::Session, orders::Column::Key]);
    match insert.exec_without_returning(tx).await? {
        TryInsertResult::Inserted(1..) => Ok(None),
        _ => find_by_key(tx, session, &key).await,
    }
}

/// Takes a coupon's discount off an order that is not paid yet.
pub(crate) async fn discount(
    tx: &DatabaseTransaction,
    order: OrderId,
    discount: Money,
    total: Money,
) -> Result<(), DbErr> {
    let change = orders::ActiveModel {
        discount_minor: Set(discount.minor),
        total_minor: Set(total.minor),
        ..Default::default()
    };
    advance(tx, order, Status::Pending, change).await.map(|_| ())
}

/// Says whether the order was pending, and is confirmed now.
pub(crate) async fn confirm(tx: &DatabaseTransaction, order: OrderId, tracking_id: String) -> Result<bool, DbErr> {
    let change = orders::ActiveModel {
        status: Set(Status::Confirmed),
        tracking_id: Set(Some(tracking_id)),
        ..Default::default()
    };
    advance(tx, order, Status::Pending, change).await
}

/// Says whether the order was pending, and has failed now.
pub(crate) async fn fail(
    tx: &DatabaseTransaction,
    order: OrderId,
    failure: Option<&OrdersError>,
) -> Result<bool, DbErr> {
    let failure = failure.map(serde_json::to_string).transpose().map_err(|error| DbErr::Json(error.to_string()))?;
    let change = orders::ActiveModel { status: Set(Status::Failed), failure: Set(failure), ..Default::default() };
    advance(tx, order, Status::Pending, change).await
}

/// Says whether the order was in the state `from`, and is in the state `to` now.
pub(crate) async fn turn(tx: &DatabaseTransaction, order: OrderId, from: Status, to: Status) -> Result<bool, DbErr> {
    let change = orders::ActiveModel { status: Set(to), ..Default::default() };
    advance(tx, order, from, change).await
}

async fn advance(
    tx: &DatabaseTransaction,
    order: OrderId,
    from: Status,
    change: orders::ActiveModel,
) -> Result<bool, DbErr> {
    let change = orders::ActiveModel { changed_at: Set(clock::now()), ..change };
    let update = orders::Entity::update_many()
        .set(change)
        .filter(orders::Column::Id.eq(order.to_string()))
        .filter(orders::Column::Status.eq(from));
    Ok(update.exec(tx).await?.rows_affected == 1)
}
