//! Looking around: home, products, categories, search, currencies, pictures.

use actix_web::test::TestRequest;
use storefront::Settings;

use crate::support::Browser;

#[actix_web::test]
async fn every_page_to_look_at_is_there() {
    let mut browser = Browser::new();
    let pages = [
        ("/", "home"),
        ("/product/OLJCESPC7Z", "product"),
        ("/category/kitchen", "category"),
        ("/search?q=mug", "search"),
        ("/search", "search"),
        ("/search?q=nothing-like-it", "search"),
        ("/cart", "cart"),
        ("/orders", "orders"),
        ("/mails", "mails"),
        ("/login", "login"),
        ("/register", "register"),
    ];
    for (path, page) in pages {
        let answer = browser.get(path).await;
        answer.is(200, page);
        assert!(answer.text.len() < 15_000, "{path} has {} bytes", answer.text.len());
        assert!(!answer.text.contains("<script") && !answer.text.contains(" style="), "{path}");
        assert!(
            !answer.text.contains("http://") && !answer.text.contains("https://"),
            "{path} needs nothing from elsewhere"
        );
    }
}

#[actix_web::test]
async fn a_product_page_shows_what_there_is_to_know() {
    let mut browser = Browser::new();
    let review = [("name", "Ada"), ("stars", "4"), ("text", "Warm & round")];
    browser.post("/product/6E92ZMYYFZ/reviews", &review).await.leads_to("/product/6E92ZMYYFZ#reviews");
    browser.shop.set_stock("6E92ZMYYFZ", 3);

    let page = browser.get("/product/6E92ZMYYFZ").await;

    page.is(200, "product").says("data-sku=\"6E92ZMYYFZ\"").says("Morning Mug").says("$8.99").says("Only 3 left");
    page.says("4.0").says("Ada").says("Warm &#38; round").says("Goes well with it").says("Riviera Sunglasses");
}

#[actix_web::test]
async fn a_product_page_asks_each_thing_once() {
    let mut browser = Browser::new();
    browser.get("/product/6E92ZMYYFZ").await;
    let shop = &browser.shop;
    let asked = [
        ("catalog", "get_many", 2),
        ("catalog", "categories", 1),
        ("currency", "supported", 1),
        ("currency", "convert_many", 0),
        ("cart", "get", 1),
        ("inventory", "available", 1),
        ("reviews", "summary_many", 1),
        ("reviews", "list", 1),
        ("recommendations", "for_products", 1),
        ("promotions", "for_context", 1),
        ("accounts", "who", 0),
    ];
    for (module, method, times) in asked {
        assert_eq!(shop.calls(module, method), times, "{module}.{method}");
    }
}

#[actix_web::test]
async fn prices_are_converted_in_one_question_unless_told_otherwise() {
    let mut browser = Browser::new();
    browser.post("/setCurrency", &[("currency_code", "EUR")]).await;
    browser.get("/").await.says("€18.39");
    assert_eq!(browser.shop.calls("currency", "convert_many"), 1);

    let mut browser = Browser::with(Settings { chatty: true, home_products: 9, ..Settings::default() });
    browser.get("/").await;
    assert_eq!(browser.shop.calls("currency", "convert_many"), 9, "as Online Boutique's home page");
}

#[actix_web::test]
async fn a_sold_out_product_cannot_be_bought() {
    let mut browser = Browser::new();
    browser.shop.set_stock("6E92ZMYYFZ", 0);
    browser.get("/product/6E92ZMYYFZ").await.says("Sold out").says_nothing_of("Add to cart");
}

#[actix_web::test]
async fn what_people_type_is_text_and_never_markup() {
    let mut browser = Browser::new();
    let attack = "<script>alert(1)</script>\"'><img src=x>";
    let review = [("name", attack), ("stars", "5"), ("text", attack)];
    browser.post("/product/6E92ZMYYFZ/reviews", &review).await;
    let returned = [("name", attack), ("stars", "9"), ("text", attack)];
    let pages = [
        browser.get("/product/6E92ZMYYFZ").await,
        browser.post("/product/6E92ZMYYFZ/reviews", &returned).await,
        browser.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E%3Cimg%20src=x%3E").await,
        browser.post("/login", &[("email", attack), ("password", attack)]).await,
        browser.post("/setCurrency", &[("currency_code", attack)]).await,
    ];
    for page in pages {
        page.says_nothing_of("<script").says_nothing_of("<img src=x").says_nothing_of("\"'>");
    }
}

#[actix_web::test]
async fn a_review_that_cannot_be_comes_back_with_advice() {
    let mut browser = Browser::new();
    let page =
        browser.post("/product/6E92ZMYYFZ/reviews", &[("name", "Ada"), ("stars", ""), ("text", "Kept words")]).await;
    page.is(422, "product").says("Choose one to five stars").says("Kept words").says("value=\"Ada\"");
    browser.post("/product/UNKNOWN/reviews", &[("stars", "5")]).await.is(404, "error");
}

#[actix_web::test]
async fn a_shelf_is_turned_page_by_page() {
    let mut browser = Browser::new();
    browser
        .get("/category/home")
        .await
        .is(200, "category")
        .says("page 1 of 2")
        .says("?page=2")
        .says_nothing_of("?page=0");
    browser.get("/category/home?page=2").await.says("?page=1").says_nothing_of("?page=3");
    browser.get("/category/home?page=99").await.leads_to("/category/home?page=2");
    browser.get("/category/home?page=nonsense").await.is(200, "category").says("page 1 of 2");
}

#[actix_web::test]
async fn a_currency_is_remembered_and_leads_back() {
    let mut browser = Browser::new();
    browser.post("/setCurrency", &[("currency_code", "JPY")]).await.leads_to("/");
    browser.get("/product/6E92ZMYYFZ").await.says("¥1,348");
    let from = |referer: &'static str| {
        let form = TestRequest::post().uri("/setCurrency").set_form([("currency_code", "GBP")]);
        form.insert_header(("host", "shop.test")).insert_header(("referer", referer))
    };
    let cases = [
        ("http://shop.test/product/6E92ZMYYFZ?a=b", "/product/6E92ZMYYFZ?a=b"),
        ("http://shop.test/cart/checkout", "/cart"),
        ("http://evil.test/", "/"),
        ("http://shop.test.evil.test/", "/"),
        ("http://shop.test//evil.test/", "/"),
        ("nonsense", "/"),
    ];
    for (referer, leads_to) in cases {
        browser.send(from(referer)).await.leads_to(leads_to);
    }
}

#[actix_web::test]
async fn a_currency_nobody_has_is_refused() {
    let mut browser = Browser::new();
    for code in ["XXX", "eur", "", "EURO"] {
        browser.post("/setCurrency", &[("currency_code", code)]).await.is(422, "error");
    }
    browser.cookies.insert("shop_currency".to_owned(), "XXX".to_owned());
    browser.get("/product/6E92ZMYYFZ").await.is(200, "product").says("$8.99");
}

#[actix_web::test]
async fn scripts_get_products_as_online_boutique_gives_them() {
    let mut browser = Browser::new();
    let one: serde_json::Value = serde_json::from_str(&browser.get("/product-meta/6E92ZMYYFZ").await.text).unwrap();
    assert_eq!(one["id"], "6E92ZMYYFZ");
    assert_eq!(one["price_usd"], serde_json::json!({"currency_code": "USD", "units": 8, "nanos": 990_000_000}));
    let two: serde_json::Value =
        serde_json::from_str(&browser.get("/product-meta/6E92ZMYYFZ,OLJCESPC7Z").await.text).unwrap();
    assert_eq!(two.as_array().unwrap().len(), 2);
    browser.get("/product-meta/UNKNOWN").await.is(404, "error");
}

#[actix_web::test]
async fn style_and_pictures_may_be_kept_for_ever() {
    let mut browser = Browser::new();
    let home = browser.get("/").await.text;
    let address = |start: &str| {
        let from = home.find(start).unwrap();
        home[from..].split('"').next().unwrap().to_owned()
    };
    for (address, kind) in
        [(address("/static/shop."), "text/css; charset=utf-8"), (address("/pictures/"), "image/svg+xml")]
    {
        let file = browser.get(&address).await;
        assert_eq!(file.headers.get("content-type").unwrap(), kind);
        assert!(file.headers.get("cache-control").unwrap().to_str().unwrap().contains("immutable"), "{address}");
        assert!(file.headers.get("set-cookie").is_none(), "{address} is the same for everybody");
    }
    let old = browser.get("/pictures/0000000000/mug-200-0.svg").await;
    assert_eq!(
        old.headers.get("cache-control").unwrap(),
        "no-cache",
        "an old page must not keep a new picture for ever"
    );
}
