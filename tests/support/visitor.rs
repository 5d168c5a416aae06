//! Somebody who comes to the shop with a browser, and does there what people do.

use testkit::{Browser, Page};

use super::page::Shows as _;

pub(crate) const MUG: &str = "6E92ZMYYFZ";
pub(crate) const WATCH: &str = "1YMWWN1N4O";
pub(crate) const SUNGLASSES: &str = "OLJCESPC7Z";

/// A Visa number that passes Luhn's check, as Online Boutique uses it.
pub(crate) const GOOD_CARD: &str = "4432801561520454";
/// The provider's test number that is always declined.
pub(crate) const DECLINED_CARD: &str = "4000000000000002";

/// A visitor; the browser keeps the cookies.
pub(crate) struct Visitor {
    browser: Browser,
}

/// What somebody writes into the check-out form.
#[derive(Clone, Debug)]
pub(crate) struct CheckOut(Vec<(&'static str, String)>);

impl Default for CheckOut {
    /// Online Boutique's fields, and nothing else.
    fn default() -> Self {
        let fields = [
            ("email", "someone@example.com"),
            ("street_address", "1600 Amphitheatre Parkway"),
            ("zip_code", "94043"),
            ("city", "Mountain View"),
            ("state", "CA"),
            ("country", "United States"),
            ("credit_card_number", GOOD_CARD),
            ("credit_card_expiration_month", "1"),
            ("credit_card_expiration_year", "2039"),
            ("credit_card_cvv", "672"),
        ];
        Self(fields.map(|(name, value)| (name, value.to_owned())).into())
    }
}

impl CheckOut {
    /// The same form with another value, or one field more.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.to_owned()));
        self
    }

    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

impl Visitor {
    pub(crate) fn new(browser: Browser) -> Self {
        Self { browser }
    }

    pub(crate) async fn opens(&self, path: &str) -> Page {
        self.browser.get(path).await
    }

    pub(crate) async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.browser.post_form(path, fields).await
    }

    pub(crate) async fn looks_at(&self, sku: &str) -> Page {
        self.opens(&format!("/product/{sku}")).await.shows_page("product").shows(sku)
    }

    /// Puts units into the cart, and is shown it.
    pub(crate) async fn adds(&self, sku: &str, quantity: u32) -> Page {
        let fields = [("product_id", sku), ("quantity", &quantity.to_string())];
        self.sends("/cart", &fields).await.shows_page("cart").shows(sku)
    }

    pub(crate) async fn looks_at_the_cart(&self) -> Page {
        self.opens("/cart").await.shows_page("cart")
    }

    pub(crate) async fn chooses_currency(&self, code: &str) -> Page {
        self.sends("/setCurrency", &[("currency_code", code)]).await
    }

    /// Sends the check-out form, and gets whatever comes.
    pub(crate) async fn tries_to_check_out(&self, form: CheckOut) -> Page {
        self.sends("/cart/checkout", &form.fields()).await
    }

    /// Checks out, and is shown the order.
    pub(crate) async fn checks_out(&self) -> Page {
        let page = self.tries_to_check_out(CheckOut::default()).await.shows_page("order");
        page.shows("your order is placed")
    }

    /// Puts units into the cart and checks out; the address of the order.
    pub(crate) async fn buys(&self, sku: &str, quantity: u32) -> String {
        self.adds(sku, quantity).await;
        self.checks_out().await.path
    }

    /// A product of the generated part of the catalogue, of which the stock is small.
    pub(crate) async fn finds_something_rare(&self) -> String {
        let shelves = self.opens("/").await.all_between("href=\"/category/", "\"");
        for shelf in shelves {
            let shelf = self.opens(&format!("/category/{shelf}")).await.shows_page("category");
            // The nine that Online Boutique has never run out.
            let skus = shelf.all_between("<li class=\"card\"><a href=\"/product/", "\"");
            if let Some(rare) = skus.into_iter().find(|sku| !BOUTIQUE.contains(&sku.as_str())) {
                return rare;
            }
        }
        panic!("no shelf has a generated product")
    }
}

/// The nine product ids that Online Boutique has.
pub(crate) const BOUTIQUE: [&str; 9] =
    [SUNGLASSES, "66VCHSJNUP", WATCH, "L9ECAV7KIM", "2ZYFJ3GM2N", "0PUK6V6EV0", "LS4PSXUNUM", "9SIQT8TOJO", MUG];
