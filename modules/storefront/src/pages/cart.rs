//! The cart: what is in it, what it comes to, and the form that makes it an order.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::HttpResponse;
use askama::Template;
use cart_contract::{CartContents, CartLine};
use catalog_contract::Product;
use seam::Fault;
use tokio::join;
use uuid::Uuid;
use vocabulary::{Address, Money, Sku};

use crate::{
    around::{Around, Surroundings},
    checkout_form::{CheckOutForm, Field, Remark},
    pages::{home::no_catalogue, or_missing},
    pictures::PictureAddress,
    prices::Price,
    refusal::Refusal,
    views::{Card, cards, list_prices},
    visit::Visit,
};

/// A cart with its form, as it was sent or as it is drawn first.
#[derive(Template)]
#[template(path = "storefront/cart.html")]
pub(crate) struct CartPage {
    around: Around,
    lines: Vec<Line>,
    /// Lines whose products are not sold any more.
    gone: Vec<Sku>,
    items: Price,
    shipping: Option<Shipping>,
    total: Price,
    suggestions: Vec<Card>,
    form: CheckOutForm,
    remarks: Vec<Remark>,
    notice: Option<String>,
}

/// A line of the cart.
struct Line {
    product: Arc<Product>,
    quantity: u32,
    price: Price,
    sum: Price,
    /// How many are left, when that is fewer than the line wants.
    short_of: Option<u32>,
}

impl Line {
    fn picture(&self) -> PictureAddress<'_> {
        PictureAddress(&self.product.picture)
    }
}

/// What sending comes to.
struct Shipping {
    cost: Price,
    days: u8,
}

/// The form as a visitor sent it, and what is to be said about it.
#[derive(Default)]
pub(crate) struct Returned {
    pub(crate) form: Option<CheckOutForm>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) notice: Option<String>,
}

impl CartPage {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.gone.is_empty()
    }

    /// What to say above all: nothing about fields that an empty cart does not show.
    fn notice(&self) -> Option<&str> {
        self.notice.as_deref().filter(|_| !self.is_empty() || self.remarks.is_empty())
    }

    fn address_fields(&self) -> [Field<'_>; 6] {
        self.form.address_fields(&self.remarks)
    }

    fn card_fields(&self) -> [Field<'_>; 5] {
        self.form.card_fields(&self.remarks)
    }
}

pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Refusal> {
    let page = page(&visit, Returned::default()).await?;
    Ok(visit.page(&page))
}

/// The cart with a form that came back.
pub(crate) async fn page(visit: &Visit, returned: Returned) -> Result<CartPage, Refusal> {
    let (surroundings, address) = join!(visit.look_around(), last_address(visit));
    let Surroundings { mut around, cart } = surroundings?;
    let cart = cart.map_err(|fault| match fault {
        Fault::Domain(error) => {
            Refusal::because(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, "That does not go", error.to_string())
        }
        Fault::Breakdown(breakdown) => Refusal::broken_down("Your cart", &breakdown),
    })?;
    let email = around.person.as_ref().map_or("", |person| person.email.as_str());
    let mut form = returned.form.unwrap_or_else(|| CheckOutForm::for_address(email, address.as_ref()));
    if form.key().is_none() {
        form.idempotency_key = Uuid::now_v7().to_string();
    }
    let filled = Filled::ask(visit, &mut around, cart, address).await?;
    let Filled { lines, gone, items, shipping, total, suggestions } = filled;
    let Returned { remarks, notice, .. } = returned;
    Ok(CartPage { around, lines, gone, items, shipping, total, suggestions, form, remarks, notice })
}

/// What the cart shows of its contents.
struct Filled {
    lines: Vec<Line>,
    gone: Vec<Sku>,
    items: Price,
    shipping: Option<Shipping>,
    total: Price,
    suggestions: Vec<Card>,
}

impl Filled {
    async fn ask(
        visit: &Visit,
        around: &mut Around,
        cart: CartContents,
        address: Option<Address>,
    ) -> Result<Self, Refusal> {
        if cart.lines.is_empty() {
            let nothing = Price(Money::zero(around.currency));
            let (lines, gone, suggestions) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Self { lines, gone, items: nothing, shipping: None, total: nothing, suggestions });
        }
        let (asks, aside) = (visit.asks(), &visit.aside);
        let skus: Vec<Sku> = cart.lines.iter().map(|line| line.sku.clone()).collect();
        let (products, stock, quote, suggested) = join!(
            asks.catalog.get_many(&visit.call, skus.clone()),
            asks.inventory.available(aside, skus.clone()),
            asks.shipping.quote(aside, address, cart.units()),
            visit.suggested_ids(skus),
        );
        let products = products.map_err(no_catalogue)?;
        let stock = stock.ok();
        let quote = quote.map_err(|_| around.missing.push("what sending costs")).ok();
        let suggested = or_missing(suggested, "suggestions", &mut around.missing);
        let suggested = or_missing(visit.products(suggested).await, "suggestions", &mut around.missing);

        let mut amounts = list_prices(products.iter().chain(&suggested));
        amounts.extend(quote.as_ref().map(|quote| quote.cost));
        let mut prices = visit.prices(around, amounts).await.into_iter();
        let (lines, gone) = lines(products, cart.lines, prices.by_ref(), stock.as_ref())?;
        let suggestions = cards(suggested, prices.by_ref(), |_| None);
        let shipping = quote.zip(prices.next()).map(|(quote, cost)| Shipping { cost: Price(cost), days: quote.days });

        let items = Money::sum(around.currency, lines.iter().map(|line| line.sum.0)).map_err(|_| too_much())?;
        let sending = shipping.as_ref().map_or(Money::zero(around.currency), |shipping| shipping.cost.0);
        let total = items.plus(sending).map_err(|_| too_much())?;
        Ok(Self { lines, gone, items: Price(items), shipping, total: Price(total), suggestions })
    }
}

/// Joins the cart's lines with what the catalogue knows of their products. Takes one price per product from `prices`.
fn lines(
    products: Vec<Arc<Product>>,
    in_cart: Vec<CartLine>,
    prices: impl Iterator<Item = Money>,
    stock: Option<&BTreeMap<Sku, u32>>,
) -> Result<(Vec<Line>, Vec<Sku>), Refusal> {
    let mut known = products.into_iter().zip(prices).peekable();
    let (mut lines, mut gone) = (Vec::with_capacity(in_cart.len()), Vec::new());
    // The catalogue answers in the order it was asked in, so both lists can be walked side by side.
    for CartLine { sku, quantity } in in_cart {
        let Some((product, price)) = known.next_if(|(product, _)| product.sku == sku) else {
            gone.push(sku);
            continue;
        };
        let sum = price.times(quantity).map_err(|_| too_much())?;
        let left = stock.map(|stock| stock.get(&sku).copied().unwrap_or(0));
        let short_of = left.filter(|left| *left < quantity);
        lines.push(Line { product, quantity, price: Price(price), sum: Price(sum), short_of });
    }
    Ok((lines, gone))
}

/// Where somebody with an account had something sent last; nothing is lost without it.
async fn last_address(visit: &Visit) -> Option<Address> {
    let account = visit.account.as_ref()?;
    visit.asks().accounts.addresses(&visit.aside, account.person).await.ok()?.into_iter().next()
}

fn too_much() -> Refusal {
    Refusal::because(
        actix_web::http::StatusCode::UNPROCESSABLE_ENTITY,
        "More than we can count",
        "The cart comes to more money than can be written down. Empty it, or buy a little less of everything.",
    )
}
