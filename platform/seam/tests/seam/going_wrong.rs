//! What a hop does when the other side is not there, hangs, dies or ends.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener},
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use seam::{
    Breakdown, Call, Fault, MayHaveExecuted,
    wire::{PeerOptions, PeerState, Peers},
};

use crate::{
    far::{CALLER, Process, Topology, call, eventually, over},
    probe::ProbeError,
};

const NOT_THERE: Fault<ProbeError> = Fault::Breakdown(Breakdown::Unavailable { executed: MayHaveExecuted::No });
pub(crate) const LOST: Fault<ProbeError> =
    Fault::Breakdown(Breakdown::Unavailable { executed: MayHaveExecuted::Maybe });

pub(crate) fn state(peers: &Peers) -> PeerState {
    peers.figures()[0].state
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_peer_that_is_not_there_fails_calls_at_once() {
    let topology = Topology::closed();
    let peers = topology.lines(&[nobody()]);
    let probe = over(&peers);
    assert_eq!(probe.count(&call(), 0).await, Err(NOT_THERE));
    assert_eq!(state(&peers), PeerState::Down);
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(probe.count(&call(), 0).await, Err(NOT_THERE));
    }
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_group_without_addresses_is_not_there() {
    let peers = Topology::closed().lines(&[]);
    assert_eq!(over(&peers).nothing(&call()).await, Err(NOT_THERE));
}

#[tokio::test]
async fn a_peer_that_comes_up_later_is_found() {
    let topology = Topology::closed();
    let address = nobody();
    let peers = topology.lines(&[address]);
    let probe = over(&peers);
    assert_eq!(probe.nothing(&call()).await, Err(NOT_THERE));
    let _process = Process::start_at(address, &topology);
    eventually("the peer is found", async || probe.nothing(&call()).await.is_ok()).await;
    assert_eq!(state(&peers), PeerState::Up);
}

#[tokio::test]
async fn a_killed_peer_loses_what_it_was_asked_and_is_found_again() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let peers = topology.lines(&[process.address]);
    let probe = over(&peers);
    probe.nothing(&call()).await.unwrap();
    let service = process.service.clone();
    let slow = tokio::spawn({
        let probe = probe.clone();
        async move { probe.count(&call(), 10_000).await }
    });
    eventually("the slow call has begun", async || service.begun.load(SeqCst) == 1).await;
    let address = process.kill().await;
    assert_eq!(slow.await.unwrap(), Err(LOST), "it may have executed, and is not repeated");
    eventually("the peer counts as down", async || state(&peers) == PeerState::Down).await;
    assert_eq!(probe.count(&call(), 0).await, Err(NOT_THERE));
    let again = Process::start_at(address, &topology);
    eventually("the peer is found again", async || probe.nothing(&call()).await.is_ok()).await;
    assert_eq!(probe.count(&call(), 0).await, Ok(1));
    assert_eq!(again.service.begun.load(SeqCst), 1, "the lost call was not sent again");
}

#[tokio::test]
async fn calls_that_have_not_left_wait_for_a_peer_that_starts() {
    // Whoever starts a topology binds the listeners first: connections come about before anybody accepts them.
    let topology = Topology::closed();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peers = topology.lines(&[address]);
    let probe = over(&peers);
    let waiting = tokio::spawn(async move { probe.count(&call(), 0).await });
    eventually("the call waits", async || peers.figures()[0].lines == 1).await;
    drop(listener);
    let _process = Process::start_at(address, &topology);
    // The first connection was reset with its listener; the next finds the peer, or finds it not yet there.
    let answered = waiting.await.unwrap();
    assert!(answered == Ok(1) || answered == Err(NOT_THERE), "{answered:?}");
}

#[tokio::test]
async fn a_peer_that_never_answers_costs_no_call_more_than_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = PeerOptions { opening: Duration::from_millis(300), ..PeerOptions::default() };
    let peers = Topology::closed().peers(options, &[listener.local_addr().unwrap()]);
    let probe = over(&peers);
    let began = Instant::now();
    let late = probe.count(&Call::new(CALLER, Duration::from_millis(60)), 0).await;
    let expected = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::No };
    assert_eq!(late, Err(Fault::Breakdown(expected)), "it never left");
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    assert_eq!(probe.count(&call(), 0).await, Err(NOT_THERE), "the one with more time learns that nobody is there");
    assert_eq!(state(&peers), PeerState::Down);
    let began = Instant::now();
    assert_eq!(probe.count(&call(), 0).await, Err(NOT_THERE));
    assert!(began.elapsed() < Duration::from_millis(50), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_peer_that_hangs_is_cut_off_when_its_oldest_answer_is_overdue() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let options = PeerOptions { patience: Duration::from_millis(200), ..PeerOptions::default() };
    let peers = topology.peers(options, &[process.address]);
    let probe = over(&peers);
    probe.nothing(&call()).await.unwrap();
    // The line's worker computes: nothing on this line is answered meanwhile, not even that the deadline has passed.
    let late = Call::new(CALLER, Duration::from_millis(100));
    let patient = call();
    let (late, patient) = tokio::join!(probe.hog(&late, 1_500), probe.count(&patient, 0));
    let expected = Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe };
    assert_eq!(late, Err(Fault::Breakdown(expected)));
    assert_eq!(patient, Err(LOST), "the one beside it is told, long before its own deadline");
    eventually("the peer is found again", async || probe.nothing(&call()).await.is_ok()).await;
    assert!(peers.figures()[0].lost >= 1);
}

#[tokio::test]
async fn a_peer_that_ends_gracefully_loses_no_call() {
    let topology = Topology::closed();
    let (first, second) = (Process::start(&topology), Process::start(&topology));
    let peers = topology.lines(&[first.address, second.address]);
    let probe = over(&peers);
    let busy = (0..8).map(|_| {
        let probe = probe.clone();
        tokio::spawn(async move {
            let mut answered = 0;
            let until = Instant::now() + Duration::from_millis(800);
            while Instant::now() < until {
                probe.count(&call(), 5).await.unwrap();
                answered += 1;
            }
            answered
        })
    });
    let busy = join_all(busy);
    let (begun, service) = (Instant::now(), second.service.clone());
    let stopped = async {
        eventually("both are asked", async || second.service.begun.load(SeqCst) > 20).await;
        second.stop().await;
        begun.elapsed()
    };
    let (answered, stopped_after) = tokio::join!(busy, stopped);
    let answered: u32 = answered.into_iter().map(Result::unwrap).sum();
    let begun = first.service.begun.load(SeqCst) + service.begun.load(SeqCst);
    assert_eq!(begun, answered, "every call ran once and was answered");
    assert!(stopped_after < Duration::from_millis(1_500), "the stop did not wait for its time-out: {stopped_after:?}");
}

#[tokio::test]
async fn a_caller_that_ends_gracefully_gets_its_last_answers() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let peers = topology.lines(&[process.address]);
    let probe = over(&peers);
    probe.nothing(&call()).await.unwrap();
    let slow = tokio::spawn({
        let probe = probe.clone();
        async move { probe.count(&call(), 200).await }
    });
    eventually("the slow call has begun", async || process.service.begun.load(SeqCst) == 1).await;
    peers.drain(Duration::from_secs(5)).await;
    assert_eq!(slow.await.unwrap(), Ok(1));
    assert_eq!(peers.figures()[0].lines, 0);
    assert_eq!(probe.nothing(&call()).await, Err(NOT_THERE), "nobody is asked any more");
    let began = Instant::now();
    process.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "no line holds the callee: {:?}", began.elapsed());
}

#[tokio::test]
async fn where_no_line_comes_to_life_calls_travel_plainly() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let proxy = buffering_proxy(process.address);
    let options = PeerOptions { opening: Duration::from_millis(300), ..PeerOptions::default() };
    let peers = topology.peers(options, &[proxy]);
    let probe = over(&peers);
    assert_eq!(probe.echo(&call(), "through the proxy".into()).await, Ok("through the proxy".into()));
    assert!(peers.figures()[0].plain);
    let began = Instant::now();
    assert_eq!(probe.count(&call(), 0).await, Ok(1));
    assert!(began.elapsed() < Duration::from_millis(250), "the next does not try a line first: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_quiet_line_stays_open_beyond_every_keep_alive() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let options = PeerOptions { silence: Duration::from_millis(200), ..PeerOptions::default() };
    let peers = topology.peers(options, &[process.address]);
    let probe = over(&peers);
    probe.nothing(&call()).await.unwrap();
    let began = Instant::now();
    eventually("six seconds pass", async || began.elapsed() > Duration::from_secs(6)).await;
    probe.nothing(&call()).await.unwrap();
    assert_eq!(peers.figures()[0].opened, 1, "signs of life kept the one line open");
}

#[tokio::test]
async fn unsent_calls_that_nobody_waits_for_never_leave() {
    let topology = Topology::closed();
    let address = nobody();
    let listener = TcpListener::bind(address).unwrap();
    let peers = topology.lines(&[address]);
    let probe = over(&peers);
    // Nobody accepts yet, so these wait to be sent; their callers go.
    for _ in 0..10 {
        let dropped = Call::new(CALLER, Duration::from_millis(20));
        let late = probe.count(&dropped, 0).await;
        assert!(late.is_err());
    }
    drop(listener);
    let process = Process::start_at(address, &topology);
    eventually("the peer is found", async || probe.nothing(&call()).await.is_ok()).await;
    assert_eq!(process.service.begun.load(SeqCst), 0);
}

/// Passes on whole requests only, as many proxies do: a request without an end never arrives.
fn buffering_proxy(behind: SocketAddr) -> SocketAddr {
    use std::io::Write;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut far = None;
                loop {
                    let mut request = Vec::new();
                    let mut buffer = [0; 4096];
                    let (head, length) = loop {
                        let Ok(read @ 1..) = stream.read(&mut buffer) else { return };
                        request.extend_from_slice(&buffer[..read]);
                        let text = String::from_utf8_lossy(&request).to_lowercase();
                        let Some(head) = text.find("\r\n\r\n") else { continue };
                        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                        if text.starts_with("get") {
                            break (head + 4, 0);
                        }
                        // Without a length the proxy waits for the end, which never comes.
                        let Some(length) = length.and_then(|length| length.trim().parse::<usize>().ok()) else {
                            continue;
                        };
                        break (head + 4, length);
                    };
                    while request.len() < head + length {
                        let Ok(read @ 1..) = stream.read(&mut buffer) else { return };
                        request.extend_from_slice(&buffer[..read]);
                    }
                    let far = far.get_or_insert_with(|| std::net::TcpStream::connect(behind).unwrap());
                    far.write_all(&request).unwrap();
                    let mut answer = Vec::new();
                    loop {
                        let Ok(read @ 1..) = far.read(&mut buffer) else { return };
                        answer.extend_from_slice(&buffer[..read]);
                        let text = String::from_utf8_lossy(&answer).to_lowercase();
                        let Some(head) = text.find("\r\n\r\n") else { continue };
                        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
                        if answer.len() >= head + 4 + length {
                            break;
                        }
                    }
                    if stream.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}
