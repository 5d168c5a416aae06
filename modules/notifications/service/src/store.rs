//! What the mails ask of their table: one statement each.

use notifications_contract::Mail;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use vocabulary::{Email, OrderId, SessionId};

use crate::tables::{StoredKind, mails};

/// Keeps a mail, unless there is one of its kind about its order.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    mail: &Mail,
    session: SessionId,
    recipient: &Email,
) -> Result<(), DbErr> {
    let row = mails::ActiveModel {
        order_id: Set(mail.order.to_string()),
        kind: Set(mail.kind.into()),
        session: Set(session.to_string()),
        recipient: Set(recipient.as_str().to_owned()),
        subject: Set(mail.subject.clone()),
        html: Set(mail.html.clone()),
        text: Set(mail.text.clone()),
        sent_at: Set(mail.sent_at),
    };
    let once = mails::Entity::insert(row).on_conflict_do_nothing_on([mails::Column::OrderId, mails::Column::Kind]);
    once.exec_without_returning(tx).await.map(|_| ())
}

/// The mails about a session's orders, newest first.
pub(crate) async fn sent_to(on: &impl ConnectionTrait, session: SessionId, at_most: u64) -> Result<Vec<Mail>, DbErr> {
    let rows = mails::Entity::find()
        .filter(mails::Column::Session.eq(session.to_string()))
        .order_by_desc(mails::Column::SentAt)
        // Of one moment: the later order first, and what was cancelled before what was confirmed.
        .order_by_desc(mails::Column::OrderId)
        .order_by_asc(mails::Column::Kind)
        .limit(at_most)
        .all(on)
        .await?;
    let mails = rows.into_iter().map(|row| {
        let order = read_order(&row.order_id)?;
        let mails::Model { kind, subject, html, text, sent_at, .. } = row;
        Ok(Mail { order, kind: kind.into(), subject, html, text, sent_at })
    });
    mails.collect()
}

/// Orders and kinds of all mails.
pub(crate) async fn all(on: &impl ConnectionTrait) -> Result<Vec<(OrderId, StoredKind)>, DbErr> {
    let rows: Vec<(String, StoredKind)> = mails::Entity::find()
        .select_only()
        .columns([mails::Column::OrderId, mails::Column::Kind])
        .into_tuple()
        .all(on)
        .await?;
    rows.into_iter().map(|(order, kind)| Ok((read_order(&order)?, kind))).collect()
}

fn read_order(text: &str) -> Result<OrderId, DbErr> {
    text.parse().map_err(|error| DbErr::Type(format!("{text:?} in the mails is no order id: {error}")))
}
