//! What is asked of each contract: a read, a refusal with fields where there is one, and a question that comes too late.
//!
//! Nothing here changes a shop, so that all places of one process can be asked one after the other.

use accounts_contract::{Password, Token};
use catalog_contract::Listing;
use inventory_contract::StockLine;
use orders_contract::CheckOut;
use reviews_contract::NewReview;
use vocabulary::{Address, CartId, Currency, Money, OrderId, PersonId, SessionId, Sku};

use super::{Parity, answered, refused};
use crate::support::visitor::{GOOD_CARD, MUG, WATCH};

pub(super) async fn ask_everything(parity: &mut Parity<'_>) {
    goods(parity).await;
    people(parity).await;
    words(parity).await;
    check_out(parity).await;
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn address() -> Address {
    Address {
        street: "12 Mill Lane".to_owned(),
        city: "Mountain View".to_owned(),
        state: "CA".to_owned(),
        country: "United States".to_owned(),
        zip_code: "94043".to_owned(),
    }
}

async fn goods(parity: &mut Parity<'_>) {
    let seats = &parity.places.seats;
    let catalog = &seats.catalog;
    parity
        .ask(catalog, "products", answered, async |catalog, call| {
            catalog.get_many(&call, vec![sku(MUG), sku(WATCH), sku("NONE")]).await
        })
        .await;
    parity.ask(catalog, "categories", answered, async |catalog, call| catalog.categories(&call).await).await;
    parity
        .ask(catalog, "a search", answered, async |catalog, call| catalog.search(&call, "mug".to_owned(), 5).await)
        .await;
    let nowhere = || Listing { category: Some("nowhere".to_owned()), offset: 0, limit: 10 };
    parity.ask(catalog, "no such shelf", refused, async |catalog, call| catalog.list(&call, nowhere()).await).await;
    parity.ask_too_late(catalog, async |catalog, call| catalog.categories(&call).await).await;

    let inventory = &seats.inventory;
    parity
        .ask(inventory, "what there is", answered, async |inventory, call| {
            inventory.available(&call, vec![sku(MUG), sku("NONE")]).await
        })
        .await;
    let order = OrderId::generate();
    let lines = |text: &str| vec![StockLine { sku: sku(text), quantity: 2 }];
    parity
        .ask(inventory, "no such product", refused, async |inventory, call| {
            inventory.reserve(&call, order, lines("NONE")).await
        })
        .await;
    parity.ask(inventory, "no hold", refused, async |inventory, call| inventory.commit(&call, order).await).await;
    parity.ask_too_late(inventory, async |inventory, call| inventory.available(&call, vec![sku(MUG)]).await).await;

    let rates = &seats.currency;
    parity.ask(rates, "currencies", answered, async |rates, call| rates.supported(&call).await).await;
    let prices = || vec![Money::new(1_999, Currency::USD), Money::new(5, Currency::EUR)];
    parity
        .ask(rates, "prices", answered, async |rates, call| rates.convert_many(&call, prices(), Currency::JPY).await)
        .await;
    parity
        .ask(rates, "no rate", refused, async |rates, call| rates.convert_many(&call, prices(), currency("XXX")).await)
        .await;
    parity.ask_too_late(rates, async |rates, call| rates.supported(&call).await).await;
}

async fn people(parity: &mut Parity<'_>) {
    let seats = &parity.places.seats;
    let accounts = &seats.accounts;
    parity
        .ask(accounts, "nobody", answered, async |accounts, call| accounts.who(&call, Token("none".to_owned())).await)
        .await;
    let short = || Password("short".to_owned());
    let email = || "ada@example.com".parse().unwrap();
    parity
        .ask(accounts, "a short password", refused, async |accounts, call| {
            accounts.register(&call, email(), "Ada".to_owned(), short()).await
        })
        .await;
    let stranger = PersonId::generate();
    parity
        .ask(accounts, "nobody's address", refused, async |accounts, call| {
            accounts.keep_address(&call, stranger, address()).await
        })
        .await;
    parity.ask_too_late(accounts, async |accounts, call| accounts.addresses(&call, stranger).await).await;

    let carts = &seats.cart;
    let cart = CartId::from(SessionId::generate());
    parity.ask(carts, "an empty cart", answered, async |carts, call| carts.get(&call, cart).await).await;
    parity.ask(carts, "no units", refused, async |carts, call| carts.add(&call, cart, sku(MUG), 0).await).await;
    parity.ask_too_late(carts, async |carts, call| carts.get(&call, cart).await).await;

    let notifications = &seats.notifications;
    let session = SessionId::generate();
    // Notifications refuse nothing: their error has no variant.
    parity
        .ask(notifications, "no mails", answered, async |notifications, call| {
            notifications.sent_to(&call, session).await
        })
        .await;
    parity.ask_too_late(notifications, async |notifications, call| notifications.sent_to(&call, session).await).await;
}

async fn words(parity: &mut Parity<'_>) {
    let seats = &parity.places.seats;
    let promotions = &seats.promotions;
    parity
        .ask(promotions, "banners", answered, async |promotions, call| {
            promotions.for_context(&call, vec!["kitchen".to_owned()], 3).await
        })
        .await;
    let (order, sum) = (OrderId::generate(), Money::new(10_000, Currency::USD));
    parity
        .ask(promotions, "no such coupon", refused, async |promotions, call| {
            promotions.redeem(&call, order, "NONE".to_owned(), sum).await
        })
        .await;
    parity.ask_too_late(promotions, async |promotions, call| promotions.for_context(&call, Vec::new(), 1).await).await;

    let reviews = &seats.reviews;
    parity
        .ask(reviews, "ratings", answered, async |reviews, call| {
            reviews.summary_many(&call, vec![sku(MUG), sku(WATCH)]).await
        })
        .await;
    let review = || NewReview {
        sku: sku(MUG),
        author: SessionId::generate(),
        name: "Ada".to_owned(),
        stars: 6,
        text: "Good.".to_owned(),
    };
    parity.ask(reviews, "six stars", refused, async |reviews, call| reviews.post(&call, review()).await).await;
    parity.ask_too_late(reviews, async |reviews, call| reviews.summary_many(&call, vec![sku(MUG)]).await).await;

    let recommendations = &seats.recommendations;
    parity
        .ask(recommendations, "suggestions", answered, async |recommendations, call| {
            recommendations.for_products(&call, vec![sku(MUG)], 4).await
        })
        .await;
    parity
        .ask(recommendations, "too many", refused, async |recommendations, call| {
            recommendations.for_products(&call, vec![sku(MUG)], 1_000).await
        })
        .await;
    parity
        .ask_too_late(recommendations, async |recommendations, call| {
            recommendations.for_products(&call, Vec::new(), 1).await
        })
        .await;
}

async fn check_out(parity: &mut Parity<'_>) {
    let seats = &parity.places.seats;
    let shipping = &seats.shipping;
    let order = OrderId::generate();
    parity
        .ask(shipping, "a quote", answered, async |shipping, call| shipping.quote(&call, Some(address()), 3).await)
        .await;
    parity
        .ask(shipping, "an empty parcel", refused, async |shipping, call| {
            shipping.ship(&call, order, address(), Vec::new()).await
        })
        .await;
    parity.ask_too_late(shipping, async |shipping, call| shipping.quote(&call, None, 1).await).await;

    let payments = &seats.payments;
    parity.ask(payments, "no payment", answered, async |payments, call| payments.look_up(&call, order).await).await;
    parity
        .ask(payments, "nothing to capture", refused, async |payments, call| payments.capture(&call, order).await)
        .await;
    parity.ask_too_late(payments, async |payments, call| payments.look_up(&call, order).await).await;

    let orders = &seats.orders;
    let session = SessionId::generate();
    parity.ask(orders, "no orders", answered, async |orders, call| orders.history(&call, session).await).await;
    parity.ask(orders, "no such order", refused, async |orders, call| orders.get(&call, session, order).await).await;
    parity
        .ask(orders, "an empty cart", refused, async |orders, call| orders.check_out(&call, wanted(session)).await)
        .await;
    parity.ask_too_late(orders, async |orders, call| orders.history(&call, session).await).await;
}

fn wanted(session: SessionId) -> CheckOut {
    CheckOut {
        key: "parity".to_owned(),
        session,
        cart: session.into(),
        currency: Currency::USD,
        email: "ada@example.com".parse().unwrap(),
        address: address(),
        card: vocabulary::Card {
            number: GOOD_CARD.to_owned(),
            expiration_month: 1,
            expiration_year: 2039,
            security_code: "672".to_owned(),
        },
        coupon: None,
    }
}
