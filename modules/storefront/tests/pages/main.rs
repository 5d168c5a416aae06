//! The storefront through its own door: requests in, pages out, over a shop in memory.

mod api;
mod cart;
mod check_out;
mod degradation;
mod doors;
mod fakes;
mod people;
mod shelves;
mod support;
