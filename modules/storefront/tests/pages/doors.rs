//! Who is let in, who is known again, and what browsers are told.

use std::time::Duration;

use actix_web::{App, HttpServer, test::TestRequest};
use storefront::{LabSettings, Settings, Storefront};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Browser;

const SESSION: &str = "shop_session-id";

#[actix_web::test]
async fn a_visit_is_known_again_after_a_restart() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await.leads_to("/cart");
    let session = browser.cookies[SESSION].clone();

    browser.get("/cart").await.is(200, "cart").says("Morning Mug");

    assert_eq!(browser.cookies[SESSION], session, "the visit goes on");
}

#[actix_web::test]
async fn a_forged_session_is_somebody_new() {
    let mut victim = Browser::new();
    victim.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    let genuine = victim.cookies[SESSION].clone();
    let (id, signature) = genuine.split_once('.').unwrap();
    let forgeries = [
        (id.to_owned(), "no signature"),
        (format!("{id}."), "an empty signature"),
        (format!("{id}.{}", signature.replace(|letter: char| letter != 'A', "A")), "another signature"),
        (format!("01939f3c-0000-7000-8000-000000000000.{signature}"), "another id under the signature"),
    ];
    for (forged, reason) in forgeries {
        let mut forger = victim.somebody_else();
        forger.cookies.insert(SESSION.to_owned(), forged.clone());
        forger.get("/cart").await.is(200, "cart").says_nothing_of("Morning Mug");
        assert_ne!(forger.cookies[SESSION], forged, "{reason}: a new session is given");
    }
}

#[actix_web::test]
async fn the_session_cookie_is_kept_from_scripts_and_other_sites() {
    let page = Browser::new().get("/").await;
    let cookie = page.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains("Secure"), "over plain HTTP a browser would drop it: {cookie}");
}

#[actix_web::test]
async fn cookies_are_secure_over_tls() {
    let proxied = TestRequest::get().uri("/").insert_header(("x-forwarded-proto", "https"));
    let page = Browser::new().send(proxied).await;
    assert!(page.headers.get("set-cookie").unwrap().to_str().unwrap().ends_with("; Secure"));

    let page = Browser::with(Settings { behind_tls: true, ..Settings::default() }).get("/").await;
    assert!(page.headers.get("set-cookie").unwrap().to_str().unwrap().ends_with("; Secure"));
}

#[actix_web::test]
async fn another_sites_form_changes_nothing() {
    let mut browser = Browser::new();
    let post = || TestRequest::post().uri("/cart").set_form([("product_id", "6E92ZMYYFZ"), ("quantity", "2")]);
    let page = browser.send(post().insert_header(("sec-fetch-site", "cross-site"))).await;
    page.is(403, "error").says("Nothing was done");
    let foreign = post().insert_header(("host", "shop.test")).insert_header(("origin", "https://evil.test"));
    browser.send(foreign).await.is(403, "error");
    let api = TestRequest::post().uri("/api/cart").insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(browser.send(api).await.headers.get("content-type").unwrap(), "application/problem+json");
    assert_eq!(browser.shop.calls("cart", "add"), 0);

    browser.send(post().insert_header(("sec-fetch-site", "same-origin"))).await.leads_to("/cart");
}

#[actix_web::test]
async fn every_answer_tells_browsers_what_the_shop_never_does() {
    let mut browser = Browser::new();
    for path in ["/", "/cart", "/nowhere", "/favicon.svg", "/api/products", "/_healthz"] {
        let page = browser.get(path).await;
        let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(page.headers.get("x-content-type-options").unwrap(), "nosniff", "{path}");
        assert_eq!(page.headers.get("referrer-policy").unwrap(), "same-origin", "{path}");
    }
}

#[actix_web::test]
async fn what_is_not_there_has_a_page_that_says_so() {
    let mut browser = Browser::new();
    for path in
        ["/nowhere", "/product/UNKNOWN", "/product/lower-case", "/category/nowhere", "/orders/nonsense", "/static/x"]
    {
        browser.get(path).await.is(404, "error").says("href=\"/\"");
    }
    browser.post("/product/6E92ZMYYFZ", &[]).await.is(405, "error");
    browser.get("/search?q=%ff&q=b").await.is(400, "error");
}

#[actix_web::test]
async fn a_form_that_is_too_large_is_refused() {
    let mut browser = Browser::new();
    let text = "x".repeat(20_000);
    let page = browser.post("/product/6E92ZMYYFZ/reviews", &[("name", "A"), ("stars", "5"), ("text", &text)]).await;
    page.is(413, "error");
    let page = browser.send(TestRequest::post().uri("/cart").set_payload("product_id=1")).await;
    page.is(415, "error");
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ")]).await.is(400, "error");
}

#[actix_web::test]
async fn a_form_that_trickles_in_is_given_up() {
    let settings = Settings { body_deadline_ms: 50, ..Settings::default() };
    let storefront = Storefront::new(crate::fakes::FakeShop::stocked().asks(), settings, &[0; 32]);
    let server = HttpServer::new(move || App::new().configure(|app| storefront::configure(&storefront, app)))
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let mut visitor = TcpStream::connect(address).await.unwrap();
    let head = "POST /cart HTTP/1.1\r\nhost: shop.test\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    visitor.write_all(format!("{head}content-length: 30\r\n\r\nproduct_id=").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(10), visitor.read_exact(&mut answer)).await.unwrap().unwrap();

    assert_eq!(&answer, b"HTTP/1.1 408");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_call_carries_the_requests_trace_and_a_deadline() {
    let mut browser = Browser::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    browser.send(TestRequest::get().uri("/product/6E92ZMYYFZ").insert_header(("traceparent", trace))).await;
    let call = browser.shop.last_call();
    assert_eq!(call.trace().to_string(), trace);
    assert!(call.deadline().left().unwrap() <= Duration::from_millis(5_000));

    browser.get("/product/6E92ZMYYFZ").await;
    assert_ne!(browser.shop.last_call().trace().id, 0, "a request without a trace begins one");
}

#[actix_web::test]
async fn reading_the_address_of_a_form_leads_to_its_page() {
    let mut browser = Browser::new();
    for path in ["/cart/checkout", "/cart/update", "/cart/empty"] {
        browser.get(path).await.leads_to("/cart");
    }
    browser.get("/product/6E92ZMYYFZ/reviews").await.leads_to("/product/6E92ZMYYFZ");
}

#[actix_web::test]
async fn health_asks_nobody() {
    let mut browser = Browser::new();
    let page = browser.get("/_healthz").await;
    assert_eq!((page.status.as_u16(), page.text.as_str()), (200, "ok"));
    assert!(browser.cookies.is_empty(), "whoever asks for health is no visitor");
    let page = browser.send(TestRequest::with_uri("/_healthz").method(actix_web::http::Method::HEAD)).await;
    assert_eq!(page.status.as_u16(), 200);
}

#[actix_web::test]
async fn the_labs_delay_holds_every_request_back() {
    let lab = LabSettings { delay_us: 3_000, burn_us: 1_000 };
    let mut browser = Browser::with(Settings { lab, ..Settings::default() });
    let began = std::time::Instant::now();
    browser.get("/_healthz").await;
    assert!(began.elapsed().as_micros() >= 4_000);
}
