//! What the parcel desk asks of its table: one statement each.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QuerySelect as _, TryInsertResult, sea_query::Expr,
};
use serde::Serialize;
use shipping_contract::{Shipment, ShipmentStatus, ShippingLine};
use vocabulary::{Address, OrderId};

use crate::tables::{Status, shipments};

/// What is known about an order.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) status: Status,
    /// `None` when nothing was ever sent.
    pub(crate) shipment: Option<Shipment>,
}

/// What is known about an order, if anything.
pub(crate) async fn find(on: &impl ConnectionTrait, order: OrderId) -> Result<Option<Row>, DbErr> {
    let row: Option<(Status, Option<String>, i64)> = shipments::Entity::find_by_id(order.to_string())
        .select_only()
        .columns([shipments::Column::Status, shipments::Column::TrackingId, shipments::Column::At])
        .into_tuple()
        .one(on)
        .await?;
    Ok(row.map(|(status, tracking_id, sent_at)| {
        let status_now = match status {
            Status::Sent => ShipmentStatus::Sent,
            Status::CalledBack | Status::Tombstone => ShipmentStatus::CalledBack,
        };
        let shipment = tracking_id.map(|tracking_id| Shipment { order, tracking_id, status: status_now, sent_at });
        Row { status, shipment }
    }))
}

/// Notes that a parcel was sent, to whom and what is in it; says whether nothing was known about its order before.
pub(crate) async fn insert_sent(
    tx: &DatabaseTransaction,
    sent: &Shipment,
    address: &Address,
    lines: &[ShippingLine],
) -> Result<bool, DbErr> {
    let row = shipments::ActiveModel {
        order_id: Set(sent.order.to_string()),
        status: Set(Status::Sent),
        tracking_id: Set(Some(sent.tracking_id.clone())),
        address: Set(Some(as_json(address)?)),
        contents: Set(Some(as_json(lines)?)),
        at: Set(sent.sent_at),
    };
    insert(tx, row).await
}

/// Sees to it that an order is never sent, unless something is known about it already.
pub(crate) async fn insert_tombstone(tx: &DatabaseTransaction, order: OrderId, at: i64) -> Result<(), DbErr> {
    let row = shipments::ActiveModel {
        order_id: Set(order.to_string()),
        status: Set(Status::Tombstone),
        tracking_id: Set(None),
        address: Set(None),
        contents: Set(None),
        at: Set(at),
    };
    insert(tx, row).await.map(|_| ())
}

/// Calls a parcel back; says whether it was under way.
pub(crate) async fn call_back(tx: &DatabaseTransaction, order: OrderId) -> Result<bool, DbErr> {
    let update = shipments::Entity::update_many()
        .col_expr(shipments::Column::Status, Expr::value(Status::CalledBack))
        .filter(shipments::Column::OrderId.eq(order.to_string()))
        .filter(shipments::Column::Status.eq(Status::Sent));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

async fn insert(tx: &DatabaseTransaction, row: shipments::ActiveModel) -> Result<bool, DbErr> {
    let once = shipments::Entity::insert(row).on_conflict_do_nothing_on([shipments::Column::OrderId]);
    let inserted = once.exec_without_returning(tx).await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0))
}

fn as_json(value: &(impl Serialize + ?Sized)) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Json(error.to_string()))
}
