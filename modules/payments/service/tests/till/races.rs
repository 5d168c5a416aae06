//! Commands that meet: whatever the order, money moves once, and the till believes what the ledger says.

use std::{sync::Arc, time::Duration};

use payments_contract::{PaymentStatus, PaymentsService as _, VoidOutcome};
use payments_provider::{LOST_ANSWER_CARD, accounts};
use payments_service::{PaymentsModule, audit};
use proptest::prelude::*;
use vocabulary::OrderId;

use crate::support::{AMOUNT, GOOD_CARD, Shop, call, card, shop, tokio};

#[derive(Clone, Copy, Debug)]
enum Step {
    Authorize,
    Capture,
    Void,
    Refund,
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop_oneof![
        3 => Just(Step::Authorize),
        3 => Just(Step::Capture),
        2 => Just(Step::Void),
        1 => Just(Step::Refund),
    ];
    // The time a caller waits before it is dropped, in milliseconds: many are dropped on the way.
    prop::collection::vec((step, prop_oneof![0..6_u64, Just(10_000)]), 1..10)
}

async fn take(till: Arc<PaymentsModule>, order: OrderId, number: &'static str, step: Step) {
    let call = call();
    match step {
        Step::Authorize => drop(till.authorize(&call, order, AMOUNT, card(number)).await),
        Step::Capture => drop(till.capture(&call, order).await),
        Step::Void => drop(till.void(&call, order).await),
        Step::Refund => drop(till.refund(&call, order).await),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_meets_at_the_till_money_moves_once_and_void_settles_it(
        first in steps(),
        then in steps(),
        loses_answers: bool,
    ) {
        tokio().block_on(async {
            let Shop { till, provider, database, folder: _folder } = shop().await;
            let (till, order) = (Arc::new(till), OrderId::generate());
            let number = if loses_answers { LOST_ANSWER_CARD } else { GOOD_CARD };
            // One waits for another, while two such rows run side by side.
            let row = |steps: Vec<(Step, u64)>| {
                let till = till.clone();
                async move {
                    for (step, patience) in steps {
                        let taken = take(till.clone(), order, number, step);
                        let _ = tokio::time::timeout(Duration::from_millis(patience), taken).await;
                    }
                }
            };
            tokio::join!(row(first), row(then));

            let settled = till.void(&call(), order).await.unwrap();
            let account = accounts(&provider.entries()).remove(&order).unwrap_or_default();
            let believed = audit(&database).await.unwrap().payments[&order];
            prop_assert!(account.captures <= 1 && account.refunds <= 1, "{}", provider.story(order));
            prop_assert!(believed.is_settled(), "{believed:?}");
            match settled {
                VoidOutcome::AlreadyCaptured => {
                    prop_assert_eq!(believed.status, PaymentStatus::Captured);
                    prop_assert_eq!(account.captured, Some(AMOUNT));
                    prop_assert_eq!(account.refunds, 0);
                }
                VoidOutcome::Voided => {
                    prop_assert_eq!(account.kept(), 0, "{}", provider.story(order));
                    prop_assert!(till.capture(&call(), order).await.is_err());
                    prop_assert_eq!(accounts(&provider.entries()).remove(&order).unwrap_or_default().kept(), 0);
                }
            }
            provider.stop().await;
            Ok(())
        })?;
    }
}
