//! The same journey shows the same pages, whatever the topology.

use std::sync::Mutex;

use testkit::{Browser, eventually};

use crate::support::{
    normal::Normaliser,
    page::Shows as _,
    shop::{Data, Shop, TOPOLOGIES},
    visitor::{CheckOut, DECLINED_CARD, MUG, SUNGLASSES, Visitor, WATCH},
};

#[tokio::test]
async fn a_seeded_journey_shows_equal_pages_in_every_topology() {
    let mut compared = Compared::default();
    for topology in TOPOLOGIES {
        let shop = Shop::open(topology).await;
        compared.with(topology, journey(&shop).await);
        shop.close_and_verify().await;
    }
}

/// Whatever the ladder puts between the modules of a shop, visitors see the same.
#[tokio::test]
async fn a_seeded_journey_shows_equal_pages_on_every_rung_of_the_ladder() {
    /// Its name, the topology, and what puts it on the rung.
    type Rung = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let rungs: [Rung; 5] = [
        ("here", "monolith", &[]),
        ("codec", "monolith", &[("CLEAVE__SEAM__PLACE", "codec")]),
        ("loopback", "monolith", &[("CLEAVE__SEAM__PLACE", "loopback")]),
        ("delay", "extract:orders", &[("CLEAVE__LAB__HOP_DELAY_US", "200")]),
        ("TLS", "extract:orders", &[("CLEAVE__SEAM__TLS", "true")]),
    ];
    let mut compared = Compared::default();
    for (rung, topology, settings) in rungs {
        let shop = Data::fresh(topology).open_with(settings).await;
        compared.with(rung, journey(&shop).await);
        is_on(rung, &shop).await;
        shop.close_and_verify().await;
    }
}

/// Hops of known number cost something, and change nothing.
#[tokio::test]
async fn a_seeded_journey_shows_equal_pages_whichever_idle_services_are_asked() {
    let mut compared = Compared::default();
    for (to, processes) in [("nobody", 0), ("memory", 2), ("table", 2), ("table-here", 0)] {
        let hops = [("CLEAVE__LAB__HOPS", "2"), ("CLEAVE__LAB__HOPS_TO", to), ("CLEAVE__LAB__HOPS_AGAIN", "1")];
        let shop = Data::fresh("monolith").open_with(if to == "nobody" { &[] } else { &hops }).await;
        compared.with(to, journey(&shop).await);
        assert_eq!(shop.processes_with("--answer").len(), processes, "{to}");
        shop.close_and_verify().await;
    }
}

/// Asserts that calls really went the way of the rung: equal pages alone would not tell.
async fn is_on(rung: &str, shop: &Shop) {
    let log = shop.log();
    let internal = log.lines().filter(|line| line.contains(" pid ") && !line.contains("provider"));
    let internal = internal.flat_map(|line| line.split_whitespace().find(|word| word.starts_with("127.0.0.1:"))).next();
    let internal = Browser::at(&format!("http://{}", internal.expect("`up` says who listens where")));
    let metrics = internal.try_get("/metrics").await;
    assert_eq!(metrics.is_err(), rung == "TLS", "{rung}: what is sealed cannot be read without a certificate");
    let written = metrics.is_ok_and(|metrics| {
        let text = metrics.text();
        let mut counts = text
            .lines()
            .filter(|line| line.starts_with("cleave_edge_calls_total{caller=\"(outside)\",callee=\"catalog\""));
        counts.any(|line| !line.ends_with(" 0"))
    });
    let is_between = matches!(rung, "codec" | "loopback");
    assert!(
        written == is_between || !matches!(rung, "here" | "codec" | "loopback"),
        "{rung}: calls are written: {written}"
    );
    assert_eq!(!shop.processes_with("delay").is_empty(), rung == "delay", "{rung}: whether there is a network");
}

/// Pages of one shop after another, each held against the first's.
#[derive(Default)]
struct Compared(Option<(String, Vec<String>)>);

impl Compared {
    fn with(&mut self, name: &str, pages: Vec<String>) {
        let Some((reference, expected)) = &self.0 else {
            self.0 = Some((name.to_owned(), pages));
            return;
        };
        assert_eq!(pages.len(), expected.len());
        for (page, expected) in pages.iter().zip(expected) {
            let difference = first_difference(expected, page);
            assert!(difference.is_none(), "{reference} and {name} differ: {}", difference.unwrap_or_default());
        }
    }
}

/// Two visitors, one after the other, so that the order of everything is the journey's and not the machine's.
async fn journey(shop: &Shop) -> Vec<String> {
    let mut pages = Pages::default();
    let alice = shop.visitor();
    pages.keep(&alice, "/").await;
    pages.keep(&alice, "/category/kitchen").await;
    pages.keep(&alice, "/search?q=watch").await;
    alice.chooses_currency("EUR").await;
    alice.adds(WATCH, 1).await;
    alice.adds(MUG, 2).await;
    pages.keep(&alice, "/cart").await;
    let declined = CheckOut::default().with("credit_card_number", DECLINED_CARD);
    pages.keep_page(&alice.tries_to_check_out(declined).await);
    let order = alice.tries_to_check_out(CheckOut::default().with("coupon", "WELCOME10")).await.shows_page("order");
    events_have_drained(&alice, &order.path, &[MUG, WATCH]).await;
    pages.keep(&alice, &order.path).await;
    pages.keep(&alice, "/orders").await;
    pages.keep(&alice, "/mails").await;

    let review = [("stars", "4"), ("name", "Alice"), ("text", "Holds coffee.")];
    pages.keep_page(&alice.sends(&format!("/product/{MUG}/reviews"), &review).await);

    let bob = shop.visitor();
    pages.keep(&bob, &format!("/product/{MUG}")).await;
    pages.keep(&bob, &format!("/product/{WATCH}")).await;
    pages.keep(&bob, &order.path).await;
    let bobs = bob.buys(SUNGLASSES, 1).await;
    events_have_drained(&bob, &bobs, &[SUNGLASSES]).await;
    bob.sends(&format!("{bobs}/cancel"), &[]).await.shows_page("order");
    eventually("the cancellation was written about", || async {
        bob.opens("/mails").await.all_between("/order-cancelled\"", "<").len() == 1
    })
    .await;
    pages.keep(&bob, &bobs).await;
    pages.keep(&bob, "/mails").await;
    pages.keep(&bob, "/").await;
    pages.normal
}

/// Pages as they will be compared.
#[derive(Default)]
struct Pages {
    normaliser: Normaliser,
    normal: Vec<String>,
}

impl Pages {
    async fn keep(&mut self, visitor: &Visitor, path: &str) {
        let page = visitor.opens(path).await;
        self.keep_page(&page);
    }

    fn keep_page(&mut self, page: &testkit::Page) {
        self.normal.push(self.normaliser.normal(page));
    }
}

/// An order has reached all who hear of it: notifications wrote a mail, reviews know who bought, recommendations what belongs
/// together. The last two show themselves only in pages, so a page is looked at until it has been the same for a while.
async fn events_have_drained(visitor: &Visitor, order: &str, bought: &[&str]) {
    const ENOUGH: u32 = 12;
    eventually("the confirmation has been sent", || async {
        visitor.opens("/mails").await.shows_page("mails").text().contains(order)
    })
    .await;
    for sku in bought {
        let seen = Mutex::new((String::new(), 0));
        eventually("the product's page stands still", || async {
            let shown = visitor.looks_at(sku).await.text();
            let mut seen = seen.lock().unwrap();
            *seen = if seen.0 == shown { (shown, seen.1 + 1) } else { (shown, 0) };
            seen.1 >= ENOUGH
        })
        .await;
    }
}

/// The first line in which two pages differ.
fn first_difference(expected: &str, found: &str) -> Option<String> {
    let place = expected.lines().next().unwrap_or_default();
    let mut lines = expected.lines().zip(found.lines());
    let differing = lines.find(|(one, other)| one != other);
    match differing {
        Some((one, other)) => Some(format!("on {place}:\n  {one}\n  {other}")),
        None if expected.lines().count() != found.lines().count() => Some(format!("on {place}, in length")),
        None => None,
    }
}
