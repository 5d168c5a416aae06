//! What travels beside the arguments arrives everywhere.

use std::{sync::Arc, time::Duration};

use seam::{Call, Criticality, Principal, Trace};

use crate::{
    far::{CALLER, everywhere},
    probe::Circumstances,
};

#[tokio::test]
async fn a_call_arrives_with_all_its_circumstances_everywhere() {
    let principal = Principal { subject: "zoë-7".into(), roles: vec!["merchant".into()] };
    let trace = Trace { id: 0xabc, span: 0xdef, sampled: true };
    for place in everywhere() {
        let call = Call::new(CALLER, Duration::from_secs(30))
            .traced(trace)
            .on_behalf_of(Arc::new(principal.clone()))
            .with_criticality(Criticality::Critical)
            .with_idempotency_key("order-7".into());
        let seen = place.probe.circumstances(&call).await.unwrap();
        let expected = Circumstances {
            caller: "storefront".into(),
            trace,
            principal: Some(principal.clone()),
            criticality: Criticality::Critical,
            idempotency_key: Some("order-7".into()),
            attempt: 1,
            left: seen.left,
        };
        assert_eq!(seen, expected, "{}", place.name);
        let left = seen.left.unwrap();
        assert!(left > Duration::from_secs(28) && left <= Duration::from_secs(30), "{}: {left:?}", place.name);
    }
}

#[tokio::test]
async fn a_call_with_nothing_but_a_caller_stays_so_everywhere() {
    for place in everywhere() {
        let seen = place.probe.circumstances(&Call::without_deadline(CALLER)).await.unwrap();
        let expected = Circumstances {
            caller: "storefront".into(),
            trace: Trace::default(),
            principal: None,
            criticality: Criticality::Normal,
            idempotency_key: None,
            attempt: 1,
            left: None,
        };
        assert_eq!(seen, expected, "{}", place.name);
    }
}
