//! What lies between the order desk and the world: calls that get lost, answers that get lost, calls that arrive too late, and
//! the end of the process in the middle of any of them.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use cart_contract::{CartContents, CartError, CartService};
use catalog_contract::{CatalogError, CatalogService, Category, Listing, Product, ProductPage};
use currency_contract::{CurrencyError, CurrencyService};
use inventory_contract::{Hold, InventoryError, InventoryService, StockLine};
use orders_service::Asks;
use payments_contract::{Authorization, Payment, PaymentsError, PaymentsService, VoidOutcome};
use promotions_contract::{Banner, Discount, PromotionsError, PromotionsService};
use seam::{Call, Edges, Failure, ModuleName, Outcome, Seat};
use shipping_contract::{Quote, Shipment, ShippingError, ShippingLine, ShippingService};
use tokio::sync::Notify;
use vocabulary::{Address, Card, CartId, Currency, Money, OrderId, Sku};

use crate::world::World;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Luck {
    Good,
    /// The call does not arrive.
    CallLost,
    /// It has its effect, and the answer does not arrive.
    AnswerLost,
    /// It has its effect when everybody has long given it up.
    Late,
    /// It took so long that every hold is over before it arrives.
    AfterTheHolds,
    /// The process ends before it.
    CrashBefore,
    /// The process ends after its effect.
    CrashAfter,
}

type Effect = Box<dyn FnOnce(&mut World) + Send>;

pub(crate) struct Network {
    pub(crate) world: Mutex<World>,
    luck: Mutex<VecDeque<Luck>>,
    late: Mutex<Vec<Effect>>,
    /// Counts the processes; what an earlier one asks is never answered.
    process: AtomicU64,
    crash: Notify,
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Network")
    }
}

impl Network {
    pub(crate) fn new(luck: Vec<Luck>) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(World::new()),
            luck: Mutex::new(luck.into()),
            late: Mutex::default(),
            process: AtomicU64::new(0),
            crash: Notify::new(),
        })
    }

    /// The contracts as a process asks them that begins now.
    pub(crate) fn asks(self: &Arc<Self>) -> Asks {
        let process = Arc::new(Process { network: self.clone(), number: self.process.load(Ordering::SeqCst) });
        let (edges, orders) = (Edges::default(), ModuleName::new("orders"));
        Asks {
            cart: Seat::here(process.clone(), &edges).asked_by(orders),
            catalog: Seat::here(process.clone(), &edges).asked_by(orders),
            currency: Seat::here(process.clone(), &edges).asked_by(orders),
            promotions: Seat::here(process.clone(), &edges).asked_by(orders),
            inventory: Seat::here(process.clone(), &edges).asked_by(orders),
            shipping: Seat::here(process.clone(), &edges).asked_by(orders),
            payments: Seat::here(process, &edges).asked_by(orders),
        }
    }

    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap())
    }

    /// Waits for the end of the process.
    pub(crate) async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// From now on every call arrives and is answered.
    pub(crate) fn be_good(&self) {
        self.luck.lock().unwrap().clear();
    }

    /// Lets the calls arrive that were given up. Says how many there were.
    pub(crate) fn deliver_late(&self) -> usize {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        let count = late.len();
        late.into_iter().for_each(|effect| self.world(effect));
        count
    }

    fn end_process(&self) {
        self.process.fetch_add(1, Ordering::SeqCst);
        self.crash.notify_one();
    }
}

/// One life of the order desk's process, as the world sees it.
#[derive(Debug)]
struct Process {
    network: Arc<Network>,
    number: u64,
}

impl Process {
    async fn ask<T, E>(&self, effect: impl FnOnce(&mut World) -> Result<T, E> + Send + 'static) -> Outcome<T, E> {
        tokio::task::yield_now().await;
        let network = &self.network;
        if network.process.load(Ordering::SeqCst) != self.number {
            return pending().await;
        }
        let luck = network.luck.lock().unwrap().pop_front().unwrap_or(Luck::Good);
        match luck {
            Luck::Good => return network.world(effect).map_err(Failure::Domain),
            Luck::AfterTheHolds => {
                return network.world(|world| {
                    world.let_holds_run_out();
                    effect(world).map_err(Failure::Domain)
                });
            }
            Luck::CallLost => {}
            Luck::AnswerLost => drop(network.world(effect)),
            Luck::Late => network.late.lock().unwrap().push(Box::new(|world| drop(effect(world)))),
            Luck::CrashBefore => {
                network.end_process();
                return pending().await;
            }
            Luck::CrashAfter => {
                drop(network.world(effect));
                network.end_process();
                return pending().await;
            }
        }
        Err(Failure::unavailable("as the test wants it"))
    }
}

impl CartService for Process {
    async fn get(&self, _: &Call, cart: CartId) -> Outcome<CartContents, CartError> {
        self.ask(move |world| Ok(world.carts.get(&cart).cloned().unwrap_or_default())).await
    }

    async fn add(&self, _: &Call, _: CartId, _: Sku, _: u32) -> Outcome<CartContents, CartError> {
        unreachable!("the order desk puts nothing into a cart")
    }

    async fn set(&self, _: &Call, _: CartId, _: Sku, _: u32) -> Outcome<CartContents, CartError> {
        unreachable!("the order desk puts nothing into a cart")
    }

    async fn clear(&self, _: &Call, cart: CartId, version: Option<u64>) -> Outcome<(), CartError> {
        self.ask(move |world| {
            world.clear(cart, version);
            Ok(())
        })
        .await
    }

    async fn merge(&self, _: &Call, _: CartId, _: CartId) -> Outcome<CartContents, CartError> {
        unreachable!("the order desk merges no carts")
    }
}

impl CatalogService for Process {
    async fn list(&self, _: &Call, _: Listing) -> Outcome<ProductPage, CatalogError> {
        unreachable!("the order desk looks products up by id")
    }

    async fn get_many(&self, _: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        self.ask(move |world| {
            let wanted = |product: &&Arc<Product>| skus.contains(&product.sku);
            Ok(world.products.iter().filter(wanted).cloned().collect())
        })
        .await
    }

    async fn categories(&self, _: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        unreachable!("the order desk needs no categories")
    }

    async fn search(&self, _: &Call, _: String, _: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        unreachable!("the order desk looks products up by id")
    }

    async fn upsert(&self, _: &Call, _: Product) -> Outcome<(), CatalogError> {
        unreachable!("the order desk changes no product")
    }
}

impl CurrencyService for Process {
    async fn supported(&self, _: &Call) -> Outcome<Vec<Currency>, CurrencyError> {
        unreachable!("the order desk takes the currency it is given")
    }

    async fn convert_many(&self, _: &Call, amounts: Vec<Money>, to: Currency) -> Outcome<Vec<Money>, CurrencyError> {
        self.ask(move |_| {
            if ![Currency::USD, Currency::EUR].contains(&to) {
                return Err(CurrencyError::Unsupported { currency: to });
            }
            Ok(amounts.into_iter().map(|amount| Money::new(amount.minor, to)).collect())
        })
        .await
    }
}

impl PromotionsService for Process {
    async fn for_context(&self, _: &Call, _: Vec<String>, _: u32) -> Outcome<Vec<Banner>, PromotionsError> {
        unreachable!("the order desk shows no banners")
    }

    async fn redeem(&self, _: &Call, order: OrderId, code: String, sum: Money) -> Outcome<Discount, PromotionsError> {
        self.ask(move |world| world.redeem(order, &code, sum)).await
    }

    async fn give_back(&self, _: &Call, order: OrderId) -> Outcome<(), PromotionsError> {
        self.ask(move |world| {
            world.give_back(order);
            Ok(())
        })
        .await
    }
}

impl InventoryService for Process {
    async fn available(&self, _: &Call, _: Vec<Sku>) -> Outcome<BTreeMap<Sku, u32>, InventoryError> {
        unreachable!("the order desk reserves, and then knows")
    }

    async fn reserve(&self, _: &Call, order: OrderId, lines: Vec<StockLine>) -> Outcome<Hold, InventoryError> {
        self.ask(move |world| world.reserve(order, lines)).await
    }

    async fn commit(&self, _: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        self.ask(move |world| world.commit(order)).await
    }

    async fn release(&self, _: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        self.ask(move |world| {
            world.release(order);
            Ok(())
        })
        .await
    }

    async fn restock(&self, _: &Call, _: String, _: Vec<StockLine>) -> Outcome<(), InventoryError> {
        unreachable!("the order desk delivers nothing")
    }
}

impl ShippingService for Process {
    async fn quote(&self, _: &Call, _: Option<Address>, units: u64) -> Outcome<Quote, ShippingError> {
        let cost = Money::new(500 + i64::try_from(units).unwrap(), Currency::USD);
        self.ask(move |_| Ok(Quote { cost, days: 3 })).await
    }

    async fn ship(
        &self,
        _: &Call,
        order: OrderId,
        _: Address,
        _: Vec<ShippingLine>,
    ) -> Outcome<Shipment, ShippingError> {
        self.ask(move |world| world.ship(order)).await
    }

    async fn track(&self, _: &Call, _: OrderId) -> Outcome<Option<Shipment>, ShippingError> {
        unreachable!("the order desk keeps the number itself")
    }

    async fn call_back(&self, _: &Call, order: OrderId) -> Outcome<(), ShippingError> {
        self.ask(move |world| {
            world.shipments.insert(order, shipping_contract::ShipmentStatus::CalledBack);
            Ok(())
        })
        .await
    }
}

impl PaymentsService for Process {
    async fn authorize(
        &self,
        _: &Call,
        order: OrderId,
        amount: Money,
        card: Card,
    ) -> Outcome<Authorization, PaymentsError> {
        self.ask(move |world| world.authorize(order, amount, &card)).await
    }

    async fn capture(&self, _: &Call, order: OrderId) -> Outcome<(), PaymentsError> {
        self.ask(move |world| world.capture(order)).await
    }

    async fn void(&self, _: &Call, order: OrderId) -> Outcome<VoidOutcome, PaymentsError> {
        self.ask(move |world| Ok(world.void(order))).await
    }

    async fn refund(&self, _: &Call, order: OrderId) -> Outcome<(), PaymentsError> {
        self.ask(move |world| world.refund(order)).await
    }

    async fn look_up(&self, _: &Call, _: OrderId) -> Outcome<Option<Payment>, PaymentsError> {
        unreachable!("the order desk asks the till to settle, not to tell")
    }
}
