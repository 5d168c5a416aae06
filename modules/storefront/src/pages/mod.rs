//! The pages, one file each: what they ask, and what they show.

pub(crate) mod account;
pub(crate) mod cart;
pub(crate) mod cart_changes;
pub(crate) mod category;
pub(crate) mod check_out;
pub(crate) mod currency;
pub(crate) mod home;
pub(crate) mod mails;
pub(crate) mod orders;
pub(crate) mod product;
pub(crate) mod product_meta;
pub(crate) mod search;
pub(crate) mod suggestions;

use seam::Fault;

/// An answer that a page can do without: nothing instead of it, and a word about what is missing.
pub(crate) fn or_missing<T: Default, E>(
    answer: Result<T, Fault<E>>,
    what: &'static str,
    missing: &mut Vec<&'static str>,
) -> T {
    answer.unwrap_or_else(|_| {
        missing.push(what);
        T::default()
    })
}
