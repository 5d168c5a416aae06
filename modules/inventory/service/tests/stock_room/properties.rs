//! Whatever is asked in whatever order, no unit is lost, made up or sold twice.

use std::collections::BTreeMap;

use inventory_contract::InventoryError;
use proptest::prelude::*;
use seam::Failure;
use vocabulary::OrderId;

use crate::support::{StockRoom, line, sku};

const SKUS: [&str; 2] = ["MUG", "JAR"];
const INITIAL: u32 = 6;
const ORDERS: usize = 4;

/// Something that may be asked of the stock room.
#[derive(Clone, Debug)]
enum Step {
    Reserve { order: usize, units: [u32; 2] },
    Commit { order: usize },
    Release { order: usize },
    Restock { delivery: u8, units: u32 },
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..ORDERS, [1..5_u32, 1..5_u32]).prop_map(|(order, units)| Step::Reserve { order, units }),
        3 => (0..ORDERS).prop_map(|order| Step::Commit { order }),
        2 => (0..ORDERS).prop_map(|order| Step::Release { order }),
        1 => (0..2_u8, 1..4_u32).prop_map(|(delivery, units)| Step::Restock { delivery, units }),
        1 => Just(Step::Expire),
    ]
}

/// What became of an order, as the simplest possible stock room would remember it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Held([u32; 2]),
    Sold([u32; 2]),
    Released,
}

#[derive(Default)]
struct Model {
    orders: BTreeMap<usize, State>,
    deliveries: BTreeMap<u8, u32>,
}

impl Model {
    fn available(&self) -> [u32; 2] {
        let restocked: u32 = self.deliveries.values().sum();
        let mut left = [INITIAL + restocked, INITIAL];
        for state in self.orders.values() {
            if let State::Held(units) | State::Sold(units) = state {
                left = [left[0] - units[0], left[1] - units[1]];
            }
        }
        left
    }

    fn sold(&self) -> i64 {
        let sold = self.orders.values().filter_map(|state| match state {
            State::Sold(units) => Some(i64::from(units[0] + units[1])),
            _ => None,
        });
        sold.sum()
    }

    /// Answers as the contract says: `true` for done, `false` for refused.
    fn take(&mut self, step: &Step) -> bool {
        let available = self.available();
        match *step {
            Step::Reserve { order, units } => match self.orders.get(&order) {
                Some(State::Held(_) | State::Sold(_)) => true,
                Some(State::Released) => false,
                None if units[0] <= available[0] && units[1] <= available[1] => {
                    self.orders.insert(order, State::Held(units));
                    true
                }
                None => false,
            },
            Step::Commit { order } => match self.orders.get(&order).copied() {
                Some(State::Held(units) | State::Sold(units)) => {
                    self.orders.insert(order, State::Sold(units));
                    true
                }
                _ => false,
            },
            Step::Release { order } => {
                self.orders.insert(order, State::Released);
                true
            }
            Step::Restock { delivery, units } => {
                self.deliveries.entry(delivery).or_insert(units);
                true
            }
            Step::Expire => {
                for state in self.orders.values_mut() {
                    if matches!(state, State::Held(_)) {
                        *state = State::Released;
                    }
                }
                true
            }
        }
    }
}

async fn ask(room: &StockRoom, orders: &[OrderId], step: &Step) -> Result<(), Failure<InventoryError>> {
    match *step {
        Step::Reserve { order, units } => {
            room.reserve(orders[order], [line(SKUS[0], units[0]), line(SKUS[1], units[1])]).await.map(|_| ())
        }
        Step::Commit { order } => room.commit(orders[order]).await,
        Step::Release { order } => room.release(orders[order]).await,
        Step::Restock { delivery, units } => {
            room.restock(&format!("delivery {delivery}"), [line(SKUS[0], units)]).await
        }
        Step::Expire => {
            room.module.release_expired(i64::MAX).await.unwrap();
            Ok(())
        }
    }
}

async fn every_answer_is_that_of_the_model(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let room = StockRoom::with([(SKUS[0], INITIAL), (SKUS[1], INITIAL)]).await;
    let orders: Vec<OrderId> = (0..ORDERS).map(|_| OrderId::generate()).collect();
    let mut model = Model::default();
    for step in &steps {
        let done = match ask(&room, &orders, step).await {
            Ok(()) => true,
            Err(Failure::Domain(_)) => false,
            Err(Failure::Unavailable(reason)) => return Err(TestCaseError::fail(reason)),
        };
        prop_assert_eq!(done, model.take(step), "{:?}", step);

        let available = room.available(SKUS).await;
        prop_assert_eq!([available[&sku(SKUS[0])], available[&sku(SKUS[1])]], model.available(), "after {:?}", step);
        let audit = room.audit().await;
        prop_assert_eq!(&audit.imbalances, &vec![], "after {:?}", step);
        prop_assert_eq!(audit.sold, model.sold(), "after {:?}", step);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_unit_is_lost_made_up_or_sold_twice(steps in prop::collection::vec(step(), 1..30)) {
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        executor.block_on(every_answer_is_that_of_the_model(steps))?;
    }
}
