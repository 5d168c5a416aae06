//! The composition of the shop: one paragraph per module, in dependency order.
//!
//! This is the only file that names a service. A module can be handed only to those below it, so a synchronous cycle cannot be
//! written down; what flows the other way is an event.

#[cfg(feature = "shop")]
use std::collections::BTreeMap;
#[cfg_attr(not(feature = "shop"), allow(unused_imports, reason = "the storefront alone builds no service"))]
use std::sync::Arc;

use accounts_contract::Accounts;
use cart_contract::Cart;
use catalog_contract::Catalog;
use currency_contract::Currency;
use inventory_contract::Inventory;
use notifications_contract::Notifications;
use orders_contract::Orders;
use payments_contract::Payments;
use promotions_contract::Promotions;
use recommendations_contract::Recommendations;
use reviews_contract::Reviews;
use runtime::Runtime;
#[cfg(feature = "lab")]
use seam::Edges;
use seam::{ModuleName, Seat};
use shipping_contract::Shipping;

use crate::{place::Place, settings::Settings};

/// Where the pages come from.
pub const STOREFRONT: ModuleName = ModuleName::new("storefront");
/// Who needs the payment provider.
pub const PAYMENTS: ModuleName = ModuleName::new("payments");
#[cfg(feature = "orders")]
const ORDERS: ModuleName = ModuleName::new("orders");

/// Beside replicas, an order that nothing has happened to for so long is nobody's: visitors wait 15 seconds for a check-out.
#[cfg(feature = "orders")]
const LONGEST_CHECK_OUT: std::time::Duration = std::time::Duration::from_secs(20);

/// The modules in the order they are composed, and whom each asks.
const MODULES: &[(&str, &[&str])] = &[
    ("catalog", &[]),
    ("currency", &[]),
    ("inventory", &[]),
    ("accounts", &[]),
    ("cart", &[]),
    ("shipping", &[]),
    ("payments", &[]),
    ("promotions", &[]),
    ("reviews", &[]),
    ("recommendations", &[]),
    ("notifications", &[]),
    ("orders", &["cart", "catalog", "currency", "inventory", "shipping", "payments", "promotions"]),
    (
        "storefront",
        &[
            "catalog",
            "currency",
            "inventory",
            "accounts",
            "cart",
            "shipping",
            "promotions",
            "reviews",
            "recommendations",
            "notifications",
            "orders",
        ],
    ),
];

/// The names of all modules, in the order they are composed.
pub fn modules() -> impl Iterator<Item = ModuleName> + Clone {
    MODULES.iter().map(|(module, _)| ModuleName::new(module))
}

/// The modules that a module asks.
pub fn asks(module: ModuleName) -> impl Iterator<Item = ModuleName> {
    let row = MODULES.iter().find(|(name, _)| *name == module.as_str());
    row.into_iter().flat_map(|(_, asked)| asked.iter().copied().map(ModuleName::new))
}

/// The shop as it is wired in one process.
#[derive(Debug)]
pub struct Shop {
    /// Every module, here or at its address.
    pub seats: Seats,
    /// The pages, when the storefront is in this process.
    #[cfg(feature = "storefront")]
    pub storefront: Option<storefront::Storefront>,
}

/// Every module of the shop, wherever it is answered.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is the contract of its name")]
pub struct Seats {
    pub catalog: Seat<dyn Catalog>,
    pub currency: Seat<dyn Currency>,
    pub inventory: Seat<dyn Inventory>,
    pub accounts: Seat<dyn Accounts>,
    pub cart: Seat<dyn Cart>,
    pub shipping: Seat<dyn Shipping>,
    pub payments: Seat<dyn Payments>,
    pub promotions: Seat<dyn Promotions>,
    pub reviews: Seat<dyn Reviews>,
    pub recommendations: Seat<dyn Recommendations>,
    pub notifications: Seat<dyn Notifications>,
    pub orders: Seat<dyn Orders>,
}

/// Seats a module: built by the block when it is in this process (and in this binary), asked at its address otherwise.
macro_rules! seat {
    ($place:ident, $contract:ty, $module:literal, $build:block) => {{
        #[cfg(feature = $module)]
        let seat = if $place.is_here(ModuleName::new($module)) {
            let service = $build;
            $place.here::<$contract, _>(service)
        } else {
            $place.elsewhere::<$contract>()?
        };
        #[cfg(not(feature = $module))]
        let seat = $place.elsewhere::<$contract>()?;
        seat
    }};
}

/// Opens a module's database and brings it up to date.
#[cfg_attr(not(feature = "shop"), allow(unused_macros, reason = "a binary without modules opens none"))]
macro_rules! database {
    ($runtime:expr, $module:ident, $durability:ident) => {
        $runtime
            .database::<migrations::$module::Migrator>(stringify!($module), runtime::Durability::$durability)
            .await?
    };
}

/// The carts and nothing else, for whoever wants a module with a table to measure with.
///
/// # Errors
/// When the database cannot be had.
#[cfg(feature = "lab")]
pub async fn carts_alone(runtime: &Runtime, edges: &Edges) -> anyhow::Result<Seat<dyn Cart>> {
    let carts = cart_service::CartModule::start(database!(runtime, cart, Rebuildable)).await?;
    Ok(Seat::<dyn Cart>::here(Arc::new(carts), edges))
}

/// Wires the shop as far as it is in this process; the rest is asked at its address.
///
/// # Errors
/// When a database cannot be had, or a module is neither here nor elsewhere.
#[cfg_attr(
    not(feature = "shop"),
    allow(
        unused_variables,
        unused_macros,
        unused_mut,
        reason = "a binary with some of the modules hands few of them on"
    )
)]
pub async fn shop(place: &mut Place, settings: &Settings, provider: &str) -> anyhow::Result<Shop> {
    let runtime = place.runtime.clone();

    // Catalog: what there is to buy. Asks nobody.
    let catalog = seat!(place, dyn Catalog, "catalog", {
        let database = database!(runtime, catalog, Full);
        let catalog = Arc::new(catalog_service::CatalogModule::start(database.clone()).await?);
        place.follows(database, &catalog, |catalog| async move { catalog.restock().await });
        catalog
    });

    // Currency: what money is worth. Asks nobody.
    let currency = seat!(place, dyn Currency, "currency", {
        Arc::new(currency_service::CurrencyModule::start(database!(runtime, currency, Rebuildable)).await?)
    });

    // Inventory: what is on the shelf. Asks nobody.
    let inventory = seat!(place, dyn Inventory, "inventory", {
        let database = database!(runtime, inventory, Full);
        let inventory =
            inventory_service::InventoryModule::start(database, inventory_service::InventorySettings::default());
        let inventory = Arc::new(inventory.await?);
        runtime.tasks.spawn("inventory sweep", inventory.clone().run(runtime.shutdown.clone()));
        inventory
    });

    // Accounts: who the shop knows. Asks nobody.
    let accounts = seat!(place, dyn Accounts, "accounts", {
        let settings = accounts_service::AccountsSettings::default();
        // Each replica counts guesses for itself.
        let attempts = settings.attempts.div_ceil(place.replicas());
        let settings = accounts_service::AccountsSettings { attempts, ..settings };
        Arc::new(accounts_service::AccountsModule::start(database!(runtime, accounts, Full), settings).await?)
    });

    // Cart: what visitors mean to buy. Asks nobody.
    let cart = seat!(place, dyn Cart, "cart", {
        Arc::new(cart_service::CartModule::start(database!(runtime, cart, Rebuildable)).await?)
    });

    // Shipping: how things get to people. Asks nobody.
    let shipping = seat!(place, dyn Shipping, "shipping", {
        Arc::new(shipping_service::ShippingModule::start(database!(runtime, shipping, Full)).await?)
    });

    // Payments: how the shop is paid. Asks nobody here; the provider is outside the shop.
    let payments = seat!(place, dyn Payments, "payments", {
        let provider = payments_service::ProviderSettings::at(provider);
        Arc::new(payments_service::PaymentsModule::start(database!(runtime, payments, Full), provider).await?)
    });

    // Promotions: what the shop draws attention to. Asks nobody.
    let promotions = seat!(place, dyn Promotions, "promotions", {
        Arc::new(promotions_service::PromotionsModule::start(database!(runtime, promotions, Full)).await?)
    });

    // Reviews: what people say. Asks nobody; learns from orders who bought what.
    let reviews = seat!(place, dyn Reviews, "reviews", {
        let database = database!(runtime, reviews, Full);
        let reviews = Arc::new(reviews_service::ReviewsModule::start(database.clone()).await?);
        place.follows(database, &reviews, |reviews| async move { reviews.refresh().await });
        place.consumes("reviews", reviews.inbox());
        reviews
    });

    // Recommendations: what goes with what. Asks nobody; learns from orders what was bought together.
    let recommendations = seat!(place, dyn Recommendations, "recommendations", {
        let database = database!(runtime, recommendations, Rebuildable);
        let mut recommendations = recommendations_service::RecommendationsModule::start(database.clone()).await?;
        if place.shares_its_data() {
            recommendations = recommendations.beside_replicas();
        }
        let recommendations = Arc::new(recommendations);
        place.follows(database, &recommendations, |recommendations| async move { recommendations.refresh().await });
        place.consumes("recommendations", recommendations.inbox());
        recommendations
    });

    // Notifications: what was written to whom. Asks nobody; writes when an order is placed or taken back.
    let notifications = seat!(place, dyn Notifications, "notifications", {
        let notifications =
            Arc::new(notifications_service::NotificationsModule::start(database!(runtime, notifications, Full)).await?);
        place.consumes("notifications", notifications.inbox());
        notifications
    });

    // Orders: how a cart becomes an order. Asks all that a check-out touches; tells those who learn from it.
    let orders = seat!(place, dyn Orders, "orders", {
        let asks = orders_service::Asks {
            cart: cart.asked_by(ORDERS),
            catalog: catalog.asked_by(ORDERS),
            currency: currency.asked_by(ORDERS),
            inventory: inventory.asked_by(ORDERS),
            shipping: shipping.asked_by(ORDERS),
            payments: payments.asked_by(ORDERS),
            promotions: promotions.asked_by(ORDERS),
        };
        let database = database!(runtime, orders, Full);
        let recovery = match place.shares_its_data() {
            true => orders_service::Recovery::After(LONGEST_CHECK_OUT),
            false => orders_service::Recovery::AtOnce,
        };
        let settings = orders_service::OrdersSettings { recovery, ..orders_service::OrdersSettings::default() };
        let orders = orders_service::OrdersModule::start(database, asks, settings);
        let orders = Arc::new(orders.await?);
        place.publishes(orders.outbox(), &["notifications", "recommendations", "reviews"])?;
        runtime.tasks.spawn("orders recovery", orders.as_ref().clone().run(runtime.shutdown.clone()));
        orders
    });

    // Storefront: the pages. Asks everybody but payments; nobody asks it.
    #[cfg(feature = "storefront")]
    let storefront = if place.is_here(STOREFRONT) {
        let asks = storefront::Asks {
            accounts: accounts.asked_by(STOREFRONT),
            cart: cart.asked_by(STOREFRONT),
            catalog: catalog.asked_by(STOREFRONT),
            currency: currency.asked_by(STOREFRONT),
            inventory: inventory.asked_by(STOREFRONT),
            notifications: notifications.asked_by(STOREFRONT),
            orders: orders.asked_by(STOREFRONT),
            promotions: promotions.asked_by(STOREFRONT),
            recommendations: recommendations.asked_by(STOREFRONT),
            reviews: reviews.asked_by(STOREFRONT),
            shipping: shipping.asked_by(STOREFRONT),
        };
        let lab = storefront::LabSettings { delay_us: settings.lab.delay_us, burn_us: settings.lab.burn_us };
        let settings = storefront::Settings { lab, ..settings.storefront.clone() };
        Some(storefront::Storefront::new(asks, settings, &session_key(&runtime)?))
    } else {
        None
    };

    let seats = Seats {
        catalog,
        currency,
        inventory,
        accounts,
        cart,
        shipping,
        payments,
        promotions,
        reviews,
        recommendations,
        notifications,
        orders,
    };
    Ok(Shop {
        seats,
        #[cfg(feature = "storefront")]
        storefront,
    })
}

/// The key that guest sessions are signed with; it survives a restart, and so do they.
#[cfg(feature = "storefront")]
fn session_key(runtime: &Runtime) -> anyhow::Result<[u8; 32]> {
    let key = runtime.folder.secret("session.key", || rand::random::<[u8; 32]>().to_vec())?;
    let length = key.len();
    key.try_into().map_err(|_| {
        anyhow::anyhow!("session.key has {length} bytes instead of 32: remove it, and every visitor starts anew")
    })
}

/// Brings the databases of all modules in this binary up to date.
///
/// # Errors
/// When one of them cannot be.
#[cfg_attr(not(feature = "shop"), allow(unused_variables, reason = "the storefront alone has no database"))]
pub async fn migrate(runtime: &Runtime) -> anyhow::Result<()> {
    macro_rules! migrate {
        ($($module:ident $feature:literal)*) => {
            $(#[cfg(feature = $feature)] { database!(runtime, $module, Full); })*
        };
    }
    migrate! {
        catalog "catalog" currency "currency" inventory "inventory" accounts "accounts" cart "cart" shipping "shipping"
        payments "payments" promotions "promotions" reviews "reviews" recommendations "recommendations"
        notifications "notifications" orders "orders"
    }
    Ok(())
}

/// Fills the databases of a new shop with goods; does nothing to a module that has any.
///
/// The catalogue's list is what the other modules are filled from, so that a binary without the catalogue fills nothing.
///
/// # Errors
/// When a database cannot be written.
#[cfg_attr(not(feature = "shop"), allow(unused_variables, reason = "a binary with some of the modules fills few"))]
pub async fn seed(runtime: &Runtime, products: usize) -> anyhow::Result<()> {
    #[cfg(feature = "catalog")]
    {
        let goods = catalog_service::seed::products(products);
        let skus: Vec<_> = goods.iter().map(|product| product.sku.clone()).collect();
        catalog_service::seed::seed(&database!(runtime, catalog, Full), products).await?;
        #[cfg(feature = "inventory")]
        inventory_service::seed(&database!(runtime, inventory, Full), &skus).await?;
        #[cfg(feature = "promotions")]
        promotions_service::seed::seed(&database!(runtime, promotions, Full), &skus).await?;
        #[cfg(feature = "reviews")]
        reviews_service::seed::seed(&database!(runtime, reviews, Full), &skus).await?;
        #[cfg(feature = "recommendations")]
        {
            let shelves =
                goods.iter().filter_map(|product| Some((product.sku.clone(), product.categories.first()?.clone())));
            let shelves: Vec<_> = shelves.collect();
            recommendations_service::seed::seed(&database!(runtime, recommendations, Rebuildable), &shelves).await?;
        }
    }
    #[cfg(feature = "currency")]
    currency_service::seed::seed(&database!(runtime, currency, Rebuildable)).await?;
    migrate(runtime).await
}

/// What the modules believe of themselves, and what the provider believes of the shop.
#[cfg(feature = "shop")]
#[derive(Debug)]
pub struct Books {
    /// The stock room's.
    pub inventory: inventory_service::Audit,
    /// The till's.
    pub payments: payments_service::Audit,
    /// The order desk's.
    pub orders: orders_service::Audit,
    /// The provider's own ledger, order by order.
    pub ledger: BTreeMap<vocabulary::OrderId, payments_provider::Account>,
    /// Events that are out of order, one sentence each.
    pub disorder: Vec<String>,
    /// Events that somebody has not done, or not once, one sentence each.
    pub undelivered: Vec<String>,
    /// Orders with more than one mail of a kind, one sentence each.
    pub mails: Vec<String>,
}

/// Reads the books of a quiet shop.
///
/// # Errors
/// When a database or the ledger cannot be read.
#[cfg(feature = "shop")]
pub async fn books(runtime: &Runtime) -> anyhow::Result<Books> {
    let (inventory, payments) = (database!(runtime, inventory, Full), database!(runtime, payments, Full));
    let (orders, notifications) = (database!(runtime, orders, Full), database!(runtime, notifications, Full));
    let (recommendations, reviews) =
        (database!(runtime, recommendations, Rebuildable), database!(runtime, reviews, Full));
    let consumers = [("notifications", &notifications), ("recommendations", &recommendations), ("reviews", &reviews)];
    let disorder = events::audit(&orders, &[]).await?;
    let mut undelivered = events::audit(&orders, &consumers).await?;
    undelivered.retain(|problem| !disorder.contains(problem));
    let ledger = payments_provider::read_ledger(&runtime.folder.path().join(payments_provider::LEDGER_FILE))?;
    Ok(Books {
        inventory: inventory_service::audit(&inventory).await?,
        payments: payments_service::audit(&payments).await?,
        orders: orders_service::audit(&orders).await?,
        ledger: payments_provider::accounts(&ledger),
        disorder,
        undelivered,
        mails: notifications_service::audit(&notifications)
            .await?
            .repeated()
            .map(|(order, kind)| format!("order {order} got more than one mail of the kind {kind:?}"))
            .collect(),
    })
}
