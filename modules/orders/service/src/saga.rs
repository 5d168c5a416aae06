//! The saga: forward step by step, and settled where a step's fate is not known.

use inventory_contract::{InventoryError, StockLine};
use orders_contract::{Order, OrderEvent, OrderStatus, OrdersError};
use payments_contract::{PaymentsError, VoidOutcome};
use promotions_contract::PromotionsError;
use runtime::Stored as _;
use seam::{Call, Failure, Fault, Outcome};
use shipping_contract::{ShippingError, ShippingLine};
use vocabulary::Card;

use crate::{
    Desk,
    asks::{Circumstances, trouble},
    check_out::answer_again,
    store,
    stored_order::StoredOrder,
    tables::Status,
};

/// Why a saga does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It cannot: the order is to be taken back. What the visitor is told, when it is their business.
    Back(Option<OrdersError>),
    /// Nobody can tell from here whether it can: for the log.
    Unknown(String),
}

/// What came of an order.
#[derive(Debug)]
pub(crate) enum Settled {
    Confirmed(Box<Order>),
    TakenBack,
}

/// It could not be settled now: for the log.
#[derive(Debug)]
pub(crate) struct NotNow(pub(crate) String);

impl Desk {
    /// Writes the order down and brings it to an end. Nothing here listens to the visitor any more.
    pub(crate) async fn place(
        &self,
        circumstances: &Circumstances,
        pending: StoredOrder,
        card: Card,
    ) -> Outcome<Order, OrdersError> {
        let row = pending.clone();
        let unit = self.database.write(move |tx| Box::pin(async move { store::insert(tx, row).await.stored() }));
        let begun: Result<Option<StoredOrder>, Failure<OrdersError>> = unit.await;
        if let Some(begun) = begun? {
            return answer_again(begun, &pending.fingerprint);
        }
        let mut order = pending;
        let stop = match self.pay_for(circumstances, &mut order, card).await {
            Ok(()) => match self.finish(circumstances, &order).await {
                Ok(confirmed) => return Ok(confirmed),
                Err(stop) => stop,
            },
            Err(stop) => stop,
        };
        self.come_to_terms(circumstances, &order, stop).await
    }

    /// Everything up to the money: discount, stock, payment.
    async fn pay_for(&self, circumstances: &Circumstances, order: &mut StoredOrder, card: Card) -> Result<(), Stop> {
        let id = order.order.id;
        self.take_discount(circumstances, order).await?;
        let lines = order.order.lines.iter();
        let lines = lines.map(|line| StockLine { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let held = self.asks.inventory.reserve(&circumstances.step(), id, lines).await;
        held.map_err(|fault| not_held(fault, &order.order))?;
        let authorized = self.asks.payments.authorize(&circumstances.payment(), id, order.order.total, card).await;
        authorized.map_err(not_paid)?;
        self.asks.payments.capture(&circumstances.payment(), id).await.map_err(not_paid)
    }

    /// What a coupon takes off, written down before the amount is asked for: what is captured is what the row says.
    async fn take_discount(&self, circumstances: &Circumstances, order: &mut StoredOrder) -> Result<(), Stop> {
        let Some(code) = order.coupon.clone() else { return Ok(()) };
        let (id, items) = (order.order.id, order.order.items);
        let redeemed = self.asks.promotions.redeem(&circumstances.step(), id, code, items).await;
        let discount = redeemed.map_err(not_redeemed)?.amount;
        let total = order.order.total.minus(discount).ok().filter(|total| total.minor >= 0 && discount.minor >= 0);
        let total =
            total.ok_or_else(|| Stop::Unknown(format!("promotions: a discount of {discount:?} on {items:?}")))?;
        let unit = self
            .database
            .write(move |tx| Box::pin(async move { store::discount(tx, id, discount, total).await.stored() }));
        unit.await.map_err(unwritten)?;
        (order.order.discount, order.order.total) = (discount, total);
        Ok(())
    }

    /// Everything after the money: the stock is sold, the parcel sent, the order confirmed with its event in one unit.
    async fn finish(&self, circumstances: &Circumstances, order: &StoredOrder) -> Result<Order, Stop> {
        let id = order.order.id;
        self.asks.inventory.commit(&circumstances.step(), id).await.map_err(not_sold)?;
        let lines = order.order.lines.iter();
        let lines = lines.map(|line| ShippingLine { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let shipped = self.asks.shipping.ship(&circumstances.step(), id, order.order.address.clone(), lines).await;
        let tracking_id = shipped.map_err(not_sent)?.tracking_id;
        // There is no way back from here, and until the order is confirmed no crash is forgotten.
        self.clear_cart(&circumstances.step(), order).await;

        let confirmed =
            Order { status: OrderStatus::Confirmed, tracking_id: Some(tracking_id.clone()), ..order.order.clone() };
        let event = OrderEvent::Placed { order: confirmed.clone(), session: order.session };
        let outbox = self.outbox.traced(circumstances.trace());
        let unit = self.database.write(move |tx| {
            Box::pin(async move {
                let first = store::confirm(tx, id, tracking_id).await.stored()?;
                if first {
                    outbox.publish(tx, "orders.placed", &id.to_string(), &event).await.stored()?;
                    return Ok(Status::Confirmed);
                }
                let found = store::find(tx, id).await.stored()?;
                Ok(found.map_or(Status::Failed, |found| found.status))
            })
        });
        match unit.await.map_err(unwritten)? {
            // Another process has taken it back meanwhile, which it does only when it cannot go forward.
            Status::Pending | Status::Failed => Err(Stop::Back(None)),
            Status::Confirmed | Status::Cancelling | Status::Cancelled => Ok(confirmed),
        }
    }

    /// Settles an order that stopped, and says what the visitor is told.
    async fn come_to_terms(
        &self,
        circumstances: &Circumstances,
        order: &StoredOrder,
        stop: Stop,
    ) -> Outcome<Order, OrdersError> {
        let (reason, mut why) = match stop {
            Stop::Back(reason) => (reason, "it could not be completed".to_owned()),
            Stop::Unknown(why) => (None, why),
        };
        let pauses = self.settings.try_again_after.iter().map(Some).chain([None]);
        for pause in pauses {
            match self.settle(circumstances, order, reason.as_ref()).await {
                Ok(Settled::Confirmed(order)) => return Ok(*order),
                Ok(Settled::TakenBack) => {
                    return Err(reason.map_or_else(|| Failure::unavailable(why), Failure::Domain));
                }
                Err(NotNow(reason)) => why = reason,
            }
            if let Some(pause) = pause {
                rest(*pause).await;
            }
        }
        tracing::warn!(order = %order.order.id, why, "a check-out could not be settled and is left to recovery");
        self.left_over.notify_one();
        Err(Failure::unavailable(why))
    }

    /// Brings a pending order to an end, wherever it was cut off: paid for, it goes forward; not paid for, it never can be again
    /// and is taken back. To be repeated until it holds.
    pub(crate) async fn settle(
        &self,
        circumstances: &Circumstances,
        order: &StoredOrder,
        reason: Option<&OrdersError>,
    ) -> Result<Settled, NotNow> {
        let id = order.order.id;
        let voided = self.asks.payments.void(&circumstances.payment(), id).await;
        if voided.map_err(|fault| NotNow(trouble("payments", &fault)))? == VoidOutcome::Voided {
            return self.take_back(circumstances, order, reason).await;
        }
        match self.finish(circumstances, order).await {
            Ok(confirmed) => Ok(Settled::Confirmed(Box::new(confirmed))),
            Err(Stop::Unknown(why)) => Err(NotNow(why)),
            Err(Stop::Back(told)) => {
                let refunded = self.asks.payments.refund(&circumstances.payment(), id).await;
                refunded.map_err(|fault| NotNow(trouble("payments", &fault)))?;
                self.take_back(circumstances, order, reason.or(told.as_ref())).await
            }
        }
    }

    /// Gives everything back but the money, which is settled by now. A parcel need not be called back: after it was sent there is
    /// no way but forward.
    async fn take_back(
        &self,
        circumstances: &Circumstances,
        order: &StoredOrder,
        reason: Option<&OrdersError>,
    ) -> Result<Settled, NotNow> {
        let (id, call) = (order.order.id, circumstances.step());
        let give_back = async {
            match order.coupon {
                Some(_) => self.asks.promotions.give_back(&call, id).await,
                None => Ok(()),
            }
        };
        let (released, given_back) = tokio::join!(self.asks.inventory.release(&call, id), give_back);
        released.map_err(|fault| NotNow(trouble("inventory", &fault)))?;
        given_back.map_err(|fault| NotNow(trouble("promotions", &fault)))?;
        let reason = reason.cloned();
        let unit =
            self.database.write(move |tx| Box::pin(async move { store::fail(tx, id, reason.as_ref()).await.stored() }));
        let failed: Result<bool, Failure<OrdersError>> = unit.await;
        failed.map(|_| Settled::TakenBack).map_err(|failure| NotNow(text(failure)))
    }

    /// Takes what was bought out of the cart. An order does not fail by this: the visitor sees what is left.
    async fn clear_cart(&self, call: &Call, order: &StoredOrder) {
        if let Err(fault) = self.asks.cart.clear(call, order.cart, Some(order.cart_version)).await {
            tracing::warn!(order = %order.order.id, %fault, "the cart of a placed order still holds what was bought");
        }
    }
}

fn not_redeemed(fault: Fault<PromotionsError>) -> Stop {
    match fault {
        Fault::Domain(error) => Stop::Back(Some(OrdersError::Coupon { reason: error.to_string() })),
        other => Stop::Unknown(trouble("promotions", &other)),
    }
}

fn not_held(fault: Fault<InventoryError>, order: &Order) -> Stop {
    match fault {
        Fault::Domain(InventoryError::OutOfStock { sku, available, .. }) => {
            let line = order.lines.iter().find(|line| line.sku == sku);
            let name = line.map_or_else(|| sku.to_string(), |line| line.name.clone());
            Stop::Back(Some(OrdersError::OutOfStock { sku, name, available }))
        }
        Fault::Domain(InventoryError::UnknownSku { sku }) => Stop::Back(Some(OrdersError::Gone { sku })),
        Fault::Domain(error) => Stop::Back(unexpected("inventory", &error)),
        other => Stop::Unknown(trouble("inventory", &other)),
    }
}

fn not_paid(fault: Fault<PaymentsError>) -> Stop {
    match fault {
        Fault::Domain(PaymentsError::Declined { reason }) => Stop::Back(Some(OrdersError::Declined { reason })),
        Fault::Domain(PaymentsError::Card { field, reason }) => Stop::Back(Some(OrdersError::Field { field, reason })),
        Fault::Domain(error) => Stop::Back(unexpected("payments", &error)),
        other => Stop::Unknown(trouble("payments", &other)),
    }
}

fn not_sold(fault: Fault<InventoryError>) -> Stop {
    match fault {
        Fault::Domain(error) => Stop::Back(unexpected("inventory", &error)),
        other => Stop::Unknown(trouble("inventory", &other)),
    }
}

fn not_sent(fault: Fault<ShippingError>) -> Stop {
    match fault {
        Fault::Domain(error) => Stop::Back(unexpected("shipping", &error)),
        other => Stop::Unknown(trouble("shipping", &other)),
    }
}

/// A refusal that is no business of the visitor's: the order ran out of time, or was settled by another process.
fn unexpected(module: &str, error: &dyn std::fmt::Display) -> Option<OrdersError> {
    tracing::warn!(module, %error, "a check-out was refused a step that it should have been granted");
    None
}

fn unwritten(failure: Failure<OrdersError>) -> Stop {
    Stop::Unknown(text(failure))
}

pub(crate) fn text(failure: Failure<OrdersError>) -> String {
    match failure {
        Failure::Domain(error) => error.to_string(),
        Failure::Unavailable(why) => why,
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two attempts is not a wait for a condition")]
async fn rest(pause: std::time::Duration) {
    tokio::time::sleep(pause).await;
}
