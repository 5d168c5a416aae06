//! What the stock room knows that must be true whatever went wrong: for `cleave verify`, on a quiet database.

use std::collections::BTreeMap;

use runtime::Database;
use sea_orm::{DbErr, EntityTrait as _};
use vocabulary::{OrderId, Sku};

use crate::{
    store::{Lines, read_order, read_sku},
    tables::{HoldState, hold_lines, holds, stock},
};

/// The state of the stock room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many products have a place on the shelf.
    pub products: u64,
    /// Units sold, of all products.
    pub sold: i64,
    /// Units held, of all products.
    pub held: i64,
    /// Products whose numbers cannot be right (I1, I2). Empty when all is well.
    pub imbalances: Vec<Imbalance>,
    /// Orders whose units are held and neither sold nor free (I6), the first to expire first.
    pub open_holds: Vec<OpenHold>,
    /// What was sold, by order.
    pub sold_to: BTreeMap<OrderId, BTreeMap<Sku, i64>>,
}

/// A product whose numbers cannot be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The product.
    pub sku: Sku,
    /// What is wrong, in words and numbers.
    pub what: String,
}

/// Units that are still held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHold {
    /// For which order.
    pub order: OrderId,
    /// Until when, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// Reads all there is and compares it: the numbers of each product with one another, and with the holds.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit(database: &Database) -> Result<Audit, DbErr> {
    let mut audit = Audit::default();
    let (mut held, mut sold) = (Lines::new(), Lines::new());
    let states = read_holds(database, &mut audit).await?;
    for line in hold_lines::Entity::find().all(database.reader()).await? {
        let sku = read_sku(&line.sku)?;
        match states.get(&line.order_id) {
            Some((_, HoldState::Held)) => *held.entry(sku).or_default() += line.quantity,
            Some((order, HoldState::Committed)) => {
                *sold.entry(sku.clone()).or_default() += line.quantity;
                *audit.sold_to.entry(*order).or_default().entry(sku).or_default() += line.quantity;
            }
            Some((_, HoldState::Released)) => {}
            Some((_, HoldState::Tombstone)) | None => {
                let what = format!("{} units belong to order {}, which has no hold", line.quantity, line.order_id);
                audit.imbalances.push(Imbalance { sku, what });
            }
        }
    }
    for row in stock::Entity::find().all(database.reader()).await? {
        let sku = read_sku(&row.sku)?;
        let by_holds = (held.remove(&sku).unwrap_or_default(), sold.remove(&sku).unwrap_or_default());
        audit.products += 1;
        audit.held += row.held;
        audit.sold += row.sold;
        audit.imbalances.extend(faults(&row, by_holds).map(|what| Imbalance { sku: sku.clone(), what }));
    }
    for (sku, units) in held.into_iter().chain(sold) {
        audit.imbalances.push(Imbalance { sku, what: format!("{units} units are held or sold of an unknown product") });
    }
    Ok(audit)
}

async fn read_holds(database: &Database, audit: &mut Audit) -> Result<BTreeMap<String, (OrderId, HoldState)>, DbErr> {
    let mut states = BTreeMap::new();
    for hold in holds::Entity::find().all(database.reader()).await? {
        let order = read_order(&hold.order_id)?;
        if hold.state == HoldState::Held {
            audit.open_holds.push(OpenHold { order, expires_at: hold.expires_at });
        }
        states.insert(hold.order_id, (order, hold.state));
    }
    audit.open_holds.sort_by_key(|hold| hold.expires_at);
    Ok(states)
}

/// What is wrong with the numbers of a product, given how many units the holds say are held and sold.
fn faults(row: &stock::Model, by_holds: (i64, i64)) -> impl Iterator<Item = String> {
    let stock::Model { sku: _, initial, restocked, on_hand, held, sold } = *row;
    let (held_by_holds, sold_by_holds) = by_holds;
    let checks = [
        (
            initial + restocked != on_hand + held + sold,
            format!("{initial} + {restocked} restocked are not {on_hand} on hand + {held} held + {sold} sold"),
        ),
        (
            [initial, restocked, on_hand, held, sold].iter().any(|units| *units < 0),
            format!("below zero: {on_hand} on hand, {held} held, {sold} sold"),
        ),
        (sold > initial + restocked, format!("{sold} were sold of {}", initial + restocked)),
        (held != held_by_holds, format!("{held} are held, {held_by_holds} by the holds")),
        (sold != sold_by_holds, format!("{sold} are sold, {sold_by_holds} by the holds")),
    ];
    checks.into_iter().filter_map(|(wrong, what)| wrong.then_some(what))
}
