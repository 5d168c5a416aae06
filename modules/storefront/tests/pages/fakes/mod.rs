//! A whole shop in memory, small enough to read: what the storefront is tested and looked at with.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should say where")]

mod assortment;
mod browsing;
mod buying;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use accounts_contract::{Accounts, Person};
use cart_contract::{Cart, CartContents};
use catalog_contract::{Catalog, Product};
use currency_contract::Currency as CurrencyContract;
use inventory_contract::Inventory;
use notifications_contract::Notifications;
use orders_contract::{Order, Orders, OrdersError};
use promotions_contract::Promotions;
use recommendations_contract::Recommendations;
use reviews_contract::{Review, Reviews};
use seam::{Call, Contract, Edges, Failure, Provides, Seat};
use shipping_contract::Shipping;
use storefront::Asks;
use vocabulary::{CartId, PersonId, SessionId, Sku};

/// The moment all fakes live in: 20 November 2026.
const NOW: i64 = 1_795_176_000_000;

/// A shop in memory; modules named in `broken` do not answer.
#[derive(Default)]
pub(crate) struct FakeShop {
    products: Vec<Arc<Product>>,
    state: Mutex<State>,
    edges: Edges,
}

#[derive(Default)]
struct State {
    broken: BTreeSet<&'static str>,
    carts: BTreeMap<CartId, CartContents>,
    orders: Vec<(SessionId, String, Order)>,
    reviews: BTreeMap<Sku, Vec<Review>>,
    people: Vec<(Person, String)>,
    tokens: BTreeMap<String, PersonId>,
    stock: BTreeMap<Sku, u32>,
    refuse_next_check_out: Option<OrdersError>,
    last_call: Option<Call>,
}

impl FakeShop {
    /// A shop with one product of every shape there is.
    pub(crate) fn stocked() -> Arc<Self> {
        let products: Vec<_> = assortment::assortment().map(Arc::new).collect();
        let stock = products.iter().map(|product| (product.sku.clone(), 1_000)).collect();
        let shop = Self { products, state: Mutex::default(), edges: Edges::default() };
        shop.state().stock = stock;
        Arc::new(shop)
    }

    /// The contracts, answered by this shop.
    pub(crate) fn asks(self: &Arc<Self>) -> Asks {
        Asks {
            accounts: self.ask::<dyn Accounts>(),
            cart: self.ask::<dyn Cart>(),
            catalog: self.ask::<dyn Catalog>(),
            currency: self.ask::<dyn CurrencyContract>(),
            inventory: self.ask::<dyn Inventory>(),
            notifications: self.ask::<dyn Notifications>(),
            orders: self.ask::<dyn Orders>(),
            promotions: self.ask::<dyn Promotions>(),
            recommendations: self.ask::<dyn Recommendations>(),
            reviews: self.ask::<dyn Reviews>(),
            shipping: self.ask::<dyn Shipping>(),
        }
    }

    /// From now on, this module does not answer.
    pub(crate) fn break_down(&self, module: &'static str) {
        self.state().broken.insert(module);
    }

    /// So many units of a product are left.
    pub(crate) fn set_stock(&self, sku: &str, units: u32) {
        self.state().stock.insert(sku.parse().unwrap(), units);
    }

    /// The next check-out is refused for this reason.
    pub(crate) fn refuse_check_out(&self, error: OrdersError) {
        self.state().refuse_next_check_out = Some(error);
    }

    /// The call by which products were asked for last.
    pub(crate) fn last_call(&self) -> Call {
        self.state().last_call.clone().unwrap()
    }

    /// How often a method was asked for so far.
    pub(crate) fn calls(&self, module: &str, method: &str) -> u64 {
        let figures = self.edges.figures();
        let edge = figures.iter().find(|edge| edge.contract.module == module).unwrap();
        let index = edge.contract.methods.iter().position(|known| known.name == method).unwrap();
        edge.methods[index].calls
    }

    fn ask<C: Provides<Self> + Contract + ?Sized>(self: &Arc<Self>) -> Arc<C> {
        Seat::<C>::here(self.clone(), &self.edges).asked_by(storefront::NAME)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn answering<E>(&self, module: &'static str) -> Result<MutexGuard<'_, State>, Failure<E>> {
        let state = self.state();
        if state.broken.contains(module) { Err(Failure::unavailable("broken on purpose")) } else { Ok(state) }
    }

    fn product(&self, sku: &Sku) -> Option<&Arc<Product>> {
        self.products.iter().find(|product| product.sku == *sku)
    }
}
