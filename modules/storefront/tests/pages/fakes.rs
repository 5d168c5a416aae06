//! A whole shop in memory, small enough to read: what the storefront is tested and looked at with.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should say where")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use accounts_contract::{Accounts, AccountsError, AccountsService, LogIn, Password, Person, Token};
use cart_contract::{Cart, CartContents, CartError, CartLine, CartService};
use catalog_contract::{Catalog, CatalogError, CatalogService, Category, Listing, Picture, Product, ProductPage};
use currency_contract::{Currency as CurrencyContract, CurrencyError, CurrencyService};
use inventory_contract::{Hold, Inventory, InventoryError, InventoryService, StockLine};
use notifications_contract::{Mail, MailKind, Notifications, NotificationsError, NotificationsService};
use orders_contract::{CheckOut, Order, OrderLine, OrderStatus, Orders, OrdersError, OrdersService};
use promotions_contract::{Banner, Discount, Promotions, PromotionsError, PromotionsService};
use recommendations_contract::{Recommendations, RecommendationsError, RecommendationsService};
use reviews_contract::{NewReview, Rating, Review, Reviews, ReviewsError, ReviewsService};
use seam::{Call, Contract, Edges, Failure, Outcome, Provides, Seat};
use shipping_contract::{Quote, Shipment, Shipping, ShippingError, ShippingLine, ShippingService};
use storefront::Asks;
use vocabulary::{Address, CartId, Currency, Email, Money, OrderId, PersonId, SessionId, Sku};

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
        let products: Vec<_> = assortment().map(Arc::new).collect();
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

/// The nine products of Online Boutique, then one of every other shape.
fn assortment() -> impl Iterator<Item = Product> {
    let nine = [
        ("OLJCESPC7Z", "Riviera Sunglasses", "sunglasses", 24, 1_999, "accessories"),
        ("66VCHSJNUP", "Harbour Tank Top", "tank-top", 352, 1_899, "clothing"),
        ("1YMWWN1N4O", "Meridian Watch", "watch", 214, 10_999, "accessories"),
        ("L9ECAV7KIM", "Sunday Loafers", "loafers", 18, 8_999, "clothing"),
        ("2ZYFJ3GM2N", "Whisper Hairdryer", "hairdryer", 330, 2_499, "home"),
        ("0PUK6V6EV0", "Taper Candle Holder", "candle-holder", 45, 1_899, "home"),
        ("LS4PSXUNUM", "Salt & Pepper Shakers", "shakers", 160, 1_849, "kitchen"),
        ("9SIQT8TOJO", "Bamboo Lid Glass Jar", "jar", 90, 549, "kitchen"),
        ("6E92ZMYYFZ", "Morning Mug", "mug", 200, 899, "kitchen"),
    ];
    let rest = [
        "backpack",
        "ball",
        "basket",
        "blanket",
        "board",
        "bottle",
        "bowl",
        "candle",
        "chair",
        "clock",
        "cushion",
        "hat",
        "kite",
        "knife",
        "lamp",
        "mirror",
        "notebook",
        "pan",
        "pen",
        "plant-pot",
        "plate",
        "puzzle",
        "scarf",
        "shirt",
        "soap",
        "socks",
        "stool",
        "sweater",
        "teapot",
        "tote",
        "towel",
        "umbrella",
        "vase",
    ];
    let description = "Made to be used every day: it sits well in the hand, ages well, and comes in paper and card. \
                       Wipe it clean with a soft cloth, and it will be with you for years.";
    let product = move |sku: &str, name: String, shape: &str, hue, variant, minor, category: &str| Product {
        sku: sku.parse().unwrap(),
        name,
        description: description.to_owned(),
        price: Money::new(minor, Currency::USD),
        categories: vec![category.to_owned()],
        picture: Picture { shape: shape.to_owned(), hue, variant },
    };
    let nine = nine.into_iter().enumerate().map(move |(index, (sku, name, shape, hue, minor, category))| {
        product(sku, name.to_owned(), shape, hue, u16::try_from(index).unwrap(), minor, category)
    });
    let rest = rest.into_iter().enumerate().map(move |(index, shape)| {
        let number = u16::try_from(index).unwrap();
        let (sku, name) = (format!("C-{:05}", number + 1), format!("Everyday {}", shape.replace('-', " ")));
        product(&sku, name, shape, number * 47 % 360, number, 900 + i64::from(number) * 370, "home")
    });
    nine.chain(rest)
}

impl CatalogService for FakeShop {
    async fn list(&self, _: &Call, wanted: Listing) -> Outcome<ProductPage, CatalogError> {
        let _state = self.answering("catalog")?;
        if !(1..=100).contains(&wanted.limit) {
            return Err(CatalogError::Limit { limit: wanted.limit }.into());
        }
        let slug = wanted.category.unwrap_or_default();
        if !slug.is_empty() && !self.products.iter().any(|product| product.categories.contains(&slug)) {
            return Err(CatalogError::UnknownCategory { slug }.into());
        }
        let all: Vec<_> =
            self.products.iter().filter(|product| slug.is_empty() || product.categories.contains(&slug)).collect();
        let page =
            all.iter().skip(wanted.offset as usize).take(wanted.limit as usize).map(|product| (*product).clone());
        Ok(ProductPage { products: page.collect(), total: u32::try_from(all.len()).unwrap() })
    }

    async fn get_many(&self, call: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        self.answering("catalog")?.last_call = Some(call.clone());
        Ok(skus.iter().filter_map(|sku| self.product(sku)).cloned().collect())
    }

    async fn categories(&self, _: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        let _state = self.answering("catalog")?;
        let names = [
            ("clothing", "Clothing"),
            ("accessories", "Accessories"),
            ("kitchen", "Kitchen & table"),
            ("home", "Home"),
        ];
        let category = |(slug, name): (&str, &str)| Category {
            slug: slug.to_owned(),
            name: name.to_owned(),
            products: u32::try_from(self.products.iter().filter(|product| product.categories[0] == slug).count())
                .unwrap(),
        };
        Ok(Arc::new(names.into_iter().map(category).collect()))
    }

    async fn search(&self, _: &Call, query: String, limit: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        let _state = self.answering("catalog")?;
        let found = self.products.iter().filter(|product| product.name.to_lowercase().contains(&query.to_lowercase()));
        Ok(found.take(limit as usize).cloned().collect())
    }

    async fn upsert(&self, _: &Call, _: Product) -> Outcome<(), CatalogError> {
        Err(CatalogError::NotAllowed.into())
    }
}

impl CurrencyService for FakeShop {
    async fn supported(&self, _: &Call) -> Outcome<Vec<Currency>, CurrencyError> {
        let _state = self.answering("currency")?;
        Ok(["USD", "EUR", "GBP", "JPY", "CAD", "TRY"].map(|code| code.parse().unwrap()).to_vec())
    }

    async fn convert_many(&self, _: &Call, amounts: Vec<Money>, to: Currency) -> Outcome<Vec<Money>, CurrencyError> {
        let _state = self.answering("currency")?;
        let rate = match to.as_str() {
            "USD" => 100,
            "EUR" => 92,
            "GBP" => 79,
            "JPY" => 15_000,
            "CAD" => 137,
            "TRY" => 3_300,
            _ => return Err(CurrencyError::Unsupported { currency: to }.into()),
        };
        amounts
            .into_iter()
            .map(|amount| amount.exchange(to, rate, 100).map_err(|_| CurrencyError::TooLarge.into()))
            .collect()
    }
}

impl InventoryService for FakeShop {
    async fn available(&self, _: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, u32>, InventoryError> {
        let state = self.answering("inventory")?;
        Ok(skus.into_iter().filter_map(|sku| state.stock.get(&sku).copied().map(|units| (sku, units))).collect())
    }

    async fn reserve(&self, _: &Call, order: OrderId, _: Vec<StockLine>) -> Outcome<Hold, InventoryError> {
        Err(InventoryError::NoHold { order }.into())
    }

    async fn commit(&self, _: &Call, order: OrderId) -> Outcome<(), InventoryError> {
        Err(InventoryError::NoHold { order }.into())
    }

    async fn release(&self, _: &Call, _: OrderId) -> Outcome<(), InventoryError> {
        Ok(())
    }

    async fn restock(&self, _: &Call, _: String, _: Vec<StockLine>) -> Outcome<(), InventoryError> {
        Ok(())
    }
}

impl CartService for FakeShop {
    async fn get(&self, _: &Call, cart: CartId) -> Outcome<CartContents, CartError> {
        Ok(self.answering("cart")?.carts.get(&cart).cloned().unwrap_or_default())
    }

    async fn add(&self, _: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        if quantity == 0 || quantity > 1_000_000 {
            return Err(CartError::Quantity.into());
        }
        let contents = state.carts.entry(cart).or_default();
        contents.version += 1;
        match contents.lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.quantity += quantity,
            None => contents.lines.push(CartLine { sku, quantity }),
        }
        Ok(contents.clone())
    }

    async fn set(&self, _: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        let contents = state.carts.entry(cart).or_default();
        contents.version += 1;
        contents.lines.retain_mut(|line| {
            if line.sku == sku {
                line.quantity = quantity;
            }
            line.quantity > 0
        });
        Ok(contents.clone())
    }

    async fn clear(&self, _: &Call, cart: CartId, _: Option<u64>) -> Outcome<(), CartError> {
        self.answering("cart")?.carts.remove(&cart);
        Ok(())
    }

    async fn merge(&self, _: &Call, from: CartId, into: CartId) -> Outcome<CartContents, CartError> {
        let mut state = self.answering("cart")?;
        let moved = state.carts.remove(&from).unwrap_or_default();
        let contents = state.carts.entry(into).or_default();
        contents.lines.extend(moved.lines);
        Ok(contents.clone())
    }
}

impl ShippingService for FakeShop {
    async fn quote(&self, _: &Call, _: Option<Address>, units: u64) -> Outcome<Quote, ShippingError> {
        let _state = self.answering("shipping")?;
        Ok(Quote { cost: Money::new(499 + 50 * i64::try_from(units.min(100)).unwrap(), Currency::USD), days: 4 })
    }

    async fn ship(&self, _: &Call, _: OrderId, _: Address, _: Vec<ShippingLine>) -> Outcome<Shipment, ShippingError> {
        Err(ShippingError::Nothing.into())
    }

    async fn track(&self, _: &Call, _: OrderId) -> Outcome<Option<Shipment>, ShippingError> {
        Ok(None)
    }

    async fn call_back(&self, _: &Call, _: OrderId) -> Outcome<(), ShippingError> {
        Ok(())
    }
}

impl PromotionsService for FakeShop {
    async fn for_context(&self, _: &Call, _: Vec<String>, _: u32) -> Outcome<Vec<Banner>, PromotionsError> {
        let _state = self.answering("promotions")?;
        Ok(vec![Banner { text: "Meet the Meridian Watch".to_owned(), sku: "1YMWWN1N4O".parse().unwrap() }])
    }

    async fn redeem(&self, _: &Call, _: OrderId, code: String, _: Money) -> Outcome<Discount, PromotionsError> {
        Err(PromotionsError::UnknownCoupon { code }.into())
    }

    async fn give_back(&self, _: &Call, _: OrderId) -> Outcome<(), PromotionsError> {
        Ok(())
    }
}

impl RecommendationsService for FakeShop {
    async fn for_products(&self, _: &Call, skus: Vec<Sku>, limit: u32) -> Outcome<Vec<Sku>, RecommendationsError> {
        let _state = self.answering("recommendations")?;
        let others = self.products.iter().filter(|product| !skus.contains(&product.sku));
        Ok(others.take(limit as usize).map(|product| product.sku.clone()).collect())
    }
}

impl ReviewsService for FakeShop {
    async fn summary_many(&self, _: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, Rating>, ReviewsError> {
        let state = self.answering("reviews")?;
        let rating = |sku: &Sku| {
            let reviews = state.reviews.get(sku)?;
            let count = u32::try_from(reviews.len()).unwrap();
            Some(Rating { count, stars: reviews.iter().map(|review| u32::from(review.stars)).sum() })
        };
        Ok(skus.into_iter().filter_map(|sku| rating(&sku).map(|rating| (sku, rating))).collect())
    }

    async fn list(&self, _: &Call, sku: Sku, limit: u32) -> Outcome<Vec<Review>, ReviewsError> {
        let state = self.answering("reviews")?;
        Ok(state.reviews.get(&sku).into_iter().flatten().rev().take(limit as usize).cloned().collect())
    }

    async fn post(&self, _: &Call, review: NewReview) -> Outcome<Review, ReviewsError> {
        let mut state = self.answering("reviews")?;
        if !(1..=5).contains(&review.stars) {
            return Err(ReviewsError::Stars.into());
        }
        let NewReview { sku, name, stars, text, author } = review;
        let verified = state.orders.iter().any(|(session, _, _)| *session == author);
        let review = Review { name, stars, text, verified, posted_at: NOW };
        state.reviews.entry(sku).or_default().push(review.clone());
        Ok(review)
    }
}

impl OrdersService for FakeShop {
    async fn check_out(&self, call: &Call, wanted: CheckOut) -> Outcome<Order, OrdersError> {
        let mut state = self.answering("orders")?;
        assert_eq!(call.criticality(), seam::Criticality::Critical, "money hangs on a check-out");
        if let Some(error) = state.refuse_next_check_out.take() {
            return Err(error.into());
        }
        if let Some((_, _, order)) = state.orders.iter().find(|(_, key, _)| *key == wanted.key) {
            return if order.email == wanted.email { Ok(order.clone()) } else { Err(OrdersError::KeyReused.into()) };
        }
        let contents = state.carts.remove(&wanted.cart).filter(|cart| !cart.lines.is_empty());
        let contents = contents.ok_or(OrdersError::EmptyCart)?;
        let mut lines = Vec::new();
        for line in contents.lines {
            let product = self.product(&line.sku).ok_or(OrdersError::Gone { sku: line.sku.clone() })?;
            let (name, price) = (product.name.clone(), Money::new(product.price.minor, wanted.currency));
            lines.push(OrderLine { sku: line.sku, name, quantity: line.quantity, price });
        }
        let sums = lines.iter().map(|line| line.price.times(line.quantity).unwrap());
        let items = Money::sum(wanted.currency, sums).unwrap();
        let shipping = Money::new(599, wanted.currency);
        let order = Order {
            id: OrderId::generate(),
            status: OrderStatus::Confirmed,
            placed_at: NOW,
            lines,
            items,
            shipping,
            discount: Money::zero(wanted.currency),
            total: items.plus(shipping).unwrap(),
            email: wanted.email,
            address: wanted.address,
            tracking_id: Some("CV-8F3K-22M9-Q1".to_owned()),
            paid_with: Some("Visa ending in 0454".to_owned()),
        };
        state.orders.push((wanted.session, wanted.key, order.clone()));
        Ok(order)
    }

    async fn get(&self, _: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        let state = self.answering("orders")?;
        let found = state.orders.iter().find(|(owner, _, known)| *owner == session && known.id == order);
        Ok(found.map(|(_, _, order)| order.clone()).ok_or(OrdersError::NotFound)?)
    }

    async fn history(&self, _: &Call, session: SessionId) -> Outcome<Vec<Order>, OrdersError> {
        let state = self.answering("orders")?;
        let own = state.orders.iter().rev().filter(|(owner, _, _)| *owner == session);
        Ok(own.map(|(_, _, order)| order.clone()).collect())
    }

    async fn cancel(&self, _: &Call, session: SessionId, order: OrderId) -> Outcome<Order, OrdersError> {
        let mut state = self.answering("orders")?;
        let found = state.orders.iter_mut().find(|(owner, _, known)| *owner == session && known.id == order);
        let (_, _, order) = found.ok_or(OrdersError::NotFound)?;
        order.status = OrderStatus::Cancelled;
        Ok(order.clone())
    }
}

impl NotificationsService for FakeShop {
    async fn sent_to(&self, _: &Call, session: SessionId) -> Outcome<Vec<Mail>, NotificationsError> {
        let state = self.answering("notifications")?;
        let mail = |order: &Order| Mail {
            order: order.id,
            kind: MailKind::OrderConfirmation,
            subject: "Thank you for your order".to_owned(),
            html: "<!doctype html><title>Thank you</title><p>Thank you for your order.</p>".to_owned(),
            text: format!("Hello,\n\nthank you for your order {}.\nIt came to {}.\n", order.id, order.total),
            sent_at: NOW,
        };
        let own = state.orders.iter().rev().filter(|(owner, _, _)| *owner == session);
        Ok(own.map(|(_, _, order)| mail(order)).collect())
    }
}

impl AccountsService for FakeShop {
    async fn register(
        &self,
        _: &Call,
        email: Email,
        name: String,
        password: Password,
    ) -> Outcome<Person, AccountsError> {
        let mut state = self.answering("accounts")?;
        if password.0.len() < 8 {
            return Err(AccountsError::Password.into());
        }
        if state.people.iter().any(|(person, _)| person.email == email) {
            return Err(AccountsError::Taken.into());
        }
        let person = Person { id: PersonId::generate(), email, name, roles: Vec::new() };
        state.people.push((person.clone(), password.0));
        Ok(person)
    }

    async fn log_in(&self, _: &Call, email: Email, password: Password) -> Outcome<LogIn, AccountsError> {
        let mut state = self.answering("accounts")?;
        let known = state.people.iter().find(|(person, secret)| person.email == email && *secret == password.0);
        let person = known.ok_or(AccountsError::WrongCredentials)?.0.clone();
        let token = format!("token-{}", state.tokens.len());
        state.tokens.insert(token.clone(), person.id);
        Ok(LogIn { person, token: Token(token), expires_at: NOW + 1 })
    }

    async fn who(&self, _: &Call, token: Token) -> Outcome<Option<Person>, AccountsError> {
        let state = self.answering("accounts")?;
        let id = state.tokens.get(&token.0);
        Ok(state.people.iter().map(|(person, _)| person).find(|person| Some(&person.id) == id).cloned())
    }

    async fn log_out(&self, _: &Call, token: Token) -> Outcome<(), AccountsError> {
        self.answering("accounts")?.tokens.remove(&token.0);
        Ok(())
    }

    async fn addresses(&self, _: &Call, _: PersonId) -> Outcome<Vec<Address>, AccountsError> {
        let _state = self.answering("accounts")?;
        Ok(Vec::new())
    }

    async fn keep_address(&self, _: &Call, _: PersonId, _: Address) -> Outcome<(), AccountsError> {
        let _state = self.answering("accounts")?;
        Ok(())
    }

    async fn grant(&self, _: &Call, _: PersonId, _: String) -> Outcome<(), AccountsError> {
        Err(AccountsError::UnknownPerson.into())
    }
}
