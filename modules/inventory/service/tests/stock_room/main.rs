//! The stock room, asked through its contract.
#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

mod properties;
mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use inventory_contract::InventoryError;
use inventory_service::{Audit, InventorySettings, initial_units, seed};
use runtime::clock;
use support::{StockRoom, line, refusal, sku};
use testkit::eventually;
use vocabulary::OrderId;

#[tokio::test]
async fn only_products_that_have_a_place_on_the_shelf_are_available() {
    let room = StockRoom::with([("MUG", 5)]).await;

    let available = room.available(["MUG", "NOBODY-KNOWS"]).await;

    assert_eq!(available, BTreeMap::from([(sku("MUG"), 5)]));
    assert!(room.available([]).await.is_empty());
}

#[tokio::test]
async fn what_is_held_is_not_available_and_what_is_committed_is_sold() {
    let room = StockRoom::with([("MUG", 5), ("JAR", 2)]).await;
    let order = OrderId::generate();

    room.reserve(order, [line("MUG", 3), line("JAR", 2)]).await.unwrap();
    assert_eq!(room.available(["MUG", "JAR"]).await, BTreeMap::from([(sku("MUG"), 2), (sku("JAR"), 0)]));
    room.commit(order).await.unwrap();

    let audit = room.audit().await;
    assert_eq!((audit.held, audit.sold), (0, 5));
    assert_eq!(audit.sold_to[&order], BTreeMap::from([(sku("MUG"), 3), (sku("JAR"), 2)]));
    assert!(audit.open_holds.is_empty());
}

#[tokio::test]
async fn when_one_line_cannot_be_held_nothing_is() {
    let room = StockRoom::with([("MUG", 5), ("JAR", 2)]).await;
    let order = OrderId::generate();

    let refused = refusal(room.reserve(order, [line("MUG", 5), line("JAR", 3)]).await);

    assert_eq!(refused, InventoryError::OutOfStock { sku: sku("JAR"), requested: 3, available: 2 });
    assert_eq!(room.available(["MUG", "JAR"]).await, BTreeMap::from([(sku("MUG"), 5), (sku("JAR"), 2)]));
    // The refused order may try again with less: it holds nothing yet.
    room.reserve(order, [line("JAR", 2)]).await.unwrap();
}

#[tokio::test]
async fn a_product_named_twice_is_added_up() {
    let room = StockRoom::with([("MUG", 5)]).await;

    let refused = refusal(room.reserve(OrderId::generate(), [line("MUG", 3), line("MUG", 3)]).await);

    assert_eq!(refused, InventoryError::OutOfStock { sku: sku("MUG"), requested: 6, available: 5 });
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_with_the_reason() {
    let room = StockRoom::with([("MUG", 5)]).await;
    let order = OrderId::generate();

    assert_eq!(refusal(room.reserve(order, []).await), InventoryError::Nothing);
    assert_eq!(refusal(room.reserve(order, [line("MUG", 0)]).await), InventoryError::Nothing);
    let unknown = refusal(room.reserve(order, [line("MUG", 1), line("GHOST", 1)]).await);
    assert_eq!(unknown, InventoryError::UnknownSku { sku: sku("GHOST") });
    assert_eq!(refusal(room.commit(order).await), InventoryError::NoHold { order });
}

#[tokio::test]
async fn every_step_may_be_repeated() {
    let room = StockRoom::with([("MUG", 5)]).await;
    let order = OrderId::generate();

    let first = room.reserve(order, [line("MUG", 2)]).await.unwrap();
    assert_eq!(room.reserve(order, [line("MUG", 2)]).await.unwrap(), first);
    room.commit(order).await.unwrap();
    room.commit(order).await.unwrap();
    assert_eq!(room.reserve(order, [line("MUG", 2)]).await.unwrap(), first, "also when it has been committed since");
    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 3);
    room.release(order).await.unwrap();
    room.release(order).await.unwrap();

    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 5);
    assert_eq!(room.audit().await.sold, 0);
}

#[tokio::test]
async fn an_order_released_before_it_was_reserved_can_hold_nothing() {
    let room = StockRoom::with([("MUG", 5)]).await;
    let order = OrderId::generate();

    room.release(order).await.unwrap();

    let released = InventoryError::Released { order };
    assert_eq!(refusal(room.reserve(order, [line("MUG", 1)]).await), released);
    assert_eq!(refusal(room.commit(order).await), released);
    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 5);
}

#[tokio::test]
async fn what_was_sold_comes_back_on_the_shelf_and_stays_there() {
    let room = StockRoom::with([("MUG", 5)]).await;
    let order = OrderId::generate();
    room.reserve(order, [line("MUG", 2)]).await.unwrap();
    room.commit(order).await.unwrap();

    room.release(order).await.unwrap();

    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 5);
    assert_eq!(refusal(room.commit(order).await), InventoryError::Released { order });
    assert_eq!(refusal(room.reserve(order, [line("MUG", 2)]).await), InventoryError::Released { order });
}

#[tokio::test]
async fn a_delivery_counts_once_and_brings_new_products() {
    let room = StockRoom::with([("MUG", 5)]).await;

    room.restock("D-1", [line("MUG", 2), line("BOWL", 7)]).await.unwrap();
    room.restock("D-1", [line("MUG", 2), line("BOWL", 7)]).await.unwrap();
    room.restock("D-2", [line("MUG", 1)]).await.unwrap();

    assert_eq!(room.available(["MUG", "BOWL"]).await, BTreeMap::from([(sku("MUG"), 8), (sku("BOWL"), 7)]));
}

#[tokio::test]
async fn a_hold_is_released_when_its_time_is_over_and_never_before() {
    let room = StockRoom::with([("MUG", 5), ("JAR", 5)]).await;
    let (lost, sold) = (OrderId::generate(), OrderId::generate());
    let hold = room.reserve(lost, [line("MUG", 2), line("JAR", 1)]).await.unwrap();
    room.reserve(sold, [line("MUG", 1)]).await.unwrap();
    room.commit(sold).await.unwrap();
    assert!(hold.expires_at >= clock::now() + 14 * 60_000, "a hold lasts a quarter of an hour");

    assert_eq!(room.module.release_expired(hold.expires_at - 1).await.unwrap(), 0);
    assert_eq!(room.audit().await.open_holds.len(), 1);
    assert_eq!(room.module.release_expired(hold.expires_at + 60_000).await.unwrap(), 1);

    assert_eq!(room.available(["MUG", "JAR"]).await, BTreeMap::from([(sku("MUG"), 4), (sku("JAR"), 5)]));
    assert_eq!(refusal(room.commit(lost).await), InventoryError::Released { order: lost });
    room.commit(sold).await.unwrap();
}

#[tokio::test]
async fn many_expired_holds_are_released_in_one_go() {
    let room = StockRoom::with([("MUG", 1_000)]).await;
    let mut last = 0;
    for _ in 0..450 {
        last = room.reserve(OrderId::generate(), [line("MUG", 2)]).await.unwrap().expires_at;
    }

    assert_eq!(room.module.release_expired(last).await.unwrap(), 450);
    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 1_000);
}

#[tokio::test]
async fn expired_holds_are_released_in_the_background_until_the_process_ends() {
    let settings = InventorySettings { hold_time: Duration::ZERO, sweep_every: Duration::from_millis(5) };
    let room = StockRoom::with_settings([("MUG", 5)], settings).await;
    room.runtime.tasks.spawn("inventory sweep", Arc::clone(&room.module).run(room.runtime.shutdown.clone()));

    room.reserve(OrderId::generate(), [line("MUG", 2)]).await.unwrap();

    eventually("the hold is released", || async { room.audit().await.open_holds.is_empty() }).await;
    room.runtime.shutdown.request();
    assert!(room.runtime.tasks.ended(Duration::from_secs(5)).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_units_exactly_a_hundred_are_sold_to_many_buyers_at_once() {
    let room = Arc::new(StockRoom::with([("MUG", 100), ("JAR", 1_000)]).await);
    let buyers = (0..250).map(|buyer| {
        let room = Arc::clone(&room);
        tokio::spawn(async move {
            let order = OrderId::generate();
            match room.reserve(order, [line("MUG", 1), line("JAR", 1)]).await {
                // Some buyers change their minds, which must let others in, and some do so after they have paid.
                Ok(_) if buyer % 10 == 0 => room.release(order).await.map(|()| 0),
                Ok(_) => room.commit(order).await.map(|()| 1),
                Err(refused) => {
                    assert!(matches!(refusal::<()>(Err(refused)), InventoryError::OutOfStock { available: 0, .. }));
                    Ok(0)
                }
            }
        })
    });
    let buyers: Vec<_> = buyers.collect();
    let mut sold = 0;
    for buyer in buyers {
        sold += buyer.await.unwrap().unwrap();
    }
    // Those who came while others still held what they then gave back went away with nothing.
    while room.reserve_and_commit(OrderId::generate(), [line("MUG", 1)]).await.is_ok() {
        sold += 1;
    }

    let audit = room.audit().await;
    assert_eq!(audit.imbalances, []);
    assert_eq!(sold, 100);
    assert_eq!(audit.sold_to.values().filter_map(|lines| lines.get(&sku("MUG"))).sum::<i64>(), 100);
    assert_eq!(room.available(["MUG"]).await[&sku("MUG")], 0);
}

#[tokio::test]
async fn the_seed_is_the_same_every_time_and_is_sown_once() {
    let room = StockRoom::with([]).await;
    let skus = [sku("OLJCESPC7Z"), sku("LAMP-00042"), sku("LAMP-00043")];

    seed(&room.database, &skus).await.unwrap();
    room.reserve_and_commit(OrderId::generate(), [line("OLJCESPC7Z", 3)]).await.unwrap();
    seed(&room.database, &skus).await.unwrap();

    assert_eq!(room.available(["OLJCESPC7Z"]).await[&sku("OLJCESPC7Z")], 999_999_997);
    assert_eq!(initial_units(&sku("LAMP-00042")), initial_units(&sku("LAMP-00042")));
    let generated = (0..1_000).map(|number| initial_units(&sku(&format!("LAMP-{number:05}"))));
    let generated: Vec<i64> = generated.collect();
    assert!(generated.iter().all(|units| (20..=500).contains(units)));
    assert!(generated.iter().collect::<std::collections::BTreeSet<_>>().len() > 300, "they differ");
}

#[tokio::test]
async fn a_stock_that_disagrees_with_its_holds_is_found_out() {
    let room = StockRoom::with([("MUG", 5)]).await;
    room.reserve_and_commit(OrderId::generate(), [line("MUG", 2)]).await.unwrap();
    assert_eq!(
        room.audit().await,
        Audit { products: 1, sold: 2, sold_to: room.audit().await.sold_to, ..Audit::default() }
    );

    room.execute("UPDATE stock SET sold = 1, on_hand = 4").await.unwrap();

    let audit = room.audit().await;
    assert_eq!(audit.imbalances.len(), 1);
    assert_eq!(audit.imbalances[0].what, "1 are sold, 2 by the holds");
}

#[tokio::test]
async fn the_database_itself_refuses_a_stock_that_cannot_be() {
    let room = StockRoom::with([("MUG", 5)]).await;

    for (wrong, reason) in [
        ("UPDATE stock SET on_hand = -1, sold = 6", "below zero"),
        ("UPDATE stock SET held = 1", "more units than there are"),
        ("UPDATE stock SET on_hand = 4", "a unit that is nowhere"),
    ] {
        let refused = room.execute(wrong).await;
        assert!(refused.is_err_and(|error| error.contains("CHECK constraint failed")), "{reason}");
    }
}
