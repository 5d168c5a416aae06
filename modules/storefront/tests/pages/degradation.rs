//! What pages do without, and what they cannot do without.

use crate::support::{Browser, check_out_form};

#[actix_web::test]
async fn a_page_is_served_without_what_decorates_it() {
    let cases = [
        ("recommendations", "Not shown right now: suggestions"),
        ("promotions", "Not shown right now: offers"),
        ("reviews", "Reviews cannot be shown right now"),
        ("inventory", "We cannot look into the stock room"),
        ("currency", "Not shown right now: other currencies"),
        ("cart", "Morning Mug"),
        ("notifications", "Morning Mug"),
        ("orders", "Morning Mug"),
        ("shipping", "Morning Mug"),
        ("accounts", "Morning Mug"),
    ];
    for (module, says) in cases {
        let mut browser = Browser::new();
        browser.shop.break_down(module);
        browser.get("/product/6E92ZMYYFZ").await.is(200, "product").says(says).says("Add to cart");
        browser.get("/").await.is(200, "home");
    }
}

#[actix_web::test]
async fn without_rates_prices_are_the_list_prices() {
    let mut browser = Browser::new();
    browser.post("/setCurrency", &[("currency_code", "EUR")]).await;
    browser.shop.break_down("currency");
    browser.get("/product/6E92ZMYYFZ").await.is(200, "product").says("$8.99");
    browser.post("/setCurrency", &[("currency_code", "EUR")]).await.is(503, "error");
}

#[actix_web::test]
async fn the_cart_is_served_without_what_sending_costs() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    for module in ["shipping", "recommendations", "inventory", "promotions", "reviews"] {
        browser.shop.break_down(module);
    }
    browser.get("/cart").await.is(200, "cart").says("told when you order").says("$17.98");
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    browser.get(placed.location()).await.is(200, "order");
}

#[actix_web::test]
async fn what_a_page_is_about_cannot_be_missing() {
    let cases = [
        ("catalog", "/"),
        ("catalog", "/product/6E92ZMYYFZ"),
        ("catalog", "/category/home"),
        ("catalog", "/search?q=mug"),
        ("cart", "/cart"),
        ("orders", "/orders"),
        ("notifications", "/mails"),
    ];
    for (module, path) in cases {
        let mut browser = Browser::new();
        browser.shop.break_down(module);
        let page = browser.get(path).await;
        page.is(503, "error").says("Nothing is lost");
        assert!(page.headers.contains_key("retry-after"), "{path} without {module}");
    }
}

#[actix_web::test]
async fn an_order_is_shown_without_pictures() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    browser.shop.break_down("catalog");
    browser.get(placed.location()).await.is(200, "order").says("Morning Mug").says("Not shown right now");
}

#[actix_web::test]
async fn a_request_that_has_no_time_left_says_so() {
    let settings = storefront::Settings { request_deadline_ms: 0, ..storefront::Settings::default() };
    let page = Browser::with(settings).get("/").await;
    page.is(504, "error");
}
