//! Where a call cannot be the same in every place: each difference is pinned, so that it neither grows nor is forgotten.

use std::{sync::Arc, time::Duration};

use seam::{Breakdown, Call, Fault, MayHaveExecuted, ModuleName};
use testkit::eventually;

use crate::{
    parity::{Places, Way},
    support::visitor::MUG,
};

fn call() -> Call {
    Call::new(ModuleName::new("storefront"), Duration::from_secs(20))
}

/// Large answers may be held as `Arc`: here, two callers share one value; anywhere else each has a copy. The value is the same,
/// and cannot be changed, so only memory tells.
#[actix_web::test]
async fn a_shared_answer_is_one_value_here_and_a_copy_elsewhere() {
    let places = Places::open().await;
    for (way, catalog) in places.of(&places.seats.catalog) {
        let ask = async || catalog.get_many(&call(), vec![MUG.parse().unwrap()]).await.unwrap().remove(0);
        let (first, second) = (ask().await, ask().await);

        assert_eq!(first, second, "{way}");
        assert_eq!(Arc::ptr_eq(&first, &second), way == Way::Here, "{way}");
    }
    places.close().await;
}

/// A module here is there for as long as its caller is. One in another process may have gone, and then calls fail at once,
/// without having left, instead of waiting for their deadline.
#[actix_web::test]
async fn only_another_process_can_be_gone() {
    let places = Places::open().await;
    places.other().kill();
    places.other().ended().await;

    for (way, currency) in places.of(&places.seats.currency) {
        if !matches!(way, Way::Process(_)) {
            assert!(currency.supported(&call()).await.is_ok(), "{way}");
            continue;
        }
        // The first call may still find a line that nobody has noticed to be dead.
        eventually(&format!("asking {way} fails without having left"), || async {
            let gone = Breakdown::Unavailable { executed: MayHaveExecuted::No };
            currency.supported(&call()).await == Err(Fault::Breakdown(gone))
        })
        .await;
        let asked = std::time::Instant::now();
        assert!(currency.supported(&call()).await.is_err(), "{way}");
        assert!(asked.elapsed() < Duration::from_secs(5), "{way}: a module that is gone is no reason to wait");
    }
}
