//! What each contract is asked, and what the questions are made of.
//!
//! Ids that callers choose are the same in every place; those that a module chooses are replaced before answers are compared.

pub(crate) mod accounts;
pub(crate) mod cart;
pub(crate) mod catalog;
pub(crate) mod currency;
pub(crate) mod inventory;
pub(crate) mod notifications;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod promotions;
pub(crate) mod recommendations;
pub(crate) mod reviews;
pub(crate) mod shipping;

use std::{str::FromStr, time::Duration};

use orders_contract::CheckOut;
use seam::Call;
use vocabulary::{Address, Card, Currency, OrderId, SessionId, Sku};

use super::call;
use crate::support::visitor::GOOD_CARD;

/// A question that comes when its time is over.
fn late() -> Call {
    call().within(Duration::ZERO)
}

fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// The id with this number.
fn numbered<Id: FromStr>(number: u32) -> Id {
    let id = format!("00000000-0000-7000-8000-{number:012}").parse();
    id.unwrap_or_else(|_| panic!("this is how ids are written"))
}

fn order(number: u32) -> OrderId {
    numbered(number)
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

fn address_without_city() -> Address {
    Address { city: String::new(), ..address() }
}

fn card(number: &str) -> Card {
    Card { number: number.to_owned(), expiration_month: 1, expiration_year: 2039, security_code: "672".to_owned() }
}

/// The check-out of the visitor with this number, of what is in the visitor's cart.
fn check_out(visitor: u32) -> CheckOut {
    let session: SessionId = numbered(visitor);
    CheckOut {
        key: "once".to_owned(),
        session,
        cart: session.into(),
        currency: Currency::EUR,
        email: "ada@example.com".parse().unwrap(),
        address: address(),
        card: card(GOOD_CARD),
        coupon: None,
    }
}
