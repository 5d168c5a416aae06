//! Whom the storefront asks.

use std::{fmt, sync::Arc};

use accounts_contract::Accounts;
use cart_contract::Cart;
use catalog_contract::Catalog;
use currency_contract::Currency;
use inventory_contract::Inventory;
use notifications_contract::Notifications;
use orders_contract::Orders;
use promotions_contract::Promotions;
use recommendations_contract::Recommendations;
use reviews_contract::Reviews;
use shipping_contract::Shipping;

/// The contracts the pages are made of. Payments is absent: only the order desk speaks to the till.
#[derive(Clone)]
pub struct Asks {
    /// Who somebody is.
    pub accounts: Arc<dyn Accounts>,
    /// What somebody means to buy.
    pub cart: Arc<dyn Cart>,
    /// What there is to buy.
    pub catalog: Arc<dyn Catalog>,
    /// What it costs in other money.
    pub currency: Arc<dyn Currency>,
    /// How much of it is left.
    pub inventory: Arc<dyn Inventory>,
    /// Which mails were written.
    pub notifications: Arc<dyn Notifications>,
    /// What was bought.
    pub orders: Arc<dyn Orders>,
    /// What to draw attention to.
    pub promotions: Arc<dyn Promotions>,
    /// What goes with what.
    pub recommendations: Arc<dyn Recommendations>,
    /// What people say.
    pub reviews: Arc<dyn Reviews>,
    /// What sending costs.
    pub shipping: Arc<dyn Shipping>,
}

/// The contracts say nothing of themselves.
impl fmt::Debug for Asks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Asks(..)")
    }
}
