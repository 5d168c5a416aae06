//! The banners and coupons the shop opens with.

use promotions_contract::Banner;
use runtime::Database;
use sea_orm::DbErr;
use vocabulary::Sku;

use crate::{
    banners::Placed,
    coupons::{Coupon, Worth},
    table,
};

/// Category (none: everywhere), what the banner says, where it leads; by rank.
const BANNERS: [(Option<&str>, &str, &str); 13] = [
    (None, "New here? Take 10 % off your first order with WELCOME10.", "OLJCESPC7Z"),
    (None, "A watch for people who are late anyway.", "1YMWWN1N4O"),
    (None, "Two mugs are a conversation. Buy one for the other side of the desk.", "6E92ZMYYFZ"),
    (Some("clothing"), "Summer fits into a drawer: the tank top in seven sizes.", "66VCHSJNUP"),
    (Some("accessories"), "The sun is free. The glasses are nearly so.", "OLJCESPC7Z"),
    (Some("accessories"), "Steel, three hands, two years on one cell: the watch.", "1YMWWN1N4O"),
    (Some("footwear"), "No laces, no breaking in: loafers that fit on day one.", "L9ECAV7KIM"),
    (Some("beauty"), "Dry in four minutes, and you can hear the kettle.", "2ZYFJ3GM2N"),
    (Some("home"), "Dinner by candlelight begins with something to hold it.", "0PUK6V6EV0"),
    (Some("kitchen"), "Salt and pepper, together at last.", "LS4PSXUNUM"),
    (Some("kitchen"), "See what you have: glass jars with bamboo lids.", "9SIQT8TOJO"),
    (Some("office"), "Monday needs a mug that survives it.", "6E92ZMYYFZ"),
    (Some("outdoors"), "Bright out there? Round frames, dark lenses.", "OLJCESPC7Z"),
];

/// Five of the larger unit in each currency the shop opens with, or what people would call the same.
const FIVE: [(&str, i64); 11] = [
    ("EUR", 500),
    ("USD", 500),
    ("JPY", 800),
    ("CAD", 700),
    ("GBP", 500),
    ("TRY", 15_000),
    ("CHF", 500),
    ("SEK", 5_000),
    ("NOK", 5_000),
    ("DKK", 3_500),
    ("AUD", 800),
];

/// More uses than anybody will count.
const UNLIMITED: i64 = i64::MAX;
/// The end of August 2024, in milliseconds since the epoch.
const LAST_SUMMER: i64 = 1_725_148_800_000;

/// Fills empty tables: banners to those of the well-known products that are in `stocked`, and coupons. Tables with coupons are
/// left as they are.
///
/// # Errors
/// When the database refuses.
pub async fn seed(database: &Database, stocked: &[Sku]) -> Result<(), DbErr> {
    let banners: Vec<Placed> = banners().filter(|placed| stocked.contains(&placed.banner.sku)).collect();
    database
        .store(move |tx| {
            Box::pin(async move {
                if !table::coupons(tx).await?.is_empty() {
                    return Ok(());
                }
                if !banners.is_empty() {
                    table::insert_banners(tx, &banners).await?;
                }
                table::insert_coupons(tx, &coupons()).await
            })
        })
        .await
}

fn banners() -> impl Iterator<Item = Placed> {
    BANNERS.into_iter().map(|(category, text, sku)| Placed {
        category: category.map(str::to_owned),
        banner: Banner { text: text.to_owned(), sku: sku.parse().expect("the ids above are written as ids are") },
    })
}

/// Each with how often it may be used.
fn coupons() -> [(Coupon, i64); 5] {
    let coupon = |code: &str, ends_at, worth| Coupon { code: code.to_owned(), ends_at, worth };
    let five = FIVE.map(|(code, minor)| (code.parse().expect("the codes above are currency codes"), minor));
    [
        (coupon("WELCOME10", None, Worth::Percent(10)), UNLIMITED),
        (coupon("CLEAVE5", None, Worth::Amounts(five.into())), UNLIMITED),
        (coupon("EARLYBIRD", None, Worth::Percent(20)), 100),
        (coupon("ONLYONE", None, Worth::Percent(50)), 1),
        (coupon("SUMMER24", Some(LAST_SUMMER), Worth::Percent(15)), UNLIMITED),
    ]
}
