//! Takes turns between the two, and says how their CPU times compare.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::{
    assets::Addresses,
    http::{Connection, Page, question},
    load::{Asked, visit},
    shop_folder,
    side::{Shape, Side, cpus, run_on},
};

/// What this program can measure.
pub(crate) const FIGURE: &str = "page";

/// Fresh processes have their code and data at other places, which shows; so there are several pairs of them.
const PAIRS: usize = 4;
/// How often the two take turns while they live.
const ROUNDS: usize = 10;
/// Pages that a turn begins with and that are not counted.
const WARMING: usize = 150;
/// Pages of a turn that are counted.
const PAGES: usize = 1_500;

/// The products that Online Boutique has.
const PRODUCTS: [&str; 9] = [
    "OLJCESPC7Z",
    "66VCHSJNUP",
    "1YMWWN1N4O",
    "L9ECAV7KIM",
    "2ZYFJ3GM2N",
    "0PUK6V6EV0",
    "LS4PSXUNUM",
    "9SIQT8TOJO",
    "6E92ZMYYFZ",
];

/// One measured value.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    note: String,
}

/// CPU time per page in one round, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Round {
    shop: f64,
    by_hand: f64,
}

/// Measures the CPU of the shop's product page against the one written by hand.
pub(crate) fn measure() -> anyhow::Result<Figure> {
    let cpus = cpus()?;
    let (serving, asking) = (*cpus.first().context("no CPU at all")?, *cpus.last().context("no CPU at all")?);
    let folder = tempfile::tempdir()?;
    let (shop_s, by_hand_s) = (folder.path().join("shop"), folder.path().join("by-hand"));
    shop_folder::fill(&shop_s)?;
    shop_folder::copy(&shop_s, &by_hand_s)?;
    run_on(asking)?;

    let mut rounds = Vec::new();
    for _ in 0..PAIRS {
        let shop = Side::start(&Shape::Shop, &shop_s, serving)?;
        let leads_to = Addresses::on_page(&first_page(shop.address)?.body)?;
        let by_hand = Side::start(&Shape::ByHand(leads_to), &by_hand_s, serving)?;
        let asked = equal_pages(shop.address, by_hand.address)?;
        for round in 0..ROUNDS {
            let turns = || anyhow::Ok((turn(&shop, &asked)?, turn(&by_hand, &asked)?));
            // Whoever goes first finds warmer or colder caches; so they swap.
            let (shop, by_hand) = if round % 2 == 0 {
                turns()?
            } else {
                let by_hand = turn(&by_hand, &asked)?;
                (turn(&shop, &asked)?, by_hand)
            };
            rounds.push(Round { shop, by_hand });
        }
        shop.stop()?;
        by_hand.stop()?;
    }
    Ok(figure(&rounds))
}

/// CPU time per page, in microseconds.
fn turn(side: &Side, asked: &[Asked]) -> anyhow::Result<f64> {
    visit(side.address, WARMING, asked)?;
    let before = side.cpu()?;
    visit(side.address, PAGES, asked)?;
    Ok((side.cpu()? - before).as_secs_f64() * 1e6 / PAGES as f64)
}

/// The first page of somebody who has no cookie yet.
fn first_page(address: SocketAddr) -> anyhow::Result<Page> {
    Connection::to(address)?.page(&question(&format!("/product/{}", PRODUCTS[0]), None))
}

/// Checks that both give the same pages to a visitor whom the shop knows and who pays in euros, and gives what to ask.
fn equal_pages(shop: SocketAddr, by_hand: SocketAddr) -> anyhow::Result<Vec<Asked>> {
    let (first, rival) = (first_page(shop)?, first_page(by_hand)?);
    ensure!(
        first.body == rival.body,
        "the first page of a new visitor differs:\n{}",
        difference(&first.body, &rival.body)
    );
    ensure!(names(&first) == names(&rival), "the heads differ: {:?} and {:?}", first.headers, rival.headers);
    let cookie = first.headers.iter().find_map(|header| header.strip_prefix("set-cookie: "));
    let (session, _) = cookie.and_then(|cookie| cookie.split_once(';')).context("the shop gave no session cookie")?;
    let cookie = format!("{session}; shop_currency=EUR");

    let (mut shop, mut by_hand) = (Connection::to(shop)?, Connection::to(by_hand)?);
    PRODUCTS
        .iter()
        .map(|sku| {
            let question = question(&format!("/product/{sku}"), Some(&cookie));
            let (page, rival) = (shop.page(&question)?, by_hand.page(&question)?);
            ensure!(page.body == rival.body, "the page of {sku} differs:\n{}", difference(&page.body, &rival.body));
            ensure!(page.headers == rival.headers, "the heads differ: {:?} and {:?}", page.headers, rival.headers);
            ensure!(
                page.body.contains("EUR") && page.body.contains("aria-current"),
                "the page of {sku} is not in euros"
            );
            ensure!(!page.headers.iter().any(|header| header.starts_with("set-cookie")), "the visitor is not known");
            Ok(Asked { question, length: page.body.len() })
        })
        .collect()
}

/// The names of the headers: two new visitors have different cookies.
fn names(page: &Page) -> Vec<&str> {
    page.headers.iter().filter_map(|header| header.split(':').next()).collect()
}

/// The first line that differs.
fn difference(one: &str, other: &str) -> String {
    let differing = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    differing.map_or("one is longer".to_owned(), |(one, other)| format!("  shop: {one}\n  by hand: {other}"))
}

fn figure(rounds: &[Round]) -> Figure {
    let ratios = sorted(rounds.iter().map(|round| round.shop / round.by_hand));
    let (low, high) = interval(&ratios);
    let (shop, by_hand) = (
        median(&sorted(rounds.iter().map(|round| round.shop))),
        median(&sorted(rounds.iter().map(|round| round.by_hand))),
    );
    let note = format!(
        "95 % interval {low:.3} to {high:.3} over {} rounds and {PAIRS} pairs of processes; {shop:.0} us of CPU per page, by hand \
         {by_hand:.0}",
        rounds.len()
    );
    Figure { name: FIGURE, value: median(&ratios), unit: "x", note }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// An interval of 95 % for the median, from the order of the values alone: the number of them below the true median is binomial.
fn interval(sorted: &[f64]) -> (f64, f64) {
    let count = sorted.len() as f64;
    let below = ((count - 1.96 * count.sqrt()) / 2.0).floor().max(0.0) as usize;
    let low = below.min(sorted.len() - 1);
    (sorted[low], sorted[sorted.len() - 1 - low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_the_median_of_the_rounds_ratios() {
        let rounds = [(10.0, 10.0), (12.0, 10.0), (30.0, 20.0)].map(|(shop, by_hand)| Round { shop, by_hand });

        assert!((figure(&rounds).value - 1.2).abs() < 1e-9);
    }

    #[test]
    fn the_interval_of_forty_values_leaves_out_the_thirteen_least_and_most() {
        let values: Vec<f64> = (0..40).map(f64::from).collect();

        assert_eq!(interval(&values), (13.0, 26.0));
    }

    #[test]
    fn the_addresses_of_files_are_read_from_a_page() {
        let page = r#"<link rel="stylesheet" href="/static/shop.ab.css"><img src="/pictures/cd/mug-1-2.svg">"#;
        let found = Addresses::on_page(page).unwrap();

        assert_eq!((found.style.as_str(), found.edition.as_str()), ("/static/shop.ab.css", "cd"));
    }
}
