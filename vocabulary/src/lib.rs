//! The words that all contracts share: ids, money, addresses, cards.
//!
//! Only what more than one contract speaks of belongs here; everything else lives in the contract it belongs to.

mod address;
mod card;
mod id;
mod money;

pub use address::{Address, AddressError, Email, EmailError};
pub use card::{Card, CardError, CardFace};
pub use id::{CartId, OrderId, PersonId, SessionId, Sku, SkuError};
pub use money::{Currency, CurrencyError, Money, MoneyError};
