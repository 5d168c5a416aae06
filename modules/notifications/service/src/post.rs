//! What is done when something happened to an order.

use events::{ConsumeError, Consumer, Envelope};
use notifications_contract::{Mail, MailKind};
use orders_contract::{Order, OrderEvent};
use runtime::clock;
use sea_orm::DatabaseTransaction;

use crate::{letter, store};

/// Consumes the events of orders: writes the mails.
#[derive(Debug)]
pub struct PostDesk;

impl Consumer for PostDesk {
    fn module(&self) -> &'static str {
        "notifications"
    }

    async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
        if !matches!(event.kind.as_str(), "orders.placed" | "orders.cancelled") {
            return Ok(());
        }
        let (kind, order, session) = match event.open::<OrderEvent>()? {
            OrderEvent::Placed { order, session } => (MailKind::OrderConfirmation, order, session),
            OrderEvent::Cancelled { order, session } => (MailKind::OrderCancelled, order, session),
        };
        let mail = write(kind, &order)?;
        store::insert(tx, &mail, session, &order.email).await?;
        Ok(())
    }
}

fn write(kind: MailKind, order: &Order) -> Result<Mail, ConsumeError> {
    let letter = letter::write(kind, order).map_err(|error| ConsumeError::Failed(error.to_string()))?;
    Ok(Mail {
        order: order.id,
        kind,
        subject: letter.subject.to_owned(),
        html: letter.html,
        text: letter.text,
        sent_at: clock::now(),
    })
}
