//! The API for programs.

use actix_web::test::TestRequest;
use orders_contract::OrdersError;
use serde_json::{Value, json};

use crate::support::{Browser, Page};

fn read(page: &Page) -> Value {
    serde_json::from_str(&page.text).unwrap_or_else(|_| panic!("no JSON: {}", page.text))
}

fn check_out(key: Option<&str>, email: &str) -> TestRequest {
    let body = json!({
        "email": email, "street_address": "1 Main", "zip_code": "1", "city": "A", "state": "B", "country": "C",
        "credit_card_number": "4432801561520454", "credit_card_expiration_month": 1,
        "credit_card_expiration_year": 2097, "credit_card_cvv": "672",
    });
    let request = TestRequest::post().uri("/api/checkout").set_json(body);
    match key {
        Some(key) => request.insert_header(("idempotency-key", key)),
        None => request,
    }
}

#[actix_web::test]
async fn products_are_listed_and_shown() {
    let mut browser = Browser::new();
    let list = read(&browser.get("/api/products?limit=2&offset=1&currency=EUR").await);
    assert_eq!(list["total"], 42);
    assert_eq!(list["products"][0]["id"], "66VCHSJNUP");
    assert_eq!(list["products"][0]["price"], json!({"minor": 1747, "currency": "EUR", "text": "€17.47"}));
    let one = read(&browser.get("/api/products/6E92ZMYYFZ").await);
    assert_eq!((&one["name"], &one["available"], &one["reviews"]), (&json!("Morning Mug"), &json!(1_000), &json!(0)));
}

#[actix_web::test]
async fn problems_are_json_with_a_status() {
    let mut browser = Browser::new();
    let cases = [
        ("/api/products/UNKNOWN", 404),
        ("/api/products?limit=0", 400),
        ("/api/products?limit=many", 400),
        ("/api/products?category=nowhere", 404),
        ("/api/products?currency=euro", 400),
        ("/api/products?currency=XXX", 422),
        ("/api/nowhere", 404),
    ];
    for (path, status) in cases {
        let page = browser.get(path).await;
        assert_eq!(page.headers.get("content-type").unwrap(), "application/problem+json", "{path}");
        assert_eq!((page.status.as_u16(), &read(&page)["status"]), (status, &json!(status)), "{path}");
    }
}

#[actix_web::test]
async fn a_program_with_a_cookie_has_a_cart() {
    let mut browser = Browser::new();
    let add = |body: Value| TestRequest::post().uri("/api/cart").set_json(body);
    let page = browser.send(add(json!({"product_id": "6E92ZMYYFZ", "quantity": 2}))).await;
    assert_eq!(read(&page), json!({"lines": [{"product_id": "6E92ZMYYFZ", "quantity": 2}], "units": 2}));
    assert_eq!(read(&browser.get("/api/cart").await)["units"], 2);
    for (body, status) in [
        (json!({"product_id": "UNKNOWN", "quantity": 2}), 404),
        (json!({"product_id": "6E92ZMYYFZ", "quantity": 0}), 422),
        (json!({"product_id": "6E92ZMYYFZ"}), 400),
    ] {
        assert_eq!(browser.send(add(body)).await.status.as_u16(), status);
    }
}

#[actix_web::test]
async fn a_check_out_may_be_repeated_under_its_key() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    assert_eq!(browser.send(check_out(None, "a@example.com")).await.status.as_u16(), 400, "a key is needed");

    let first = browser.send(check_out(Some("k-1"), "a@example.com")).await;
    assert_eq!(first.status.as_u16(), 201);
    let again = browser.send(check_out(Some("k-1"), "a@example.com")).await;
    assert_eq!((again.status.as_u16(), &read(&again)["id"]), (201, &read(&first)["id"]));
    let other = browser.send(check_out(Some("k-1"), "b@example.com")).await;
    assert_eq!(other.status.as_u16(), 422, "the same key with other contents");
}

#[actix_web::test]
async fn a_check_out_that_is_still_running_asks_for_patience() {
    let mut browser = Browser::new();
    browser.shop.refuse_check_out(OrdersError::InProgress);
    let page = browser.send(check_out(Some("k-1"), "a@example.com")).await;
    assert_eq!(page.status.as_u16(), 409);
    assert_eq!(page.headers.get("retry-after").unwrap(), "1");
    browser.shop.break_down("orders");
    let page = browser.send(check_out(Some("k-1"), "a@example.com")).await;
    assert_eq!(page.status.as_u16(), 503);
    let page = browser.send(check_out(Some("k-2"), "nobody")).await;
    assert_eq!((page.status.as_u16(), &read(&page)["field"]), (422, &json!("email")));
}

#[actix_web::test]
async fn the_description_names_every_path() {
    let description = read(&Browser::new().get("/api/openapi.json").await);
    let paths: Vec<_> = description["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/api/cart", "/api/checkout", "/api/products", "/api/products/{sku}"]);
}
