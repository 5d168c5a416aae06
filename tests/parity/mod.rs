//! The same questions get the same answers in every place: in this process, through either codec, over this process's own
//! address, and from another process.
//!
//! Each contract has a suite: a conversation with one module, in which every method is asked and every refusal that callers can
//! bring about is brought about. The suite runs once per place, each time on a copy of the same data, and what was answered is
//! compared value by value. Only what is made during a run (ids, tokens, times) is replaced first, by the suite.

mod places;
mod suites;
mod transcript;

use futures_util::future::join_all;
use seam::ModuleName;

pub(crate) use self::places::{CALLER, Company, GROUP, Place, Way, call, peers, serve};
use self::transcript::Transcript;

/// A test for each contract, and the list of them.
macro_rules! suites {
    ($($test:ident: $module:ident $company:ident;)*) => {
        /// The modules whose contracts are compared.
        const COMPARED: &[&str] = &[$(stringify!($module)),*];

        $(
            #[actix_web::test]
            async fn $test() {
                compare(stringify!($module), Company::$company, suites::$module::ask).await;
            }
        )*
    };
}

suites! {
    people_are_known_in_every_place: accounts Nobody;
    carts_hold_the_same_in_every_place: cart Nobody;
    the_catalogue_reads_the_same_in_every_place: catalog Nobody;
    money_is_worth_the_same_in_every_place: currency Nobody;
    the_stock_room_counts_the_same_in_every_place: inventory Nobody;
    mails_read_the_same_in_every_place: notifications Everybody;
    orders_are_placed_alike_in_every_place: orders Everybody;
    the_till_pays_alike_in_every_place: payments Nobody;
    coupons_take_off_the_same_in_every_place: promotions Nobody;
    suggestions_are_the_same_in_every_place: recommendations Nobody;
    reviews_say_the_same_in_every_place: reviews Nobody;
    parcels_go_alike_in_every_place: shipping Nobody;
}

#[test]
fn no_contract_is_forgotten() {
    let asked = cleave::compose::modules().filter(|module| *module != cleave::compose::STOREFRONT);
    let forgotten: Vec<_> = asked.map(ModuleName::as_str).filter(|module| !COMPARED.contains(module)).collect();
    assert!(forgotten.is_empty(), "nobody compares the contracts of {forgotten:?}: give each a suite in tests/parity");
}

/// Runs a suite in every place; the transcripts must be equal.
async fn compare(module: &'static str, company: Company, suite: impl AsyncFn(&Place, &mut Transcript)) {
    let transcripts = Way::ALL.map(async |way| {
        let place = Place::open(way, module, company).await;
        let mut told = Transcript::of(way);
        suite(&place, &mut told).await;
        told.close(&place.asked_of(module));
        place.close().await;
        told
    });
    let transcripts = join_all(transcripts).await;
    let (here, others) = transcripts.split_first().expect("there are several ways");
    let differences: Vec<_> = others.iter().flat_map(|told| told.differences_from(here)).collect();
    assert!(
        differences.is_empty(),
        "{module}: {} answers differ by place:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
