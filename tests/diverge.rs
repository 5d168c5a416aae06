//! Where a call cannot be the same in every place: each difference is pinned, so that it neither grows nor is forgotten.
//!
//! `docs/guide/here-and-at.md` says the same to people, and names these tests.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::{Duration, Instant},
};

use actix_web::dev::ServerHandle;
use currency_contract::{Currency, CurrencyError, CurrencyService};
use futures_util::future::join;
use seam::{
    Breakdown, Call, Edges, Fault, MayHaveExecuted, Outcome, Seat,
    wire::{CarriedBy, Identity, PeerOptions, Peers, Secret, ServerBuilder, ServerOptions},
};
use testkit::eventually;
use tokio::sync::Semaphore;
use vocabulary::{Currency as CurrencyCode, Money};

use crate::{
    parity::{CALLER, Company, GROUP, Place, Way, call, peers, serve},
    support::visitor::MUG,
};

tokio::task_local! {
    /// Something that belongs to the caller's task.
    static OF_THE_CALLER: ();
}

/// Asking for this currency makes the rates block their thread.
const THAT_BLOCKS: CurrencyCode = CurrencyCode::JPY;
/// For how long.
const BLOCKING: Duration = Duration::from_millis(600);

/// How calls go to another process.
const ELSEWHERE: [CarriedBy; 2] = [CarriedBy::Lines, CarriedBy::Plain];

/// Large answers may be held as `Arc`: here, two callers share one value; anywhere else each has a copy. The value is the same,
/// and cannot be changed, so only memory tells.
#[actix_web::test]
async fn a_shared_answer_is_one_value_here_and_a_copy_elsewhere() {
    for way in Way::ALL {
        let place = Place::open(way, "catalog", Company::Nobody).await;
        let catalog = place.ask(|seats| &seats.catalog);
        let ask = async || catalog.get_many(&call(), vec![MUG.parse().unwrap()]).await.unwrap().remove(0);
        let (first, second) = (ask().await, ask().await);

        assert_eq!(first, second, "{way}");
        assert_eq!(Arc::ptr_eq(&first, &second), way == Way::Here, "{way}");
        place.close().await;
    }
}

/// A module here is there for as long as its caller is. One in another process may have gone; calls to it then fail at once and
/// for certain, instead of waiting for their deadline, and what may be repeated was tried twice.
#[actix_web::test]
async fn only_another_process_can_be_gone() {
    let place = Place::open(Way::Process, "currency", Company::Nobody).await;
    let currency = place.ask(|seats| &seats.currency);
    currency.supported(&call()).await.unwrap();
    let process = place.process().expect("it is asked in another process");

    process.kill();
    process.ended().await;

    // The first call may still find a line that nobody has noticed to be dead.
    eventually("a call fails without having left", || async {
        currency.supported(&call()).await == Err(Fault::Breakdown(Breakdown::not_there()))
    })
    .await;
    let asked = Instant::now();
    assert!(currency.supported(&call()).await.is_err());
    assert!(asked.elapsed() < Duration::from_secs(5), "a module that is gone is no reason to wait");
    assert!(place.asked_of("currency").methods[0].retries > 0, "a read is worth a second attempt");
}

/// Here, a call that has begun is one that executes. Elsewhere it may lie in front of a process that hangs: nothing has happened,
/// and the caller cannot know, so it is told *maybe*.
#[actix_web::test]
async fn a_process_that_hangs_leaves_its_caller_uncertain() {
    let place = Place::open(Way::Process, "currency", Company::Nobody).await;
    let currency = place.ask(|seats| &seats.currency);
    currency.supported(&call()).await.unwrap();
    let process = place.process().expect("it is asked in another process");

    process.freeze();
    eventually("all its threads are stopped", || async { is_stopped(process.pid()) }).await;
    let answer = currency.supported(&call().within(Duration::from_millis(500))).await;
    process.thaw();

    let late = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe };
    assert_eq!(answer, Err(Fault::Breakdown(late)));
    place.close().await;
}

/// Here, the caller's own task does the work, and stops with it. Elsewhere the question has left: whoever goes away without
/// waiting for the answer does not take it back.
#[actix_web::test]
async fn work_goes_on_without_its_caller_only_elsewhere() {
    let here = Arc::new(Rates::default());
    leaves_in_the_middle(&*Seat::<dyn Currency>::here(here.clone(), &Edges::default()).asked_by(CALLER), &here).await;
    assert_eq!(here.given_up.load(SeqCst), 1, "dropped with its caller");

    for carried_by in ELSEWHERE {
        let there = Arc::new(Rates::default());
        let far = Far::of(there.clone(), carried_by);
        leaves_in_the_middle(&*far.currency, &there).await;
        there.gate.add_permits(1);
        eventually("the work is finished", || async { there.finished.load(SeqCst) == 1 }).await;
        assert_eq!(there.given_up.load(SeqCst), 0, "{carried_by:?}");
        far.close().await;
    }
}

/// Here, the service runs inside the caller's task, and sees what belongs to it, such as task-locals. Elsewhere it does not: what
/// a service needs to know of its caller stands in the call.
#[actix_web::test]
async fn what_belongs_to_the_callers_task_is_seen_only_here() {
    let rates = Arc::new(Rates::default());
    let here = Seat::<dyn Currency>::here(rates.clone(), &Edges::default()).asked_by(CALLER);
    let seen_through = async |asked: &dyn Currency| {
        OF_THE_CALLER.scope((), asked.convert_many(&call(), Vec::new(), CurrencyCode::EUR)).await.unwrap();
        rates.saw_the_callers_task.swap(0, SeqCst) == 1
    };

    assert!(seen_through(&*here).await);
    for carried_by in ELSEWHERE {
        let far = Far::of(rates.clone(), carried_by);
        assert!(!seen_through(&*far.currency).await, "{carried_by:?}");
        far.close().await;
    }
}

/// Here, caller and service share a thread: a service that blocks it, which none should, keeps its caller beyond the deadline.
/// Elsewhere the caller's wait ends when it should.
#[actix_web::test]
async fn a_service_that_blocks_its_thread_holds_its_caller_up_only_here() {
    let rates = Arc::new(Rates::default());
    let ask =
        async |asked: &dyn Currency| asked.convert_many(&call().within(BLOCKING / 4), Vec::new(), THAT_BLOCKS).await;
    let here = Seat::<dyn Currency>::here(rates.clone(), &Edges::default()).asked_by(CALLER);

    let began = Instant::now();
    assert_eq!(ask(&*here).await, Ok(Vec::new()), "the deadline was not noticed");
    assert!(began.elapsed() >= BLOCKING);

    for carried_by in ELSEWHERE {
        let far = Far::of(rates.clone(), carried_by);
        let answer = ask(&*far.currency).await;
        let is_late = matches!(answer, Err(Fault::Breakdown(Breakdown::DeadlineExceeded { .. })));
        assert!(is_late, "{carried_by:?}: {answer:?}");
        far.close().await;
    }
}

/// Here, an answer may be as large as memory. Elsewhere there is a largest one; beyond it the call has had its effect, and its
/// answer does not arrive.
#[actix_web::test]
async fn an_answer_can_be_too_large_only_elsewhere() {
    let rates = Arc::new(Rates::default());
    let ask = async |asked: &dyn Currency| {
        let amounts = vec![Money::new(1, CurrencyCode::EUR); 1_000];
        asked.convert_many(&call(), amounts, CurrencyCode::EUR).await
    };
    let here = Seat::<dyn Currency>::here(rates.clone(), &Edges::default()).asked_by(CALLER);
    assert!(ask(&*here).await.is_ok());

    for carried_by in ELSEWHERE {
        let options = PeerOptions { carried_by, largest_frame: 4 * 1_024, ..PeerOptions::default() };
        let far = Far::with(rates.clone(), options, ServerOptions::default());
        let answer = ask(&*far.currency).await;
        let Err(Fault::Breakdown(Breakdown::Broken { executed, .. })) = answer else {
            panic!("{carried_by:?}: {answer:?}");
        };
        assert_eq!(executed, MayHaveExecuted::Maybe, "{carried_by:?}");
        far.close().await;
    }
}

/// Here, a call that waits costs its caller alone. A process that others ask bounds how many calls wait in it, and turns more
/// away before they begin.
#[actix_web::test]
async fn only_a_process_that_is_asked_by_others_sheds() {
    let rates = Arc::new(Rates::default());
    let here = Seat::<dyn Currency>::here(rates.clone(), &Edges::default()).asked_by(CALLER);
    let (first, second) = (call(), call());
    let mut both = join(here.supported(&first), here.supported(&second));
    reaches(&mut both, || rates.begun.load(SeqCst) == 2).await;
    drop(both);

    for carried_by in ELSEWHERE {
        let bounded = ServerOptions { running: 1, ..ServerOptions::default() };
        let far = Far::with(rates.clone(), PeerOptions { carried_by, ..PeerOptions::default() }, bounded);
        let before = rates.begun.load(SeqCst);
        let waiting = call();
        let mut waiting = far.currency.supported(&waiting);
        reaches(&mut waiting, || rates.begun.load(SeqCst) > before).await;

        let shed = far.currency.supported(&call()).await;
        assert!(matches!(shed, Err(Fault::Breakdown(Breakdown::Overloaded { .. }))), "{carried_by:?}: {shed:?}");
        assert_eq!(rates.begun.load(SeqCst), before + 1, "{carried_by:?}: it was not begun");
        rates.gate.add_permits(1);
        assert!(waiting.await.is_ok(), "{carried_by:?}: the first is answered");
        far.close().await;
    }
}

/// Within a process everybody may ask and both sides are of one version. Between processes a caller may not prove who it is, and
/// a callee may lack what it is asked for; neither call is begun.
#[actix_web::test]
async fn only_a_hop_can_be_denied_or_not_understood() {
    let rates = Seat::<dyn Currency>::here(Arc::new(Rates::default()), &Edges::default());
    let closed = ServerBuilder::new(Secret::random().identity(GROUP, &[GROUP]), ServerOptions::default());
    let (server, address) = serve(closed.offer(rates.routes()));
    let (empty, nothing_here) = serve(ServerBuilder::new(Identity::open(GROUP), ServerOptions::default()));

    for carried_by in ELSEWHERE {
        let ask = async |address| {
            let peers = peers(PeerOptions { carried_by, ..PeerOptions::default() }, address);
            let seat = Seat::<dyn Currency>::over(peers.carrier(GROUP), &Edges::default());
            let answer = seat.asked_by(CALLER).supported(&call()).await;
            peers.drain(Duration::from_secs(1)).await;
            answer
        };

        assert_eq!(ask(address).await, Err(Fault::Breakdown(Breakdown::Denied)), "{carried_by:?}");
        let broken = ask(nothing_here).await;
        let expected = MayHaveExecuted::No;
        assert!(
            matches!(&broken, Err(Fault::Breakdown(Breakdown::Broken { executed, .. })) if *executed == expected),
            "{carried_by:?}: {broken:?}"
        );
    }
    server.stop(false).await;
    empty.stop(false).await;
}

fn is_stopped(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let stat = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
    threads.flatten().all(|thread| stat(thread).contains(") T "))
}

#[test]
fn the_guide_names_every_difference_and_no_other() {
    let (tests, guide) = (include_str!("diverge.rs"), include_str!("../docs/guide/here-and-at.md"));
    let differences: Vec<_> = tests
        .split("#[actix_web::test]\nasync fn ")
        .skip(1)
        .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
        .collect();
    let section = guide.split("\n## ").find(|section| section.starts_with("What differs")).unwrap();
    let named: Vec<_> = section.split('`').filter(|word| word.matches('_').count() > 2).collect();

    assert_eq!(
        named, differences,
        "docs/guide/here-and-at.md must have a row for each test, in the order of this file"
    );
}

/// Rates that answer when they are told to, and tell what became of the question.
struct Rates {
    gate: Semaphore,
    begun: AtomicUsize,
    finished: AtomicUsize,
    given_up: AtomicUsize,
    saw_the_callers_task: AtomicUsize,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            gate: Semaphore::new(0),
            begun: AtomicUsize::default(),
            finished: AtomicUsize::default(),
            given_up: AtomicUsize::default(),
            saw_the_callers_task: AtomicUsize::default(),
        }
    }
}

impl CurrencyService for Rates {
    /// Waits until the gate lets one more through.
    async fn supported(&self, _call: &Call) -> Outcome<Vec<CurrencyCode>, CurrencyError> {
        self.begun.fetch_add(1, SeqCst);
        let under_way = UnderWay(self);
        self.gate.acquire().await.expect("the gate is never closed").forget();
        std::mem::forget(under_way);
        self.finished.fetch_add(1, SeqCst);
        Ok(vec![CurrencyCode::EUR])
    }

    /// Answers with what it was given: at once, or after it has blocked its thread.
    async fn convert_many(
        &self,
        _call: &Call,
        amounts: Vec<Money>,
        to: CurrencyCode,
    ) -> Outcome<Vec<Money>, CurrencyError> {
        if to == THAT_BLOCKS {
            let (_nobody_speaks, nothing_comes) = mpsc::channel::<()>();
            let _ = nothing_comes.recv_timeout(BLOCKING);
        }
        let seen = OF_THE_CALLER.try_with(|()| ()).is_ok();
        self.saw_the_callers_task.store(usize::from(seen), SeqCst);
        Ok(amounts)
    }
}

/// Notes when a question is dropped before it is answered.
struct UnderWay<'a>(&'a Rates);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, SeqCst);
    }
}

/// Rates behind a listener of this process.
struct Far {
    currency: Arc<dyn Currency>,
    peers: Peers,
    server: ServerHandle,
}

impl Far {
    fn of(rates: Arc<Rates>, carried_by: CarriedBy) -> Self {
        Self::with(rates, PeerOptions { carried_by, ..PeerOptions::default() }, ServerOptions::default())
    }

    fn with(rates: Arc<Rates>, options: PeerOptions, server: ServerOptions) -> Self {
        let routes = Seat::<dyn Currency>::here(rates, &Edges::default()).routes();
        let (server, address) = serve(ServerBuilder::new(Identity::open(GROUP), server).offer(routes));
        let peers = peers(options, address);
        let currency = Seat::<dyn Currency>::over(peers.carrier(GROUP), &Edges::default()).asked_by(CALLER);
        Self { currency, peers, server }
    }

    async fn close(self) {
        self.peers.drain(Duration::from_secs(1)).await;
        self.server.stop(false).await;
    }
}

/// Asks, and goes away when the service has begun.
async fn leaves_in_the_middle(asked: &dyn Currency, rates: &Rates) {
    let call = call();
    let mut answer = asked.supported(&call);
    reaches(&mut answer, || rates.begun.load(SeqCst) == 1).await;
}

/// Lets a call go on until something has come true of it.
async fn reaches<T>(answer: &mut (impl Future<Output = T> + Unpin), come_true: impl Fn() -> bool) {
    let progress = eventually("the call has begun", || async { come_true() });
    tokio::select! {
        biased;
        _ = answer => panic!("the gate is closed, and the call was answered"),
        () = progress => {}
    }
}
