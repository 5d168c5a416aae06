//! Spans from outside: what is recorded of a sampled call in every place.
//!
//! A binary of its own, because recording begins once for a whole process and changes what the other tests look at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../seam/far.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod far;
#[path = "../seam/probe.rs"]
mod probe;

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use far::{CALLER, Place, call, eventually, everywhere};
use probe::{Probe, Probed};
use seam::{
    Breakdown, Call, Edges, Seat, Trace,
    spans::{self, Moment, Span},
    wire::{Carrier, Codec, InMemory, Question, Reply},
};

static RECORDED: OnceLock<Mutex<Vec<Span>>> = OnceLock::new();

/// A sampled trace that no other test has.
fn trace() -> Trace {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    RECORDED.get_or_init(|| {
        spans::record_to(|batch| RECORDED.get().unwrap().lock().unwrap().extend(batch));
        Mutex::default()
    });
    Trace { id: u128::from(NEXT.fetch_add(1, Relaxed)) << 64, span: 77, sampled: true }
}

fn spans_of(trace: Trace) -> Vec<Span> {
    spans::flush();
    let recorded = RECORDED.get().unwrap().lock().unwrap();
    recorded.iter().filter(|span| span.trace().id == trace.id).cloned().collect()
}

/// The one call of a trace as all who had a part in it saw it together, once `moments` are known of it.
async fn whole(trace: Trace, moments: &[Moment]) -> Vec<Span> {
    let is_known = |moment: &Moment| spans_of(trace).iter().any(|span| span.at(*moment).is_some());
    eventually("all have said their part", async || moments.iter().all(is_known)).await;
    spans_of(trace)
}

fn at(spans: &[Span], moment: Moment) -> u64 {
    spans.iter().find_map(|span| span.at(moment)).unwrap_or_else(|| panic!("nobody knows {moment:?}: {spans:?}"))
}

const HERE: [Moment; 4] = [Moment::Start, Moment::HandlerStart, Moment::HandlerEnd, Moment::End];
const HOP: [Moment; 12] = [
    Moment::Start,
    Moment::Asked,
    Moment::Serialised,
    Moment::Sent,
    Moment::Received,
    Moment::Taken,
    Moment::HandlerStart,
    Moment::HandlerEnd,
    Moment::Answered,
    Moment::Arrived,
    Moment::Woken,
    Moment::End,
];

/// What is known of a call in this place: only what leaves the process is on its way.
fn moments_in(place: &Place) -> Vec<Moment> {
    let without = |left_out: &[Moment]| HOP.into_iter().filter(|moment| !left_out.contains(moment)).collect();
    match place.name.split(',').next() {
        Some("here") => HERE.to_vec(),
        Some("codec") => without(&[Moment::Sent, Moment::Received, Moment::Taken, Moment::Answered, Moment::Arrived]),
        _ => HOP.to_vec(),
    }
}

#[tokio::test]
async fn the_parts_of_a_call_follow_one_another_and_are_all_of_it_everywhere() {
    for place in everywhere() {
        // The first call opens what there is to open.
        place.probe.nothing(&call()).await.unwrap();
        let trace = trace();
        place.probe.wait(&call().traced(trace), 3).await.unwrap();
        let moments = moments_in(&place);
        let spans = whole(trace, &moments).await;
        let ids: Vec<u64> = spans.iter().map(|span| span.trace().span).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{}: one call, one span: {spans:?}", place.name);
        let times: Vec<u64> = moments.iter().map(|moment| at(&spans, *moment)).collect();
        assert!(times.is_sorted(), "{}: {:?}", place.name, moments.iter().zip(&times).collect::<Vec<_>>());
        let caller = spans.iter().find(|span| span.at(Moment::End).is_some()).unwrap();
        assert_eq!((caller.parent(), caller.attempts()), (77, 1), "{}", place.name);
        assert_eq!(caller.names(), ["storefront", "probe", "wait"], "{}", place.name);
        let handler = at(&spans, Moment::HandlerEnd) - at(&spans, Moment::HandlerStart);
        assert!(handler >= 3_000_000, "{}: the service took {handler} ns", place.name);
    }
}

#[tokio::test]
async fn a_call_that_stays_is_as_many_bytes_as_one_that_leaves() {
    let mut seen = Vec::new();
    for place in everywhere().into_iter().filter(|place| !place.name.contains("JSON")) {
        let trace = trace();
        place.probe.echo(&call().traced(trace), "twelve bytes".to_owned()).await.unwrap();
        place.probe.nothing(&call().traced(trace)).await.unwrap();
        place.probe.refuse(&call().traced(trace), probe::ProbeError::Not("so".to_owned())).await.unwrap_err();
        let spans = spans_of(trace);
        let mut bytes: Vec<_> = spans.iter().filter(|span| span.at(Moment::End).is_some()).collect();
        bytes.sort_by_key(|span| span.at(Moment::Start));
        seen.push((place.name, bytes.iter().map(|span| span.bytes()).collect::<Vec<_>>()));
    }
    let (_, here) = &seen[0];
    assert_eq!(here[0], [19, 13], "a map of one name and one text; a text");
    for (place, bytes) in &seen {
        assert_eq!(bytes, here, "{place}");
    }
}

#[tokio::test]
async fn what_a_service_asks_in_turn_lies_below_its_own_span_everywhere() {
    for place in everywhere() {
        let trace = trace();
        let seen = place.probe.circumstances(&call().traced(trace)).await.unwrap();
        let spans = whole(trace, &[Moment::End]).await;
        let own = spans.iter().find(|span| span.at(Moment::End).is_some()).unwrap();
        assert_eq!(seen.trace, own.trace(), "{}", place.name);
        assert_ne!(seen.trace.span, 77, "{}", place.name);
    }
}

#[tokio::test]
async fn calls_that_are_made_together_are_seen_to_overlap_also_within_a_process() {
    // The in-memory rung is a process that nothing leaves, but its client believes that it does: it gives no way.
    for place in everywhere().into_iter().filter(|place| !place.name.starts_with("codec")) {
        place.probe.nothing(&call()).await.unwrap();
        let trace = trace();
        let call = call().traced(trace);
        let (first, second) = tokio::join!(place.probe.nothing(&call), place.probe.nothing(&call));
        first.and(second).unwrap();
        let mut spans = spans_of(trace);
        spans.retain(|span| span.at(Moment::End).is_some());
        let (begun, ended) =
            (spans.iter().map(|span| span.at(Moment::Start)), spans.iter().map(|span| span.at(Moment::End)));
        assert!(begun.max() < ended.min(), "{}: {spans:?}", place.name);
    }
}

#[tokio::test]
async fn only_sampled_calls_are_recorded_and_those_of_nobody() {
    let sampled = trace();
    let unsampled = Trace { sampled: false, ..sampled };
    for place in everywhere() {
        place.probe.nothing(&call().traced(unsampled)).await.unwrap();
        let of_nobody = call();
        assert!(of_nobody.trace().sampled, "while spans are recorded, background work has traces of its own");
        place.probe.nothing(&of_nobody).await.unwrap();
        whole(of_nobody.trace(), &[Moment::End]).await;
    }
    assert_eq!(spans_of(sampled), []);
}

#[tokio::test]
async fn a_call_whose_caller_went_away_has_an_end() {
    for place in everywhere() {
        let trace = trace();
        let call = call().traced(trace);
        let waited = tokio::time::timeout(Duration::from_millis(20), place.probe.wait(&call, 200)).await;
        assert!(waited.is_err(), "{}", place.name);
        let spans = whole(trace, &[Moment::End]).await;
        let whole = at(&spans, Moment::End) - at(&spans, Moment::Start);
        assert!(whole >= 20_000_000, "{}: {whole} ns", place.name);
    }
}

/// Loses the first attempt of every call.
struct Unlucky {
    behind: InMemory,
    attempts: AtomicU64,
}

impl Carrier for Unlucky {
    fn carry<'a>(
        &'a self,
        question: Question<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>> {
        if self.attempts.fetch_add(1, Relaxed).is_multiple_of(2) {
            return Box::pin(async { Err(Breakdown::lost()) });
        }
        self.behind.carry(question)
    }
}

#[tokio::test]
async fn every_attempt_counts_and_what_was_lost_with_the_first_is_not_taken_for_writing() {
    let trace = trace();
    let routes = Seat::<dyn Probe>::here(Arc::new(Probed::default()), &Edges::default()).routes();
    let carrier = Unlucky { behind: InMemory::new(routes, Codec::Binary), attempts: AtomicU64::new(0) };
    let probe = Seat::<dyn Probe>::over(Arc::new(carrier), &Edges::default()).asked_by(CALLER);
    probe.nothing(&Call::new(CALLER, Duration::from_secs(1)).traced(trace)).await.unwrap();
    let spans = whole(trace, &[Moment::End]).await;
    let caller = spans.iter().find(|span| span.at(Moment::End).is_some()).unwrap();
    assert_eq!(caller.attempts(), 2);
    assert!(caller.at(Moment::Start) < caller.at(Moment::Asked), "the second attempt begins later: {caller:?}");
}
