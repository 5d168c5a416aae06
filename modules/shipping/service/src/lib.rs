//! How the shipping module answers: a tariff that is a table in the code, and a row for each order that was sent.
//!
//! - A quote asks no database.
//! - Each order is sent at most once. Called back before it was sent, it leaves a tombstone and never will be.
//! - The carrier's number follows from the order's id, so that a repetition finds the same one.

mod store;
mod tables;
mod tariff;
mod tracking;

use runtime::{Database, Stored as _, clock};
use sea_orm::DbErr;
use seam::{Call, Failure, Outcome};
use shipping_contract::{Quote, Shipment, ShipmentStatus, ShippingError, ShippingLine, ShippingService};
use store::Row;
use tables::Status;
use tariff::Zone;
use vocabulary::{Address, OrderId};

/// The parcel desk.
#[derive(Debug)]
pub struct ShippingModule {
    database: Database,
}

impl ShippingModule {
    /// Opens the parcel desk on its database, which has the tables of `migrations::shipping`.
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        Ok(Self { database })
    }
}

impl ShippingService for ShippingModule {
    async fn quote(&self, _call: &Call, address: Option<Address>, units: u64) -> Outcome<Quote, ShippingError> {
        if units == 0 {
            return Err(ShippingError::Nothing.into());
        }
        let zone = match &address {
            Some(address) => Zone::of(&deliverable(address)?.country),
            None => Zone::Home,
        };
        Ok(zone.quote(units))
    }

    async fn ship(
        &self,
        _call: &Call,
        order: OrderId,
        address: Address,
        lines: Vec<ShippingLine>,
    ) -> Outcome<Shipment, ShippingError> {
        deliverable(&address)?;
        if lines.is_empty() || lines.iter().any(|line| line.quantity == 0) {
            return Err(ShippingError::Nothing.into());
        }
        let sent = Shipment {
            order,
            tracking_id: tracking::number(order),
            status: ShipmentStatus::Sent,
            sent_at: clock::now(),
        };
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if store::insert_sent(tx, &sent, &address, &lines).await.stored()? {
                        return Ok(sent);
                    }
                    match store::find(tx, order).await.stored()? {
                        Some(Row { status: Status::Sent, shipment: Some(before) }) => Ok(before),
                        _ => Err(ShippingError::CalledBack { order }.into()),
                    }
                })
            })
            .await
    }

    async fn track(&self, _call: &Call, order: OrderId) -> Outcome<Option<Shipment>, ShippingError> {
        let row = store::find(self.database.reader(), order).await.stored()?;
        Ok(row.and_then(|row| row.shipment))
    }

    async fn call_back(&self, _call: &Call, order: OrderId) -> Outcome<(), ShippingError> {
        let now = clock::now();
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::call_back(tx, order).await.stored()? {
                        store::insert_tombstone(tx, order, now).await.stored()?;
                    }
                    Ok::<_, Failure<ShippingError>>(())
                })
            })
            .await
    }
}

/// The address, when something can be sent to it.
fn deliverable(address: &Address) -> Result<&Address, ShippingError> {
    match address.check() {
        Ok(()) => Ok(address),
        Err(wrong) => Err(ShippingError::Address { part: wrong.part }),
    }
}
