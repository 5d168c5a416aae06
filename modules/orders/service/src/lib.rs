//! How the orders module answers: a check-out is a saga over the modules it asks, and ends paid and sent, or as if it never was.
//!
//! - The order is written down as pending before anything else changes anywhere, and as confirmed, with its event, in one unit of
//!   writing. Only then is it acknowledged.
//! - Each step is keyed by the order, so that it may be repeated. What cannot be known from here, such as a capture without an
//!   answer, is settled by asking the till to void: either the order is paid and goes forward, or it can never be paid and is taken
//!   back everywhere.
//! - The saga runs in a task of its own: a visitor who goes away changes nothing. What a crash cuts off is settled by
//!   [`OrdersModule::run`] in the same way.
//!
//! What is deliberately absent: a record of each step. Where a saga was cut off need not be known, because settling it does the
//! same from everywhere.

mod asks;
mod audit;
mod cancel;
mod check_out;
mod fingerprint;
mod in_hand;
mod recovery;
mod saga;
mod store;
mod stored_order;
mod tables;

use std::{sync::Arc, time::Duration};

use events::Outbox;
use orders_contract::{CheckOut, Order, OrdersError, OrdersService};
use runtime::{Database, Stored as _};
use sea_orm::DbErr;
use seam::{Call, ModuleName, Outcome};
use tokio::sync::Notify;
use vocabulary::{OrderId, SessionId};

pub use asks::Asks;
pub use audit::{Audit, AuditedOrder, audit};
use in_hand::InHand;
pub use recovery::Recovery;

/// The name under which the order desk asks others.
pub const NAME: ModuleName = ModuleName::new("orders");

/// How many orders a history shows.
const HISTORY: u64 = 50;

/// What the order desk is told at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdersSettings {
    /// Which unsettled orders are nobody else's business.
    pub recovery: Recovery,
    /// How often recovery looks for unsettled orders. Every second by default.
    pub look_every: Duration,
    /// The pauses after which a check-out that could not be settled is tried again, before it is left to recovery. 100 ms and
    /// 400 ms by default: a module that restarts is back by then, and the visitor still waits.
    pub try_again_after: Vec<Duration>,
}

impl Default for OrdersSettings {
    fn default() -> Self {
        Self {
            recovery: Recovery::AtOnce,
            look_every: Duration::from_secs(1),
            try_again_after: [100, 400].map(Duration::from_millis).to_vec(),
        }
    }
}

/// The order desk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OrdersModule {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    database: Database,
    outbox: Outbox,
    asks: Asks,
    settings: OrdersSettings,
    in_hand: InHand,
    /// Rung when an order could not be settled by who had it in hand.
    left_over: Notify,
}

impl OrdersModule {
    /// Opens the order desk on its database, which has the tables of `migrations::orders`. What an earlier process left behind is
    /// settled by [`run`](Self::run).
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database, asks: Asks, settings: OrdersSettings) -> Result<Self, DbErr> {
        let outbox = Outbox::new(&database);
        let (in_hand, left_over) = (InHand::default(), Notify::new());
        Ok(Self { desk: Arc::new(Desk { database, outbox, asks, settings, in_hand, left_over }) })
    }

    /// Where the events of orders are published; the relay is to be made from it.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.desk.outbox
    }
}

impl OrdersService for OrdersModule {
    async fn check_out(&self, call: &Call, wanted: CheckOut) -> Outcome<Order, OrdersError> {
        self.desk.clone().check_out(call, wanted).await
    }

    async fn get(&self, _call: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        let found = store::find(self.desk.database.reader(), order).await.stored()?;
        let found = found.filter(|found| found.session == session);
        Ok(found.ok_or(OrdersError::NotFound)?.order)
    }

    async fn history(&self, _call: &Call, session: SessionId) -> Outcome<Vec<Order>, OrdersError> {
        let found = store::of_session(self.desk.database.reader(), session, HISTORY).await.stored()?;
        Ok(found.into_iter().map(|found| found.order).collect())
    }

    async fn cancel(&self, call: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        self.desk.clone().cancel(call, session, order).await
    }
}
