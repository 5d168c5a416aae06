//! Banners and coupons as callers see them, on a fresh database each.

use std::sync::Arc;

use futures_util::future::join_all;
use promotions_contract::{Discount, Promotions, PromotionsError};
use runtime::{Durability, Runtime};
use seam::{Call, Edges, Fault, ModuleName, Seat};
use testkit::Folder;
use vocabulary::{Currency, Money, OrderId, Sku};

use crate::{PromotionsModule, seed};

const TESTER: ModuleName = ModuleName::new("test");

async fn open(folder: &Folder) -> Arc<dyn Promotions> {
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    let database = runtime.database::<migrations::promotions::Migrator>("promotions", Durability::Full).await.unwrap();
    let stocked: Vec<Sku> = ["OLJCESPC7Z", "6E92ZMYYFZ", "LS4PSXUNUM"].map(|sku| sku.parse().unwrap()).to_vec();
    seed::seed(&database, &stocked).await.unwrap();
    let module = PromotionsModule::start(database).await.unwrap();
    Seat::here(Arc::new(module), &Edges::default()).asked_by(TESTER)
}

fn call() -> Call {
    Call::without_deadline(TESTER)
}

fn dollars(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}

async fn redeem(
    promotions: &Arc<dyn Promotions>,
    order: OrderId,
    code: &str,
) -> Result<Discount, Fault<PromotionsError>> {
    promotions.redeem(&call(), order, code.to_owned(), dollars(2_000)).await
}

fn used_up<T>(code: &str) -> Result<T, Fault<PromotionsError>> {
    Err(Fault::Domain(PromotionsError::UsedUp { code: code.to_owned() }))
}

#[tokio::test]
async fn banners_fit_the_category_and_lead_only_to_what_is_stocked() {
    let folder = Folder::new();
    let promotions = open(&folder).await;

    let kitchen = promotions.for_context(&call(), vec!["kitchen".to_owned()], 2).await.unwrap();
    let all = promotions.for_context(&call(), vec![], 20).await.unwrap();

    assert_eq!(kitchen[0].sku.as_str(), "LS4PSXUNUM");
    assert_eq!(kitchen.len(), 2);
    assert_eq!(all.len(), 3, "one each of the three that are stocked");
}

#[tokio::test]
async fn percentages_and_fixed_amounts_are_taken_off() {
    let folder = Folder::new();
    let promotions = open(&folder).await;

    let tenth = redeem(&promotions, OrderId::generate(), "welcome10").await.unwrap();
    let five = redeem(&promotions, OrderId::generate(), "CLEAVE5").await.unwrap();

    assert_eq!(tenth, Discount { code: "WELCOME10".to_owned(), amount: dollars(200) });
    assert_eq!(five.amount, dollars(500));
}

#[tokio::test]
async fn unknown_and_expired_coupons_are_refused() {
    let folder = Folder::new();
    let promotions = open(&folder).await;

    let unknown = redeem(&promotions, OrderId::generate(), "NONE").await;
    assert_eq!(unknown, Err(Fault::Domain(PromotionsError::UnknownCoupon { code: "NONE".to_owned() })));
    assert_eq!(redeem(&promotions, OrderId::generate(), "summer24").await, used_up("SUMMER24"));
}

#[tokio::test]
async fn an_order_counts_once_and_gets_the_same_answer() {
    let folder = Folder::new();
    let promotions = open(&folder).await;
    let order = OrderId::generate();

    let first = redeem(&promotions, order, "ONLYONE").await.unwrap();
    let again = promotions.redeem(&call(), order, "ONLYONE".to_owned(), dollars(9_000)).await.unwrap();

    assert_eq!(first, again);
    assert_eq!(redeem(&promotions, OrderId::generate(), "ONLYONE").await, used_up("ONLYONE"));
}

#[tokio::test]
async fn of_many_at_once_only_as_many_get_it_as_there_are_uses() {
    let folder = Folder::new();
    let promotions = open(&folder).await;

    let answers = join_all((0..20).map(|_| redeem(&promotions, OrderId::generate(), "ONLYONE"))).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_use_given_back_can_be_taken_by_another_but_only_once() {
    let folder = Folder::new();
    let promotions = open(&folder).await;
    let order = OrderId::generate();
    redeem(&promotions, order, "ONLYONE").await.unwrap();

    promotions.give_back(&call(), order).await.unwrap();
    promotions.give_back(&call(), order).await.unwrap();

    assert!(redeem(&promotions, OrderId::generate(), "ONLYONE").await.is_ok());
    assert_eq!(redeem(&promotions, OrderId::generate(), "ONLYONE").await, used_up("ONLYONE"));
}

#[tokio::test]
async fn a_redemption_that_arrives_after_its_order_was_taken_back_takes_no_use() {
    let folder = Folder::new();
    let promotions = open(&folder).await;
    let order = OrderId::generate();

    promotions.give_back(&call(), order).await.unwrap();

    assert_eq!(redeem(&promotions, order, "ONLYONE").await, used_up("ONLYONE"));
    assert!(redeem(&promotions, OrderId::generate(), "ONLYONE").await.is_ok());
}

#[tokio::test]
async fn uses_survive_a_restart_and_a_second_seed() {
    let folder = Folder::new();
    redeem(&open(&folder).await, OrderId::generate(), "ONLYONE").await.unwrap();

    let restarted = open(&folder).await;

    assert_eq!(redeem(&restarted, OrderId::generate(), "ONLYONE").await, used_up("ONLYONE"));
}
