//! How the inventory module answers: every unit is on the shelf, held for an order, or sold.
//!
//! - What an order asks for is held in one unit of writing, all lines or none.
//! - Each order has at most one hold, ever. Its state only moves forward, from held over committed to released, so that any
//!   step may be repeated and none may come too late: what is released before it is reserved leaves a tombstone.
//! - A hold is released when its time is over, and never before, whatever happens to the clock of the machine.
//!
//! What is deliberately absent: numbers in memory. Stock changes with each order, and several replicas may sell it.

mod audit;
mod seed;
mod steady;
mod store;
mod sweep;
mod tables;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use inventory_contract::{Hold, InventoryError, InventoryService, StockLine};
use runtime::{Database, Stored as _};
use sea_orm::{DatabaseTransaction, DbErr};
use seam::{Call, Failure, Outcome};
use vocabulary::{OrderId, Sku};

pub use audit::{Audit, Imbalance, OpenHold, audit};
pub use seed::{initial_units, seed};
use steady::SteadyClock;
use store::{Lines, Place};
use tables::HoldState;

/// What the stock room is told at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventorySettings {
    /// How long units are held for an order that is neither committed nor released. 15 minutes by default.
    pub hold_time: Duration,
    /// How often holds are looked at whose time is over. 10 seconds by default.
    pub sweep_every: Duration,
}

impl Default for InventorySettings {
    fn default() -> Self {
        Self { hold_time: Duration::from_secs(15 * 60), sweep_every: Duration::from_secs(10) }
    }
}

/// The stock room.
#[derive(Debug)]
pub struct InventoryModule {
    database: Database,
    settings: InventorySettings,
    clock: SteadyClock,
}

impl InventoryModule {
    /// Opens the stock room on its database, which has the tables of `migrations::inventory`. Expired holds are released by
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database, settings: InventorySettings) -> Result<Self, DbErr> {
        Ok(Self { database, settings, clock: SteadyClock::start() })
    }
}

impl InventoryService for InventoryModule {
    async fn available(&self, _call: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, u32>, InventoryError> {
        if skus.is_empty() {
            return Ok(BTreeMap::new());
        }
        let shelf = store::on_hand(self.database.reader(), &skus).await.stored()?;
        Ok(shelf.into_iter().map(|(sku, units)| (sku, shown(units))).collect())
    }

    async fn reserve(&self, _call: &Call, order: OrderId, lines: Vec<StockLine>) -> Outcome<Hold, InventoryError> {
        let wanted = add_up(&lines)?;
        let hold_millis = i64::try_from(self.settings.hold_time.as_millis()).unwrap_or(i64::MAX);
        let expires_at = self.clock.now().saturating_add(hold_millis);
        let database = self.database.clone();
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::open_hold(tx, order, expires_at).await.stored()? {
                        return existing_hold(tx, order).await;
                    }
                    if !store::shift(tx, &wanted, Place::Shelf, Place::Held).await.stored()? {
                        return Err(shortage(&database, &lines, &wanted).await);
                    }
                    store::insert_lines(tx, order, &wanted).await.stored()?;
                    Ok(Hold { order, expires_at })
                })
            })
            .await
    }

    async fn commit(&self, _call: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if store::advance(tx, order, HoldState::Held, HoldState::Committed).await.stored()? {
                        return move_all(tx, order, Place::Held, Place::Sold).await;
                    }
                    match store::hold(tx, order).await.stored()?.map(|hold| hold.state) {
                        Some(HoldState::Committed) => Ok(()),
                        Some(_) => Err(InventoryError::Released { order }.into()),
                        None => Err(InventoryError::NoHold { order }.into()),
                    }
                })
            })
            .await
    }

    async fn release(&self, _call: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    for (state, place) in [(HoldState::Held, Place::Held), (HoldState::Committed, Place::Sold)] {
                        if store::advance(tx, order, state, HoldState::Released).await.stored()? {
                            return move_all(tx, order, place, Place::Shelf).await;
                        }
                    }
                    store::insert_tombstone(tx, order).await.stored()
                })
            })
            .await
    }

    async fn restock(&self, _call: &Call, delivery: String, lines: Vec<StockLine>) -> Outcome<(), InventoryError> {
        let delivered = add_up(&lines)?;
        let now = self.clock.now();
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if store::insert_delivery(tx, &delivery, now).await.stored()? {
                        store::add_to_shelf(tx, &delivered).await.stored()?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Adds up the lines per product, so that a product named twice is one line.
fn add_up(lines: &[StockLine]) -> Result<Lines, InventoryError> {
    if lines.is_empty() || lines.iter().any(|line| line.quantity == 0) {
        return Err(InventoryError::Nothing);
    }
    let mut wanted = Lines::new();
    for line in lines {
        *wanted.entry(line.sku.clone()).or_default() += i64::from(line.quantity);
    }
    Ok(wanted)
}

/// The hold an order has already, for an order that asks again.
async fn existing_hold(tx: &DatabaseTransaction, order: OrderId) -> Outcome<Hold, InventoryError> {
    match store::hold(tx, order).await.stored()? {
        Some(hold) if matches!(hold.state, HoldState::Held | HoldState::Committed) => {
            Ok(Hold { order, expires_at: hold.expires_at })
        }
        _ => Err(InventoryError::Released { order }.into()),
    }
}

/// Moves all units of an order's hold from one place to another.
async fn move_all(tx: &DatabaseTransaction, order: OrderId, from: Place, to: Place) -> Outcome<(), InventoryError> {
    let lines = store::lines(tx, &[order]).await.stored()?;
    if store::shift(tx, &lines, from, to).await.stored()? {
        return Ok(());
    }
    Err(Failure::unavailable(format!("the stock does not have what was held for order {order}")))
}

/// Finds out why the lines could not be held: the first of them, in the caller's order, that there is not enough of.
///
/// Reads past the unit of writing, which has moved some of the units already: as nobody else can write meanwhile, a reader
/// sees the stock as it was when the unit began.
async fn shortage(database: &Database, lines: &[StockLine], wanted: &Lines) -> Failure<InventoryError> {
    let skus: BTreeSet<Sku> = wanted.keys().cloned().collect();
    let shelf: BTreeMap<Sku, i64> = match store::on_hand(database.reader(), &skus).await {
        Ok(shelf) => shelf.into_iter().collect(),
        Err(error) => return Failure::unavailable(error),
    };
    for StockLine { sku, .. } in lines {
        let requested = wanted.get(sku).copied().unwrap_or_default();
        match shelf.get(sku) {
            None => return InventoryError::UnknownSku { sku: sku.clone() }.into(),
            Some(&on_hand) if on_hand < requested => {
                let (requested, available) = (shown(requested), shown(on_hand));
                return InventoryError::OutOfStock { sku: sku.clone(), requested, available }.into();
            }
            Some(_) => {}
        }
    }
    Failure::unavailable("the stock changed while it was being held")
}

/// Units as the contract names them: more than four thousand million are shown as that many.
fn shown(units: i64) -> u32 {
    u32::try_from(units.max(0)).unwrap_or(u32::MAX)
}
