//! What visitors do: each journey runs in every topology, on a fresh shop, and ends with an audit.

mod accounts;
mod browsing;
mod buying;
mod equal_pages;
mod newcomers;
mod orders;
mod refusals;
mod replicas;
mod traced;

use std::future::Future;

use crate::support::shop::Shop;

/// Makes each of the functions a module with one test per topology.
///
/// The names of topologies stand here and in [`TOPOLOGIES`](crate::support::shop::TOPOLOGIES); the test below holds them
/// together, since a macro cannot read a constant.
macro_rules! in_every_topology {
    ($($(#[$about:meta])* async fn $journey:ident($shop:ident: &Shop) $body:block)+) => {
        $(
            $(#[$about])*
            mod $journey {
                use super::*;

                async fn journey($shop: &Shop) $body

                #[tokio::test]
                async fn as_a_monolith() {
                    crate::journeys::travel("monolith", async |shop| journey(shop).await).await;
                }

                #[tokio::test]
                async fn as_services() {
                    crate::journeys::travel("services", async |shop| journey(shop).await).await;
                }

                #[tokio::test]
                async fn with_orders_extracted() {
                    crate::journeys::travel("extract:orders", async |shop| journey(shop).await).await;
                }

                #[tokio::test]
                async fn with_two_of_each_process() {
                    crate::journeys::travel(crate::support::shop::REPLICATED, async |shop| journey(shop).await).await;
                }
            }
        )+
    };
}
use in_every_topology;

/// Opens a shop, lets the journey happen, closes the shop and verifies what it has written.
async fn travel(topology: &str, journey: impl AsyncFnOnce(&Shop)) {
    let shop = Shop::open(topology).await;
    journey(&shop).await;
    assert_no_panic(&shop);
    shop.close_and_verify().await;
}

/// The same for journeys that close the shop on their way.
async fn travel_owning<F: Future<Output = Shop>>(topology: &str, journey: impl FnOnce(Shop) -> F) {
    let shop = journey(Shop::open(topology).await).await;
    assert_no_panic(&shop);
    shop.close_and_verify().await;
}

fn assert_no_panic(shop: &Shop) {
    let log = shop.log();
    assert!(!log.contains("panicked at"), "something panicked in {}:\n{log}", shop.topology());
}

#[test]
fn the_macro_has_a_test_for_each_topology() {
    let here = include_str!("mod.rs");
    let missing: Vec<&str> = crate::support::shop::TOPOLOGIES
        .into_iter()
        .filter(|topology| !here.contains(&format!("travel(\"{topology}\"")))
        .collect();

    assert!(missing.is_empty(), "journeys do not run on {missing:?}");
}
