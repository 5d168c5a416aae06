//! Whatever gets lost, comes late or is cut off: in the end, an order is paid and sent, or it is as if it never was.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use orders_contract::{CheckOut, Order, OrderEvent, OrderStatus, OrdersService as _};
use orders_service::{OrdersModule, audit};
use proptest::prelude::*;
use shipping_contract::ShipmentStatus;
use tokio::runtime::{Builder, Runtime};
use vocabulary::{CartId, SessionId};

use crate::{
    network::Luck,
    support::{GOOD_CARD, Shop, call, card, wanted},
    world::{COUPON, DECLINED_CARD, HoldState, UNITS, sku},
};

/// What one visitor does, beside others.
#[derive(Clone, Copy, Debug)]
struct Visit {
    session: usize,
    key: usize,
    product: usize,
    quantity: u32,
    declined: bool,
    coupon: bool,
    cancels: bool,
    /// After how many milliseconds the visitor goes away.
    patience: Option<u64>,
}

fn visit() -> impl Strategy<Value = Visit> {
    let what = (0..2_usize, 0..3_usize, 0..2_usize, 1..5_u32);
    let how = (prop::bool::weighted(0.15), prop::bool::weighted(0.3), prop::bool::weighted(0.3));
    (what, how, prop::option::weighted(0.2, 0..15_u64)).prop_map(
        |((session, key, product, quantity), (declined, coupon, cancels), patience)| Visit {
            session,
            key,
            product,
            quantity,
            declined,
            coupon,
            cancels,
            patience,
        },
    )
}

fn luck() -> impl Strategy<Value = Vec<Luck>> {
    let one = prop_oneof![
        20 => Just(Luck::Good),
        2 => Just(Luck::CallLost),
        2 => Just(Luck::AnswerLost),
        2 => Just(Luck::Late),
        1 => Just(Luck::AfterTheHolds),
        1 => Just(Luck::CrashBefore),
        1 => Just(Luck::CrashAfter),
    ];
    prop::collection::vec(one, 0..80)
}

/// What visitors were told, which has to stay true.
type Acknowledged = Arc<Mutex<Vec<(SessionId, String, Order)>>>;

async fn visit_the_shop(desk: OrdersModule, session: SessionId, visit: Visit, acknowledged: Acknowledged) {
    let key = format!("key-{}", visit.key);
    let form = CheckOut {
        card: card(if visit.declined { DECLINED_CARD } else { GOOD_CARD }),
        coupon: visit.coupon.then(|| COUPON.to_owned()),
        ..wanted(session, &key)
    };
    let shopping = async {
        let Ok(order) = desk.check_out(&call(), form).await else { return };
        acknowledged.lock().unwrap().push((session, key, order.clone()));
        if visit.cancels
            && let Ok(cancelled) = desk.cancel(&call(), session, order.id).await
        {
            acknowledged.lock().unwrap().push((session, format!("cancelled {}", order.id), cancelled));
        }
    };
    let patience = visit.patience.map_or(Duration::from_secs(20), Duration::from_millis);
    let _ = tokio::time::timeout(patience, shopping).await;
}

/// What must hold whenever everything is quiet.
pub(crate) async fn assert_invariants(shop: &Shop, desk: &OrdersModule) {
    let audit = audit(&shop.database).await.unwrap();
    assert_eq!((audit.unsettled.len(), audit.duplicate_keys.len()), (0, 0), "{audit:?}");
    let placed: BTreeSet<_> = audit
        .orders
        .iter()
        .filter(|(_, order)| matches!(order.status, OrderStatus::Confirmed | OrderStatus::Cancelled))
        .map(|(id, _)| *id)
        .collect();
    shop.network.world(|world| {
        for (id, payment) in &world.payments {
            let order = audit.orders.get(id).expect("no payment without an order");
            let paid = order.status == OrderStatus::Confirmed;
            assert_eq!(payment.captures - payment.refunds, u32::from(paid), "{id} {order:?} {payment:?}");
            if payment.captures == 1 {
                assert_eq!(payment.amount, Some(order.total), "{id}: what was taken is what the order says");
            }
        }
        let unpaid = placed.iter().filter(|id| !world.payments.contains_key(id)).count();
        assert_eq!(unpaid, 0, "no order without a payment");
        for number in 0..2 {
            let (held, sold) = world.units(&sku(number));
            assert_eq!(world.shelf[&sku(number)] + held + sold, UNITS, "no unit is made or lost");
            assert_eq!(held, 0, "nothing is held for nobody");
        }
        for (id, (state, _)) in &world.holds {
            let confirmed = audit.orders[id].status == OrderStatus::Confirmed;
            assert_eq!(*state == HoldState::Committed, confirmed, "{id}: sold when confirmed, and only then");
        }
        for (id, status) in &world.shipments {
            let confirmed = audit.orders[id].status == OrderStatus::Confirmed;
            assert_eq!(*status == ShipmentStatus::Sent, confirmed, "{id}: under way when confirmed, and only then");
        }
        let redeemed: BTreeSet<_> = world.redeemed.keys().copied().collect();
        assert!(redeemed.is_subset(&placed), "a coupon is used up by an order that was placed, or not at all");
    });
    let mut told = BTreeMap::<_, Vec<&str>>::new();
    let events = if placed.is_empty() { Vec::new() } else { shop.events(desk).await };
    for event in &events {
        match event {
            OrderEvent::Placed { order, .. } => told.entry(order.id).or_default().push("placed"),
            OrderEvent::Cancelled { order, .. } => told.entry(order.id).or_default().push("cancelled"),
        }
    }
    for id in &placed {
        let cancelled = audit.orders[id].status == OrderStatus::Cancelled;
        let expected: &[&str] = if cancelled { &["placed", "cancelled"] } else { &["placed"] };
        assert_eq!(told.remove(id).unwrap_or_default(), expected, "{id}: each event once and in order");
    }
    assert!(told.is_empty(), "no event without its order: {told:?}");
}

fn assert_promises(acknowledged: &Acknowledged, audit: &orders_service::Audit) {
    let mut by_key = BTreeMap::new();
    for (session, key, order) in acknowledged.lock().unwrap().iter() {
        let stored = audit.orders.get(&order.id).expect("what was acknowledged stays");
        match order.status {
            OrderStatus::Cancelled => assert_eq!(stored.status, OrderStatus::Cancelled, "{}", order.id),
            _ => assert!(matches!(stored.status, OrderStatus::Confirmed | OrderStatus::Cancelled), "{}", order.id),
        }
        let first = *by_key.entry((*session, key.clone())).or_insert(order.id);
        assert_eq!(first, order.id, "one order per key");
    }
}

/// What a process runs its tasks in: dropped in a crash, it drops them wherever they are.
fn process() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_goes_wrong_an_order_is_paid_and_sent_or_never_was(
        waves in prop::collection::vec(prop::collection::vec(visit(), 1..4), 1..4),
        luck in luck(),
    ) {
        let test = process();
        test.block_on(async {
            let shop = Shop::new(luck).await;
            let sessions: Vec<_> = (0..2).map(|_| SessionId::generate()).collect();
            let acknowledged = Acknowledged::default();
            let (mut desk, mut alive) = (shop.desk().await, process());
            for wave in waves {
                shop.network.world(|world| {
                    for visit in &wave {
                        world.put(CartId::from(sessions[visit.session]), visit.product, visit.quantity);
                    }
                });
                let visits = wave.into_iter().map(|visit| {
                    let visiting =
                        visit_the_shop(desk.clone(), sessions[visit.session], visit, acknowledged.clone());
                    alive.spawn(visiting)
                });
                tokio::select! {
                    _ = join_all(visits) => {}
                    () = shop.network.crashed() => {
                        std::mem::replace(&mut alive, process()).shutdown_background();
                        desk = shop.desk().await;
                        let recovering = desk.clone();
                        let settled = alive.spawn(async move { recovering.settle_once().await });
                        tokio::select! {
                            settled = settled => drop(settled),
                            () = shop.network.crashed() => {
                                std::mem::replace(&mut alive, process()).shutdown_background();
                                desk = shop.desk().await;
                            }
                        }
                    }
                }
            }
            shop.network.be_good();
            // Visitors who went away have left check-outs behind them, which end by themselves.
            shop.end(desk).await;
            let desk = shop.desk().await;
            shop.settle(&desk).await;
            assert_invariants(&shop, &desk).await;
            assert_promises(&acknowledged, &audit(&shop.database).await.unwrap());

            shop.network.deliver_late();
            assert_invariants(&shop, &desk).await;
            alive.shutdown_background();
        });
    }
}
