//! Taking a confirmed order back.

use std::sync::Arc;

use orders_contract::{Order, OrderEvent, OrderStatus, OrdersError};
use runtime::Stored as _;
use seam::{Call, Failure, Outcome};
use vocabulary::{OrderId, SessionId};

use crate::{
    Desk,
    asks::{Circumstances, trouble},
    saga::{NotNow, text},
    store,
    stored_order::StoredOrder,
    tables::Status,
};

impl Desk {
    pub(crate) async fn cancel(
        self: Arc<Self>,
        call: &Call,
        session: SessionId,
        order: OrderId,
    ) -> Outcome<Order, OrdersError> {
        let found = store::find(self.database.reader(), order).await.stored()?;
        let found = found.filter(|found| found.session == session).ok_or(OrdersError::NotFound)?;
        match found.status {
            Status::Cancelled => return Ok(found.order),
            Status::Pending => return Err(OrdersError::InProgress.into()),
            Status::Failed => return Err(OrdersError::TooLate.into()),
            Status::Confirmed | Status::Cancelling => {}
        }
        let circumstances = Circumstances::of(call);
        let ended = tokio::spawn(async move { self.begin_cancelling(&circumstances, found).await }).await;
        ended.unwrap_or_else(|error| Err(Failure::unavailable(format!("the cancellation was cut off: {error}"))))
    }

    async fn begin_cancelling(&self, circumstances: &Circumstances, found: StoredOrder) -> Outcome<Order, OrdersError> {
        let id = found.order.id;
        let _held = self.in_hand.take(id).ok_or(OrdersError::InProgress)?;
        let unit = self.database.write(move |tx| {
            Box::pin(async move { store::turn(tx, id, Status::Confirmed, Status::Cancelling).await.stored() })
        });
        let _begun: bool = unit.await?;
        self.finish_cancelling(circumstances, &found).await.map_err(|NotNow(why)| {
            tracing::warn!(order = %id, why, "a cancellation could not be completed and is left to recovery");
            self.left_over.notify_one();
            Failure::Unavailable(why)
        })
    }

    /// Gives back money, stock and parcel of an order that is being cancelled. To be repeated until it holds.
    pub(crate) async fn finish_cancelling(
        &self,
        circumstances: &Circumstances,
        order: &StoredOrder,
    ) -> Result<Order, NotNow> {
        let (id, call) = (order.order.id, circumstances.step());
        let (called_back, refunded, released) = tokio::join!(
            self.asks.shipping.call_back(&call, id),
            async { self.asks.payments.refund(&circumstances.payment(), id).await },
            self.asks.inventory.release(&call, id),
        );
        called_back.map_err(|fault| NotNow(trouble("shipping", &fault)))?;
        refunded.map_err(|fault| NotNow(trouble("payments", &fault)))?;
        released.map_err(|fault| NotNow(trouble("inventory", &fault)))?;

        let cancelled = Order { status: OrderStatus::Cancelled, ..order.order.clone() };
        let event = OrderEvent::Cancelled { order: cancelled.clone(), session: order.session };
        let outbox = self.outbox.traced(circumstances.trace());
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                if store::turn(tx, id, Status::Cancelling, Status::Cancelled).await.stored()? {
                    outbox.publish(tx, "orders.cancelled", &id.to_string(), &event).await.stored()?;
                }
                Ok(())
            })
        });
        unit.await.map_err(|failure| NotNow(text(failure)))?;
        Ok(cancelled)
    }
}
