//! Orders after they were placed: whose they are, and how they are taken back.

use testkit::eventually;

use super::{in_every_topology, travel_owning};
use crate::support::{
    page::Shows as _,
    shop::Shop,
    visitor::{MUG, WATCH},
};

in_every_topology! {
    /// The address of an order is no key to it.
    async fn a_session_opens_only_its_own_orders(shop: &Shop) {
        let (alice, bob) = (shop.visitor(), shop.visitor());
        let hers = alice.buys(MUG, 1).await;
        bob.buys(WATCH, 1).await;

        bob.opens(&hers).await.has_status(404).shows_no("someone@example.com").shows_no(MUG);
        bob.sends(&format!("{hers}/cancel"), &[]).await.has_status(404);
        bob.opens("/orders").await.shows_page("orders").shows_no(&hers);
        bob.opens("/mails").await.shows_page("mails").shows_no(&hers);
        shop.visitor().opens(&hers).await.has_status(404);

        alice.opens(&hers).await.shows_page("order").shows("your order is placed");
    }

    /// What is cancelled goes back to the shelf, once, however often it is asked for.
    async fn a_cancelled_order_gives_everything_back(shop: &Shop) {
        let visitor = shop.visitor();
        let rare = visitor.finds_something_rare().await;
        let order = visitor.buys(&rare, 3).await;

        for _ in 0..2 {
            visitor.sends(&format!("{order}/cancel"), &[]).await.shows_page("order").shows("This order was cancelled");
        }

        visitor.opens("/orders").await.shows_page("orders").shows("Cancelled");
        eventually("the cancellation was written about", || async {
            visitor.opens("/mails").await.all_between(&format!("/mails/{}", &order["/orders/".len()..]), "\"").len() == 2
        })
        .await;
    }
}

/// A cart and an order are still there after the night, and so is who they belong to.
async fn a_guest_is_known_again(shop: Shop) -> Shop {
    let visitor = shop.visitor();
    let order = visitor.buys(WATCH, 1).await;
    visitor.adds(MUG, 3).await;

    let shop = shop.restart().await;

    visitor.looks_at_the_cart().await.shows(MUG).shows("value=\"3\"");
    visitor.opens(&order).await.shows_page("order").shows("your order is placed");
    visitor.checks_out().await.shows(MUG);
    shop
}

#[tokio::test]
async fn a_guest_is_known_again_after_a_restart_of_the_monolith() {
    travel_owning("monolith", a_guest_is_known_again).await;
}

#[tokio::test]
async fn a_guest_is_known_again_after_a_restart_of_the_services() {
    travel_owning("services", a_guest_is_known_again).await;
}

#[tokio::test]
async fn a_guest_is_known_again_when_the_shop_is_divided_overnight() {
    travel_owning("monolith", |shop| async {
        let visitor = shop.visitor();
        let order = visitor.buys(WATCH, 1).await;
        visitor.adds(MUG, 3).await;
        let address = shop.address();

        let shop = shop.close().await.for_topology("services").open_at(address).await;

        visitor.looks_at_the_cart().await.shows(MUG);
        visitor.opens(&order).await.shows_page("order").shows("your order is placed");
        visitor.checks_out().await.shows(MUG);
        shop
    })
    .await;
}
