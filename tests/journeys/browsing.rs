//! Looking around: shelves, search, currencies.

use super::in_every_topology;
use crate::support::{
    page::Shows as _,
    shop::Shop,
    visitor::{MUG, WATCH},
};

in_every_topology! {
    /// Every shelf that the door shows can be opened.
    async fn shelves_lead_to_products(shop: &Shop) {
        let visitor = shop.visitor();
        let shelves = visitor.opens("/").await.shows_page("home").all_between("<li><a href=\"/category/", "\"");
        assert!(!shelves.is_empty());

        for shelf in shelves {
            let shelf = visitor.opens(&format!("/category/{shelf}")).await.shows_page("category");
            let products = shelf.all_between("<li class=\"card\"><a href=\"/product/", "\"");
            assert!(!products.is_empty(), "{} is empty", shelf.path);
            visitor.looks_at(&products[0]).await;
        }
        visitor.opens("/category/no-such-shelf").await.has_status(404).shows("There is no");
    }

    /// Words find what has them in its name, and nothing is no mistake.
    async fn search_finds_by_words(shop: &Shop) {
        let visitor = shop.visitor();

        visitor.opens("/search?q=mug").await.shows_page("search").shows(MUG);
        visitor.opens("/search?q=qqqzzz").await.shows_page("search").shows("Nothing found for");
        visitor.opens("/search?q=%22%20OR%201=1;--").await.has_status(200);
        visitor.opens("/search").await.shows_page("search").shows("What are you looking for?");
    }

    /// A currency, once chosen, holds everywhere, up to what is paid.
    async fn a_chosen_currency_holds_everywhere(shop: &Shop) {
        let visitor = shop.visitor();
        let dollars = visitor.looks_at(WATCH).await.between("<p class=\"price\">", "</p>").unwrap();
        assert!(dollars.starts_with('$'), "{dollars}");

        visitor.chooses_currency("JPY").await.shows_page("home");

        let yen = visitor.looks_at(WATCH).await.between("<p class=\"price\">", "</p>").unwrap();
        assert!(yen.contains('¥') && !yen.contains('.'), "{yen}");
        visitor.adds(WATCH, 1).await.shows(&yen);
        visitor.checks_out().await.shows(&yen).shows_no("$");
        visitor.chooses_currency("XXX").await.has_status(422).shows("Choose one of the currencies");
        visitor.looks_at(WATCH).await.shows(&yen);
    }

    /// What is not there is said to be not there, as a page and with its status.
    async fn what_is_not_there_gets_a_page(shop: &Shop) {
        let visitor = shop.visitor();
        for path in ["/product/NOSUCHTHING", "/product/no%20sku%20at%20all", "/orders/none", "/nowhere", "/mails/x/y"] {
            visitor.opens(path).await.has_status(404).shows("data-page=\"error\"");
        }
    }

    /// An address that only processes use is not answered at the door.
    async fn nothing_internal_is_public(shop: &Shop) {
        let visitor = shop.visitor();
        for path in ["/metrics", "/health", "/live", "/ready", "/seam/inventory/available", "/seam/line"] {
            visitor.opens(path).await.has_status(404);
            visitor.sends(path, &[]).await.has_status(404);
        }
    }
}
