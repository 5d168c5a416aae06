//! The cart: in, more, fewer, out.

use crate::support::Browser;

#[actix_web::test]
async fn what_is_put_in_is_shown_and_added_up() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await.leads_to("/cart");
    browser.post("/cart", &[("product_id", "1YMWWN1N4O"), ("quantity", "1")]).await.leads_to("/cart");

    let page = browser.get("/cart").await;

    page.is(200, "cart").says("Morning Mug").says("$17.98").says("Meridian Watch").says("$109.99");
    page.says("$127.97").says("$6.49").says("$134.46").says("6E92ZMYYFZ");
    browser.get("/").await.says("<b>3</b>");
}

#[actix_web::test]
async fn quantities_are_set_and_lines_taken_out() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    browser.post("/cart/update", &[("product_id", "6E92ZMYYFZ"), ("quantity", "5")]).await.leads_to("/cart");
    browser.get("/cart").await.says("$44.95");
    browser.post("/cart/update", &[("product_id", "6E92ZMYYFZ"), ("quantity", "0")]).await.leads_to("/cart");
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn a_cart_is_emptied_without_a_form() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    let bare = actix_web::test::TestRequest::post().uri("/cart/empty");
    browser.send(bare).await.leads_to("/cart");
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn odd_wishes_are_refused_with_advice() {
    let mut browser = Browser::new();
    let cases = [
        ("6E92ZMYYFZ", "0", 422),
        ("6E92ZMYYFZ", "-1", 422),
        ("6E92ZMYYFZ", "many", 422),
        ("6E92ZMYYFZ", "1000001", 422),
        ("6E92ZMYYFZ", "99999999999999", 422),
        ("UNKNOWN", "1", 404),
        ("../../etc", "1", 404),
    ];
    for (sku, quantity, status) in cases {
        browser.post("/cart", &[("product_id", sku), ("quantity", quantity)]).await.is(status, "error");
    }
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn more_than_is_left_is_remarked_upon() {
    let mut browser = Browser::new();
    browser.shop.set_stock("6E92ZMYYFZ", 3);
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "4")]).await;
    browser.get("/cart").await.says("Only 3 left");
}

#[actix_web::test]
async fn a_cart_belongs_to_its_visit() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "4")]).await;
    browser.somebody_else().get("/cart").await.says("Nothing in it yet");
}
