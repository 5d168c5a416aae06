//! Accounts: in, out, and what is brought along.

use crate::support::{Browser, check_out_form};

const ADA: [(&str, &str); 3] = [("name", "Ada"), ("email", "ada@example.com"), ("password", "correct horse")];

#[actix_web::test]
async fn somebody_registers_and_is_greeted() {
    let mut browser = Browser::new();
    browser.get("/account").await.leads_to("/login");
    browser.post("/register", &ADA).await.leads_to("/account");
    browser.get("/account").await.is(200, "account").says("Hello, Ada");
    browser.get("/").await.says(">Ada</a>").says_nothing_of("Log in");
}

#[actix_web::test]
async fn a_guests_cart_comes_along_and_is_found_again() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    browser.post("/register", &ADA).await;
    browser.get("/cart").await.says("Morning Mug").says("value=\"ada@example.com\"");

    let mut elsewhere = browser.somebody_else();
    elsewhere.post("/login", &ADA).await.leads_to("/account");
    elsewhere.get("/cart").await.says("Morning Mug");
    let placed = elsewhere.post("/cart/checkout", &check_out_form()).await;
    assert!(placed.location().starts_with("/orders/"));
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn logging_out_makes_somebody_new() {
    let mut browser = Browser::new();
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    let session = browser.cookies["shop_session-id"].clone();

    browser.get("/logout").await.leads_to("/");

    assert_ne!(browser.cookies["shop_session-id"], session);
    browser.get("/cart").await.says("Nothing in it yet");
}

#[actix_web::test]
async fn a_log_in_that_is_over_is_forgotten() {
    let mut browser = Browser::new();
    browser.post("/register", &ADA).await;
    let cookie = browser.cookies["shop_account"].clone();
    browser.post("/logout", &[]).await.leads_to("/");
    assert!(!browser.cookies.contains_key("shop_account"));

    browser.cookies.insert("shop_account".to_owned(), cookie);
    browser.get("/search?q=mug").await.leads_to("/search?q=mug");
    assert!(!browser.cookies.contains_key("shop_account"));
    browser.get("/search?q=mug").await.is(200, "search").says("Log in");
}

#[actix_web::test]
async fn a_forged_account_is_nobody() {
    let mut browser = Browser::new();
    browser.post("/register", &ADA).await;
    let genuine = browser.cookies["shop_account"].clone();
    let mut forger = browser.somebody_else();
    forger.cookies.insert("shop_account".to_owned(), genuine.replacen('0', "1", 1));
    forger.get("/account").await.leads_to("/login");
}

#[actix_web::test]
async fn what_is_wrong_with_a_log_in_is_said_and_the_password_never_given_back() {
    let mut browser = Browser::new();
    browser.post("/register", &ADA).await;
    let mut other = browser.somebody_else();
    let wrong = [("email", "ada@example.com"), ("password", "wrong password")];
    other
        .post("/login", &wrong)
        .await
        .is(422, "login")
        .says("is wrong")
        .says("ada@example.com")
        .says_nothing_of("wrong password");
    other.post("/login", &[("email", "nonsense"), ("password", "x")]).await.is(422, "login").says("is wrong");
    other.post("/register", &ADA).await.is(409, "register").says("log in instead").says_nothing_of("correct horse");
    let short = [("name", "Bob"), ("email", "bob@example.com"), ("password", "short")];
    other.post("/register", &short).await.is(422, "register").says("8 to 200 characters");
}

#[actix_web::test]
async fn without_accounts_somebody_logged_in_still_has_their_cart() {
    let mut browser = Browser::new();
    browser.post("/register", &ADA).await;
    browser.post("/cart", &[("product_id", "6E92ZMYYFZ"), ("quantity", "2")]).await;
    browser.shop.break_down("accounts");
    browser.get("/cart").await.is(200, "cart").says("Morning Mug").says("Not shown right now: your account");
    browser.post("/login", &ADA).await.is(503, "error");
}
