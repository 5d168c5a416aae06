//! What a caller sees must not depend on where the callee is.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use seam::{
    Breakdown, Call, Edges, Fault, MayHaveExecuted, ModuleName, Seat,
    wire::{PeerOptions, Peers},
};

use crate::{
    far::{CALLER, Process, Topology, call, eventually, everywhere},
    probe::{Probe, ProbeError, Shape, Shapes},
};

#[tokio::test]
async fn arguments_and_answers_of_every_shape_arrive_everywhere() {
    let shapes = Shapes {
        pair: (255, i64::MIN),
        list: vec![
            Shape::Unit,
            Shape::Newtype("Zoë \u{1f9e6} \0 \"".into()),
            Shape::Tuple(0, true),
            Shape::Struct { name: String::new(), price: None },
            Shape::Struct { name: "mug".into(), price: Some(i64::MAX) },
        ],
        map: BTreeMap::from([("half".into(), Some(0.5)), ("none".into(), None)]),
        shared: Arc::new(Shape::Newtype("shared".into())),
        unit: (),
    };
    for place in everywhere() {
        let Shapes { pair, list, map, shared, unit } = shapes.clone();
        let answer = place.probe.shapes(&call(), pair, list, map, shared, unit).await;
        assert_eq!(*answer.unwrap(), shapes, "{}", place.name);
        assert_eq!(place.probe.nothing(&call()).await, Ok(()), "{}", place.name);
        assert_eq!(place.probe.echo(&call(), "ho".repeat(500)).await, Ok("ho".repeat(500)), "{}", place.name);
    }
}

#[tokio::test]
async fn a_domain_error_arrives_with_its_fields_everywhere() {
    let errors = [
        ProbeError::No,
        ProbeError::Not("today".into()),
        ProbeError::Wrong { field: "quantity".into(), why: Some(7) },
        ProbeError::Wrong { field: "quantity".into(), why: None },
    ];
    for place in everywhere() {
        for error in errors.clone() {
            let refused = place.probe.refuse(&call(), error.clone()).await;
            assert_eq!(refused, Err(Fault::Domain(error)), "{}", place.name);
        }
    }
}

#[tokio::test]
async fn what_a_module_lacks_is_unavailable_everywhere() {
    for place in everywhere() {
        let lacked = place.probe.lack(&call()).await;
        assert_eq!(lacked, Err(Fault::Breakdown(Breakdown::lost())), "{}", place.name);
    }
}

#[tokio::test]
async fn a_panic_is_a_fault_of_one_call_everywhere() {
    for place in everywhere() {
        let (at_once, later, neighbour) = (call(), call(), call());
        let (at_once, later, neighbour) = tokio::join!(
            place.probe.panic(&at_once, 0),
            place.probe.panic(&later, 20),
            place.probe.wait(&neighbour, 50)
        );
        assert_eq!(at_once, Err(Fault::Breakdown(Breakdown::Panicked)), "{}", place.name);
        assert_eq!(later, Err(Fault::Breakdown(Breakdown::Panicked)), "{}", place.name);
        assert_eq!(neighbour, Ok(()), "{}", place.name);
    }
}

#[tokio::test]
async fn a_call_whose_deadline_has_passed_is_not_made_anywhere() {
    for place in everywhere() {
        let refused = place.probe.count(&Call::new(CALLER, Duration::ZERO), 0).await;
        let expected = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::No };
        assert_eq!(refused, Err(Fault::Breakdown(expected)), "{}", place.name);
        assert_eq!(place.service.begun.load(SeqCst), 0, "{}", place.name);
    }
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline_everywhere_and_so_does_the_work() {
    for place in everywhere() {
        place.probe.nothing(&call()).await.unwrap();
        let began = Instant::now();
        let late = place.probe.wait(&Call::new(CALLER, Duration::from_millis(150)), 400).await;
        let expected = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe };
        assert_eq!(late, Err(Fault::Breakdown(expected)), "{}", place.name);
        let took = began.elapsed();
        assert!(took > Duration::from_millis(100) && took < Duration::from_millis(350), "{}: {took:?}", place.name);
        // By the time a later and longer call is answered, the first would have ended too.
        place.probe.wait(&call(), 500).await.unwrap();
        assert_eq!(place.service.ended.load(SeqCst), 1, "{}: the first was given up", place.name);
    }
}

#[tokio::test]
async fn dropped_callers_harm_nobody_anywhere() {
    for place in everywhere() {
        for _ in 0..20 {
            let (call, text) = (call(), "dropped".to_owned());
            let mut dropped = place.probe.echo(&call, text);
            // Polled once, so that it is under way, then dropped.
            let _ = futures_util::poll!(&mut dropped);
            drop(dropped);
            let slow = call.clone();
            let mut dropped = place.probe.wait(&slow, 30);
            let _ = futures_util::poll!(&mut dropped);
            drop(dropped);
        }
        let texts: Vec<_> = (0..50).map(|number| format!("{number}")).collect();
        let calls: Vec<_> = texts.iter().map(|_| call()).collect();
        let answers = join_all(texts.iter().zip(&calls).map(|(text, call)| place.probe.echo(call, text.clone()))).await;
        for (text, answer) in texts.into_iter().zip(answers) {
            assert_eq!(answer, Ok(text), "{}", place.name);
        }
    }
}

#[tokio::test]
async fn the_slow_do_not_hold_up_the_fast_anywhere() {
    for place in everywhere() {
        place.probe.nothing(&call()).await.unwrap();
        let slow = call();
        let mut slow = std::pin::pin!(place.probe.wait(&slow, 5_000));
        assert!(futures_util::poll!(&mut slow).is_pending());
        let began = Instant::now();
        for _ in 0..20 {
            place.probe.nothing(&call()).await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{}: {:?}", place.name, began.elapsed());
        assert!(futures_util::poll!(&mut slow).is_pending());
    }
}

#[tokio::test]
async fn large_values_arrive_everywhere_and_run_once() {
    for place in everywhere() {
        for bytes in [60_000, 70_000, 1_000_000] {
            assert_eq!(place.probe.read_bytes(&call(), bytes).await.unwrap().len(), bytes, "{}", place.name);
            assert_eq!(place.probe.take_bytes(&call(), bytes).await.unwrap().len(), bytes, "{}", place.name);
            let text = "y".repeat(bytes);
            assert!(place.probe.echo(&call(), text.clone()).await.unwrap() == text, "{}: {bytes} bytes", place.name);
        }
        eventually("small calls still work", async || place.probe.nothing(&call()).await.is_ok()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_on_a_multi_threaded_runtime_are_answered_too() {
    for place in everywhere() {
        let calls = (0..200).map(|number| {
            let probe = place.probe.clone();
            tokio::spawn(async move { probe.echo(&call(), format!("{number}")).await })
        });
        for (number, answer) in join_all(calls).await.into_iter().enumerate() {
            assert_eq!(answer.unwrap(), Ok(format!("{number}")), "{}", place.name);
        }
    }
}

#[tokio::test]
async fn a_process_can_be_asked_over_its_own_address() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let itself = Peers::new(topology.identity("probe"), PeerOptions::default());
    itself.add("probe", vec![process.address]);
    let seat = Seat::<dyn Probe>::over(itself.carrier("probe"), &Edges::default());
    let seen = seat.asked_by(ModuleName::new("probe")).circumstances(&call()).await.unwrap();
    assert_eq!(seen.caller, "probe");
}

#[test]
fn callers_without_a_runtime_are_answered_too() {
    for place in everywhere() {
        let (call, text) = (call(), "nobody drives me".to_owned());
        // What waits for nothing needs no runtime here; what crosses a process is driven by the shared thread.
        if place.name.starts_with("plain") {
            continue;
        }
        let answer = futures_util::FutureExt::now_or_never(place.probe.echo(&call, text.clone()))
            .unwrap_or_else(|| block_on(place.probe.echo(&call, text.clone())));
        assert_eq!(answer, Ok(text), "{}", place.name);
    }
}

/// Waits without any runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let (mut future, mut context) = (std::pin::pin!(future), std::task::Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
