//! Whom the order desk asks, and how long it waits for an answer once money may move.

use std::{fmt, sync::Arc, time::Duration};

use cart_contract::Cart;
use catalog_contract::Catalog;
use currency_contract::Currency;
use inventory_contract::Inventory;
use payments_contract::Payments;
use promotions_contract::Promotions;
use seam::{Call, Criticality, Fault};
use shipping_contract::Shipping;

use crate::NAME;

/// The modules a check-out goes through.
#[derive(Clone)]
pub struct Asks {
    /// What is to be bought.
    pub cart: Arc<dyn Cart>,
    /// What it is called and costs.
    pub catalog: Arc<dyn Catalog>,
    /// What that is in the visitor's currency.
    pub currency: Arc<dyn Currency>,
    /// What a coupon takes off.
    pub promotions: Arc<dyn Promotions>,
    /// Whether it is there.
    pub inventory: Arc<dyn Inventory>,
    /// What sending costs, and to send it.
    pub shipping: Arc<dyn Shipping>,
    /// Who takes the money.
    pub payments: Arc<dyn Payments>,
}

impl fmt::Debug for Asks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Asks(..)")
    }
}

/// How long a step that changes something may take. The visitor's own deadline does not cut a step off: an order that is half
/// placed helps nobody.
const STEP: Duration = Duration::from_secs(10);
/// The same where the payment provider is behind it, which is asked three times before it is given up.
const PAYMENT: Duration = Duration::from_secs(20);

/// The circumstances of a saga's calls: those of the request that began it, but for its deadline.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances(Call);

impl Circumstances {
    /// Those of a request.
    pub(crate) fn of(call: &Call) -> Self {
        let saga = Self::of_nobody().0.traced(call.trace());
        Self(match call.principal() {
            Some(principal) => saga.on_behalf_of(principal.clone()),
            None => saga,
        })
    }

    /// Those of work that no visitor waits for.
    pub(crate) fn of_nobody() -> Self {
        Self(Call::without_deadline(NAME).with_criticality(Criticality::Critical))
    }

    pub(crate) fn step(&self) -> Call {
        self.0.clone().within(STEP)
    }

    pub(crate) fn payment(&self) -> Call {
        self.0.clone().within(PAYMENT)
    }

    /// The trace, for events; empty when nobody traces.
    pub(crate) fn trace(&self) -> String {
        let trace = self.0.trace();
        if trace.id == 0 { String::new() } else { trace.to_string() }
    }
}

/// What a fault of `module` means for the log: nothing that was asked for is in it.
pub(crate) fn trouble<E: fmt::Display>(module: &str, fault: &Fault<E>) -> String {
    format!("{module}: {fault}")
}
