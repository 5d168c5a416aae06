//! What the order desk believes, for comparison with the till, the stock room and the provider's ledger.

use std::collections::BTreeMap;

use orders_contract::OrderStatus;
use runtime::Database;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, ExprTrait as _, QueryOrder as _, QuerySelect as _};
use vocabulary::{Money, OrderId, Sku};

use crate::{
    stored_order::StoredOrder,
    tables::{Status, orders},
};

/// All orders, while nothing is being placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Each order that was ever written down.
    pub orders: BTreeMap<OrderId, AuditedOrder>,
    /// Sessions and keys that more than one order has: none, if the shop is sound.
    pub duplicate_keys: Vec<(String, String)>,
    /// Orders that are neither confirmed nor taken back.
    pub unsettled: Vec<OrderId>,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedOrder {
    /// How far it is.
    pub status: OrderStatus,
    /// What was, or would have been, paid.
    pub total: Money,
    /// How many units of what.
    pub lines: Vec<(Sku, u32)>,
    /// Whether it was sent.
    pub sent: bool,
}

impl Audit {
    /// How many orders there are in a state, and what they come to in each currency.
    pub fn by_status(&self, status: OrderStatus) -> (usize, BTreeMap<vocabulary::Currency, i128>) {
        let mut totals = BTreeMap::new();
        let with_status = self.orders.values().filter(|order| order.status == status);
        let count = with_status
            .inspect(|order| *totals.entry(order.total.currency).or_insert(0) += i128::from(order.total.minor))
            .count();
        (count, totals)
    }
}

/// Reads all orders.
///
/// # Errors
/// When the database cannot be read, or holds what no order is.
pub async fn audit(database: &Database) -> Result<Audit, DbErr> {
    let mut audit = Audit::default();
    let rows = orders::Entity::find().order_by_asc(orders::Column::Id).all(database.reader()).await?;
    for row in rows {
        let StoredOrder { order, status, .. } = StoredOrder::of(row)?;
        if Status::UNSETTLED.contains(&status) {
            audit.unsettled.push(order.id);
        }
        let lines = order.lines.into_iter().map(|line| (line.sku, line.quantity)).collect();
        let sent = order.tracking_id.is_some();
        audit.orders.insert(order.id, AuditedOrder { status: order.status, total: order.total, lines, sent });
    }
    audit.duplicate_keys = orders::Entity::find()
        .select_only()
        .columns([orders::Column::Session, orders::Column::Key])
        .group_by(orders::Column::Session)
        .group_by(orders::Column::Key)
        .having(orders::Column::Id.count().gt(1))
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(audit)
}
