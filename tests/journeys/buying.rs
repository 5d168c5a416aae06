//! From the shelf to the order.

use testkit::eventually;

use super::in_every_topology;
use crate::support::{
    page::Shows as _,
    shop::Shop,
    visitor::{BOUTIQUE, CheckOut, MUG, SUNGLASSES, WATCH},
};

in_every_topology! {
    /// The whole way, as most people go it.
    async fn a_visitor_buys_something(shop: &Shop) {
        let visitor = shop.visitor();
        visitor.opens("/").await.shows_page("home");
        let name = visitor.looks_at(MUG).await.between("<h1>", "</h1>").unwrap();

        visitor.adds(MUG, 2).await.shows(&name);
        let order = visitor.checks_out().await;

        let order = order.shows(&name).shows("2 &times;").shows("someone@example.com").shows("ending in 0454");
        visitor.looks_at_the_cart().await.shows("Nothing in it yet");
        visitor.opens("/orders").await.shows_page("orders").shows(&order.path).shows("Sent");
        eventually("the confirmation has been sent", || async {
            visitor.opens("/mails").await.shows_page("mails").text().contains(&order.path)
        })
        .await;
    }

    /// Online Boutique's Locust file sends exactly these fields, without a key and without a page before.
    async fn online_boutiques_forms_are_understood(shop: &Shop) {
        let visitor = shop.visitor();
        for sku in BOUTIQUE {
            visitor.looks_at(sku).await;
        }
        visitor.sends("/setCurrency", &[("currency_code", "EUR")]).await.has_status(200);
        visitor.sends("/cart", &[("product_id", SUNGLASSES), ("quantity", "10")]).await.shows_page("cart");
        visitor.sends("/cart/empty", &[]).await.shows_page("cart").shows("Nothing in it yet");
        visitor.sends("/cart", &[("product_id", WATCH), ("quantity", "1")]).await.shows_page("cart");
        let last_card = CheckOut::default().with("credit_card_expiration_year", "2095");

        let order = visitor.tries_to_check_out(last_card).await.shows_page("order");

        assert!(order.path.starts_with("/orders/"), "{}", order.path);
        visitor.opens("/product-meta/OLJCESPC7Z,1YMWWN1N4O").await.has_status(200).shows(SUNGLASSES).shows(WATCH);
        visitor.opens("/_healthz").await.has_status(200);
        visitor.opens("/logout").await.shows_page("home");
    }

    /// A form that is sent twice, by a nervous finger or by a browser that got no answer, is one order.
    async fn a_form_sent_twice_is_one_order(shop: &Shop) {
        let visitor = shop.visitor();
        let cart = visitor.adds(MUG, 1).await;
        let key = cart.between("name=\"idempotency_key\" value=\"", "\"").unwrap();
        let form = CheckOut::default().with("idempotency_key", &key);

        let first = visitor.tries_to_check_out(form.clone()).await.shows_page("order");
        let second = visitor.tries_to_check_out(form).await.shows_page("order");

        assert_eq!(first.path, second.path);
        let orders = visitor.opens("/orders").await.all_between("href=\"/orders/", "\"");
        assert_eq!(orders.len(), 1, "{orders:?}");
    }

    /// What was bought together is suggested together, once the events have told.
    async fn what_others_bought_is_suggested(shop: &Shop) {
        let buyer = shop.visitor();
        let rare = buyer.finds_something_rare().await;
        let suggests_it = format!("href=\"/product/{rare}\"");
        buyer.looks_at(MUG).await.shows_no(&suggests_it);

        for _ in 0..3 {
            buyer.adds(MUG, 1).await;
            buyer.adds(&rare, 1).await;
            buyer.checks_out().await;
        }

        let next = shop.visitor();
        eventually("a mug suggests what was bought with it", || async {
            next.looks_at(MUG).await.text().contains(&suggests_it)
        })
        .await;
    }

    /// A coupon takes its share off, and the order says so.
    async fn a_coupon_makes_it_cheaper(shop: &Shop) {
        let visitor = shop.visitor();
        visitor.adds(MUG, 10).await;
        let full = visitor.checks_out().await.shows_no("<dt>Coupon</dt>");
        visitor.adds(MUG, 10).await;

        let order = visitor.tries_to_check_out(CheckOut::default().with("coupon", "welcome10")).await.shows_page("order");

        let total = |page: &testkit::Page| page.between("<dd class=\"total\">", "</dd>").unwrap();
        assert_ne!(total(&full), total(&order.clone().shows("<dt>Coupon</dt>")));
    }
}
