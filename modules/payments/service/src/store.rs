//! What the till asks of its table.

use runtime::clock;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, TryInsertResult,
};
use vocabulary::{CardFace, Money, OrderId};

use crate::tables::{Status, payments};

pub(crate) use payments::Model as Row;

impl Row {
    /// What was to be paid; `None` when the payment was given up before anybody asked.
    pub(crate) fn amount(&self) -> Result<Option<Money>, DbErr> {
        let (Some(minor), Some(currency)) = (self.amount_minor, &self.currency) else { return Ok(None) };
        let currency = currency.parse().map_err(|error| DbErr::Custom(format!("payments.currency: {error}")))?;
        Ok(Some(Money::new(minor, currency)))
    }
}

pub(crate) async fn find(on: &impl ConnectionTrait, order: OrderId) -> Result<Option<Row>, DbErr> {
    payments::Entity::find_by_id(order.to_string()).one(on).await
}

/// Writes down what the provider is about to be asked. `None` when that is new; otherwise what there is already.
pub(crate) async fn begin(
    tx: &DatabaseTransaction,
    order: OrderId,
    amount: Money,
    face: &CardFace,
) -> Result<Option<Row>, DbErr> {
    let row = payments::ActiveModel {
        amount_minor: Set(Some(amount.minor)),
        currency: Set(Some(amount.currency.to_string())),
        network: Set(Some(face.network.to_owned())),
        last_four: Set(Some(face.last_four.clone())),
        ..empty(order, Status::Pending)
    };
    insert_or_find(tx, order, row).await
}

/// Writes down that nothing may ever be asked for an order. `None` when that is new; otherwise what there is already.
pub(crate) async fn forbid(tx: &DatabaseTransaction, order: OrderId) -> Result<Option<Row>, DbErr> {
    insert_or_find(tx, order, empty(order, Status::Voided)).await
}

/// Moves a payment on, with what the provider said. Nothing happens unless it stands where the move begins: somebody else has
/// heard from the provider, too, and the provider says the same to everybody.
pub(crate) async fn advance(tx: &DatabaseTransaction, order: OrderId, from: &[Status], to: Said) -> Result<(), DbErr> {
    let change = payments::ActiveModel {
        status: Set(to.status),
        reference: to.reference.map_or_else(Default::default, |reference| Set(Some(reference))),
        reason: to.reason.map_or_else(Default::default, |reason| Set(Some(reason))),
        changed_at: Set(clock::now()),
        ..Default::default()
    };
    let update = payments::Entity::update_many()
        .set(change)
        .filter(payments::Column::OrderId.eq(order.to_string()))
        .filter(payments::Column::Status.is_in(from.iter().copied()));
    update.exec(tx).await.map(|_| ())
}

/// Writes down that a captured payment is to be given back, and gives the payment as it stands then.
pub(crate) async fn begin_refund(tx: &DatabaseTransaction, order: OrderId) -> Result<Option<Row>, DbErr> {
    advance(tx, order, &[Status::Captured], Status::Refunding.into()).await?;
    find(tx, order).await
}

/// Where a payment stands after the provider was heard.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: Status,
    pub(crate) reference: Option<String>,
    pub(crate) reason: Option<String>,
}

impl From<Status> for Said {
    fn from(status: Status) -> Self {
        Self { status, reference: None, reason: None }
    }
}

async fn insert_or_find(
    tx: &DatabaseTransaction,
    order: OrderId,
    row: payments::ActiveModel,
) -> Result<Option<Row>, DbErr> {
    let insert = payments::Entity::insert(row).on_conflict_do_nothing_on([payments::Column::OrderId]);
    match insert.exec_without_returning(tx).await? {
        TryInsertResult::Inserted(1..) => Ok(None),
        _ => find(tx, order).await,
    }
}

fn empty(order: OrderId, status: Status) -> payments::ActiveModel {
    let now = clock::now();
    payments::ActiveModel {
        order_id: Set(order.to_string()),
        status: Set(status),
        asked_at: Set(now),
        changed_at: Set(now),
        ..Default::default()
    }
}
