//! The order desk: what it answers, and what it leaves behind in the modules it asks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod network;
mod saga;
mod support;
mod world;

use std::time::Duration;

use network::Luck;
use orders_contract::{CheckOut, OrderEvent, OrderStatus, OrdersError, OrdersService as _};
use orders_service::audit;
use runtime::Shutdown;
use seam::Failure;
use shipping_contract::ShipmentStatus;
use support::{Shop, call, card, refusal, wanted};
use vocabulary::{Address, CartId, Currency, Money, SessionId};
use world::{COUPON, DECLINED_CARD, UNITS, World, sku};

#[tokio::test]
async fn a_cart_becomes_a_paid_and_sent_order_and_is_empty_then() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 2));

    let order = desk.check_out(&call(), wanted(session, "key")).await.unwrap();

    assert_eq!(order.status, OrderStatus::Confirmed);
    assert_eq!((order.items, order.total), (Money::new(2_000, Currency::USD), Money::new(2_502, Currency::USD)));
    assert_eq!(order.paid_with.as_deref(), Some("Visa ending in 0454"));
    assert_eq!(order.tracking_id, Some(format!("CV-{}", order.id)));
    assert_eq!(desk.get(&call(), session, order.id).await.unwrap(), order);
    assert_eq!(desk.history(&call(), session).await.unwrap(), std::slice::from_ref(&order));
    shop.network.world(|world| {
        assert!(world.carts[&CartId::from(session)].lines.is_empty());
        assert_eq!(world.units(&sku(0)), (0, 2));
        assert_eq!((world.payments[&order.id].captures, world.payments[&order.id].amount), (1, Some(order.total)));
    });
    let placed = OrderEvent::Placed { order, session };
    assert_eq!(shop.events(&desk).await, [placed]);
}

#[tokio::test]
async fn an_order_is_there_for_its_own_session_alone() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session, other) = (shop.desk().await, SessionId::generate(), SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));
    let order = desk.check_out(&call(), wanted(session, "key")).await.unwrap();

    assert_eq!(refusal(desk.get(&call(), other, order.id).await), OrdersError::NotFound);
    assert_eq!(refusal(desk.cancel(&call(), other, order.id).await), OrdersError::NotFound);
    assert!(desk.history(&call(), other).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_key_gives_the_same_order_and_other_contents_are_refused() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let order = desk.check_out(&call(), wanted(session, "key")).await.unwrap();
    assert_eq!(desk.check_out(&call(), wanted(session, "key")).await.unwrap(), order);
    let after_restart = shop.desk().await;
    assert_eq!(after_restart.check_out(&call(), wanted(session, "key")).await.unwrap(), order);
    let other = CheckOut { email: "other@example.com".parse().unwrap(), ..wanted(session, "key") };
    assert_eq!(refusal(desk.check_out(&call(), other).await), OrdersError::KeyReused);

    let stranger = SessionId::generate();
    let theirs = desk.check_out(&call(), wanted(stranger, "key")).await;
    assert_eq!(refusal(theirs), OrdersError::EmptyCart, "a key is one's own");
    assert_eq!(audit(&shop.database).await.unwrap().orders.len(), 1);
}

#[tokio::test]
async fn of_many_that_come_at_once_under_one_key_one_is_placed() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let (call, many) = (call(), (0..5).map(|_| wanted(session, "key")));
    let answers = futures_util::future::join_all(many.map(|wanted| desk.check_out(&call, wanted))).await;

    let placed: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert!(!placed.is_empty() && placed.iter().all(|order| *order == placed[0]));
    for answer in &answers {
        let told_to_wait = matches!(answer, Err(Failure::Domain(OrdersError::InProgress)));
        assert!(answer.is_ok() || told_to_wait, "{answer:?}");
    }
    assert_eq!(shop.network.world(|world| world.payments.len()), 1);
}

#[tokio::test]
async fn a_form_that_cannot_be_right_changes_nothing_anywhere() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));
    let right = wanted(session, "key");
    let no_city = Address { city: " ".to_owned(), ..right.address.clone() };
    let wrong = [
        (CheckOut { key: String::new(), ..right.clone() }, "key"),
        (CheckOut { address: no_city, ..right.clone() }, "city"),
        (CheckOut { card: card("4432801561520455"), ..right.clone() }, "credit_card_number"),
        (CheckOut { currency: "XXX".parse().unwrap(), ..right.clone() }, "currency_code"),
    ];
    for (form, expected) in wrong {
        let OrdersError::Field { field, .. } = refusal(desk.check_out(&call(), form).await) else {
            panic!("{expected} was not looked at");
        };
        assert_eq!(field, expected);
    }
    assert!(audit(&shop.database).await.unwrap().orders.is_empty());
    assert!(desk.check_out(&call(), right).await.is_ok(), "the key is as good as new");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_bought() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());

    assert_eq!(refusal(desk.check_out(&call(), wanted(session, "empty")).await), OrdersError::EmptyCart);
    shop.network.world(|world| world.put(session.into(), 7, 1));
    let gone = refusal(desk.check_out(&call(), wanted(session, "gone")).await);
    assert_eq!(gone, OrdersError::Gone { sku: sku(7) });
    shop.network.world(|world| world.put(session.into(), 1, UNITS + 1));
    let short = OrdersError::OutOfStock { sku: sku(1), name: "Product 1".to_owned(), available: UNITS };
    assert_eq!(refusal(desk.check_out(&call(), wanted(session, "short")).await), short);
    assert_eq!(refusal(desk.check_out(&call(), wanted(session, "short")).await), short, "the same answer again");
}

#[tokio::test]
async fn a_declined_card_leaves_everything_as_it_was() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));
    let coupon = Some(COUPON.to_owned());
    let form = CheckOut { card: card(DECLINED_CARD), coupon, ..wanted(session, "key") };

    assert!(matches!(refusal(desk.check_out(&call(), form).await), OrdersError::Declined { .. }));

    shop.network.world(|world| {
        assert_eq!((world.shelf[&sku(0)], world.redeemed.len()), (UNITS, 0));
        assert_eq!(world.carts[&CartId::from(session)].units(), 1, "what was in the cart still is");
    });
    let audit = audit(&shop.database).await.unwrap();
    assert_eq!((audit.by_status(OrderStatus::Failed).0, audit.unsettled.len()), (1, 0));
}

#[tokio::test]
async fn a_coupon_takes_off_what_it_is_worth_and_one_that_is_none_is_named() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let wrong = CheckOut { coupon: Some("NONE".to_owned()), ..wanted(session, "wrong") };
    assert!(matches!(refusal(desk.check_out(&call(), wrong).await), OrdersError::Coupon { .. }));
    let right = CheckOut { coupon: Some(format!(" {COUPON} ")), ..wanted(session, "right") };
    let order = desk.check_out(&call(), right).await.unwrap();

    assert_eq!((order.discount.minor, order.total.minor), (100, 1_000 + 501 - 100));
    assert_eq!(desk.get(&call(), session, order.id).await.unwrap(), order);
    assert_eq!(shop.network.world(|world| world.payments[&order.id].amount), Some(order.total));
}

#[tokio::test]
async fn a_cancelled_order_gives_everything_back_once() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 2));
    let order = desk.check_out(&call(), wanted(session, "key")).await.unwrap();

    let cancelled = desk.cancel(&call(), session, order.id).await.unwrap();
    assert_eq!(cancelled.status, OrderStatus::Cancelled);
    assert_eq!(desk.cancel(&call(), session, order.id).await.unwrap(), cancelled);

    shop.network.world(|world| {
        assert_eq!((world.shelf[&sku(0)], world.payments[&order.id].refunds), (UNITS, 1));
        assert_eq!(world.shipments[&order.id], ShipmentStatus::CalledBack);
    });
    let events = shop.events(&desk).await;
    assert!(matches!(events[..], [OrderEvent::Placed { .. }, OrderEvent::Cancelled { .. }]), "{events:?}");
}

/// The calls of a check-out without a coupon, in their order; the reads before it may come in another one.
const RESERVE: usize = 4;
const CAPTURE: usize = RESERVE + 2;
const COMMIT: usize = RESERVE + 3;
const CLEAR: usize = RESERVE + 5;

fn luck_at(call: usize, luck: Luck) -> Vec<Luck> {
    [vec![Luck::Good; call], vec![luck]].concat()
}

#[tokio::test]
async fn a_capture_whose_answer_is_lost_is_found_and_the_order_goes_forward() {
    let shop = Shop::new(luck_at(CAPTURE, Luck::AnswerLost)).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let order = desk.check_out(&call(), wanted(session, "key")).await.unwrap();

    assert_eq!(order.status, OrderStatus::Confirmed);
    assert_eq!(shop.network.world(|world| world.payments[&order.id].captures), 1);
}

#[tokio::test]
async fn a_capture_that_arrives_late_takes_no_money() {
    let shop = Shop::new(luck_at(CAPTURE, Luck::Late)).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let outcome = desk.check_out(&call(), wanted(session, "key")).await;
    assert!(matches!(outcome, Err(Failure::Unavailable(_))), "{outcome:?}");
    assert_eq!(refusal(desk.check_out(&call(), wanted(session, "key")).await), OrdersError::FailedBefore);

    assert_eq!(shop.network.deliver_late(), 1);
    shop.network.world(|world| {
        assert!(world.payments.values().all(|payment| payment.captures == 0));
        assert_eq!(world.shelf[&sku(0)], UNITS);
    });
}

#[tokio::test]
async fn stock_that_was_given_away_after_the_money_was_taken_gives_the_money_back() {
    let shop = Shop::new(luck_at(COMMIT, Luck::CrashBefore)).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));
    tokio::spawn(async move { desk.check_out(&call(), wanted(session, "key")).await });
    shop.network.crashed().await;
    shop.network.world(World::let_holds_run_out);

    let desk = shop.desk().await;
    shop.settle(&desk).await;

    assert_eq!(audit(&shop.database).await.unwrap().by_status(OrderStatus::Failed).0, 1);
    shop.network.world(|world| assert!(world.payments.values().all(|payment| payment.refunds == 1)));
    saga::assert_invariants(&shop, &desk).await;
}

#[tokio::test]
async fn a_crash_at_each_call_leaves_an_order_that_recovery_settles() {
    for luck in [Luck::CrashBefore, Luck::CrashAfter] {
        for at in RESERVE..=CLEAR {
            let shop = Shop::new(luck_at(at, luck)).await;
            let (desk, session) = (shop.desk().await, SessionId::generate());
            shop.network.world(|world| world.put(session.into(), 0, 1));
            let placing = tokio::spawn(async move { desk.check_out(&call(), wanted(session, "key")).await });
            shop.network.crashed().await;
            assert!(!placing.is_finished(), "call {at} {luck:?}");

            let desk = shop.desk().await;
            shop.settle(&desk).await;

            let paid = shop.network.world(|world| world.payments.values().any(|payment| payment.captures == 1));
            let expected = at > CAPTURE || (at == CAPTURE && luck == Luck::CrashAfter);
            assert_eq!(paid, expected, "call {at} {luck:?}");
            let status = if paid { OrderStatus::Confirmed } else { OrderStatus::Failed };
            assert_eq!(audit(&shop.database).await.unwrap().by_status(status).0, 1, "call {at} {luck:?}");
            let left = shop.network.world(|world| world.in_cart(session.into()));
            assert_eq!(left == 0, paid, "what was bought is out of the cart, and only that: call {at} {luck:?}");
            let again = desk.check_out(&call(), wanted(session, "key")).await;
            assert_eq!(again.is_ok(), paid, "call {at} {luck:?}: {again:?}");
            saga::assert_invariants(&shop, &desk).await;
        }
    }
}

#[tokio::test]
async fn a_visitor_who_goes_away_changes_nothing() {
    let shop = Shop::new(Vec::new()).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));

    let visitor = tokio::spawn(async move { desk.check_out(&call(), wanted(session, "key")).await.map(drop) });
    testkit::eventually("the order is written down", || async {
        !audit(&shop.database).await.unwrap().orders.is_empty()
    })
    .await;
    visitor.abort();

    testkit::eventually("the order is confirmed all the same", || async {
        audit(&shop.database).await.unwrap().by_status(OrderStatus::Confirmed).0 == 1
    })
    .await;
}

#[tokio::test]
async fn what_was_left_behind_is_settled_in_the_background_until_the_process_ends() {
    let shop = Shop::new(luck_at(CAPTURE, Luck::CrashAfter)).await;
    let (desk, session) = (shop.desk().await, SessionId::generate());
    shop.network.world(|world| world.put(session.into(), 0, 1));
    tokio::spawn(async move { desk.check_out(&call(), wanted(session, "key")).await });
    shop.network.crashed().await;
    let desk = shop.desk().await;
    let waiting = refusal(desk.check_out(&call(), wanted(session, "key")).await);
    assert_eq!(waiting, OrdersError::InProgress, "nobody knows yet");

    let shutdown = Shutdown::by_hand(Duration::from_secs(5));
    let running = tokio::spawn(desk.clone().run(shutdown.clone()));
    testkit::eventually("the order is confirmed", || async {
        desk.check_out(&call(), wanted(session, "key")).await.is_ok()
    })
    .await;

    shutdown.request();
    running.await.unwrap();
}
