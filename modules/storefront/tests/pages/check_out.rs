//! The check-out and what comes of it.

use orders_contract::OrdersError;

use crate::support::{Browser, check_out_form, with_field};

async fn with_a_mug() -> Browser {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    browser
}

#[actix_web::test]
async fn a_cart_becomes_an_order() {
    let mut browser = with_a_mug().await;
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    assert_eq!(placed.status.as_u16(), 303);
    assert!(placed.location().starts_with("/orders/"), "{}", placed.location());

    let order = browser.get(placed.location()).await;
    order.is(200, "order").says("Morning Mug").says("$17.98").says("CV-8F3K-22M9-Q1").says("Visa ending in 0454");
    order
        .says("1600 Amphitheatre Parkway")
        .says("Cocos (Keeling) Islands")
        .says("someone@example.com")
        .says("20 November 2026");
    browser.get("/orders").await.is(200, "orders").says(placed.location());
    browser.get("/mails").await.is(200, "mails").says("Thank you for your order");
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn an_order_opens_for_its_own_visit_alone() {
    let mut browser = with_a_mug().await;
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    let mut stranger = browser.somebody_else();
    stranger.get(placed.location()).await.is(404, "error").says_nothing_of("Amphitheatre");
    stranger.post(&format!("{}/cancel", placed.location()), &[]).await.is(404, "error");
    stranger.get("/orders").await.says("No orders yet");
    stranger.get("/mails").await.says("No mails yet");
}

#[actix_web::test]
async fn a_mail_is_shown_as_it_was_sent_and_can_do_nothing() {
    let mut browser = with_a_mug().await;
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    let order = placed.location().trim_start_matches("/orders/");
    let mail = browser.get(&format!("/mails/{order}/order-confirmation")).await;
    assert_eq!(mail.status.as_u16(), 200);
    assert!(
        mail.headers
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("sandbox; default-src 'none'")
    );
    browser.get(&format!("/mails/{order}/nonsense")).await.is(404, "error");
}

#[actix_web::test]
async fn an_order_can_be_cancelled() {
    let mut browser = with_a_mug().await;
    let placed = browser.post("/cart/checkout", &check_out_form()).await;
    browser.get(placed.location()).await.says("Cancel this order");
    browser.post(&format!("{}/cancel", placed.location()), &[]).await.leads_to(placed.location());
    browser.get(placed.location()).await.says("This order was cancelled").says_nothing_of("Cancel this order");
}

#[actix_web::test]
async fn the_forms_own_key_makes_a_repetition_harmless() {
    let mut browser = with_a_mug().await;
    let cart = browser.get("/cart").await;
    let key =
        cart.text.split("name=\"idempotency_key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut form = check_out_form();
    form.push(("idempotency_key", &key));
    let first = browser.post("/cart/checkout", &form).await;
    let second = browser.post("/cart/checkout", &form).await;
    assert_eq!(first.location(), second.location(), "pressing twice is one order");
}

#[actix_web::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let mut browser = with_a_mug().await;
    let cases = [
        ("email", "nobody", "An e-mail address looks like"),
        ("city", "  ", "so that the parcel finds you"),
        ("credit_card_number", "12", "13 to 19 digits"),
        ("credit_card_expiration_month", "13", "A month from 1 to 12"),
        ("credit_card_expiration_year", "soon", "A year, such as"),
        ("credit_card_cvv", "x", "three or four digits"),
    ];
    for (field, value, remark) in cases {
        let page = browser.post("/cart/checkout", &with_field(field, value)).await;
        page.is(422, "cart").says(remark).says("aria-invalid").says("1600 Amphitheatre Parkway").says("Morning Mug");
        page.says_nothing_of("4432801561520454");
    }
    assert_eq!(browser.shop.calls("orders", "check_out"), 0, "nobody was bothered with it");
}

#[actix_web::test]
async fn what_the_order_desk_refuses_is_said_where_it_can_be_mended() {
    let cases = [
        (OrdersError::Declined { reason: "do not honour".to_owned() }, 402, "do not honour"),
        (
            OrdersError::Field {
                field: "credit_card_expiration_year".to_owned(),
                reason: "the card is over".to_owned(),
            },
            422,
            "The card is over",
        ),
        (
            OrdersError::OutOfStock {
                sku: "6E92ZMYYFZ".parse().unwrap(),
                name: "Morning Mug".to_owned(),
                available: 1,
            },
            409,
            "Only 1 of Morning Mug are left",
        ),
        (OrdersError::Coupon { reason: "there is no such coupon".to_owned() }, 422, "There is no such coupon"),
        (OrdersError::InProgress, 409, "being placed right now"),
        (OrdersError::KeyReused, 422, "start again from the cart"),
        (OrdersError::FailedBefore, 409, "did not go through"),
    ];
    for (error, status, says) in cases {
        let mut browser = with_a_mug().await;
        browser.shop.refuse_check_out(error);
        let page = browser.post("/cart/checkout", &with_field("coupon", "HALF")).await;
        page.is(status, "cart").says(says).says("1600 Amphitheatre Parkway").says("value=\"HALF\"");
        page.says_nothing_of("4432801561520454");
    }
}

#[actix_web::test]
async fn a_refused_form_gets_a_new_key_and_one_that_was_cut_off_keeps_its_own() {
    let mut browser = with_a_mug().await;
    browser.shop.refuse_check_out(OrdersError::Declined { reason: "no".to_owned() });
    let form = with_field("idempotency_key", "the-old-key");
    browser.post("/cart/checkout", &form).await.is(402, "cart").says_nothing_of("the-old-key");

    browser.shop.break_down("orders");
    let page = browser.post("/cart/checkout", &form).await;
    page.is(503, "cart").says("the-old-key").says("nothing is bought or paid twice");
    assert!(page.headers.contains_key("retry-after"));
}

#[actix_web::test]
async fn an_empty_cart_is_not_ordered() {
    let mut browser = Browser::new();
    browser.post("/cart/checkout", &check_out_form()).await.is(422, "cart").says("nothing in your cart to order");
    let page = browser.post("/cart/checkout", &with_field("email", "nobody")).await;
    page.is(422, "cart").says("Nothing in it yet").says_nothing_of("fields that are marked");
}
