//! What a hop does when the other side refuses, has too much to do, or talks nonsense.

use std::{io::Read, net::TcpListener, sync::atomic::Ordering::SeqCst};

use futures_util::future::join_all;
use seam::{
    Breakdown, Fault, MayHaveExecuted,
    wire::{PeerOptions, PeerState, ServerOptions},
};

use crate::{
    far::{CALLER, Process, Topology, call, eventually, over},
    going_wrong::{LOST, state},
};

#[tokio::test]
async fn a_stranger_is_denied_at_once() {
    let process = Process::start(&Topology::closed());
    let peers = Topology::closed().lines(&[process.address]);
    let probe = over(&peers);
    for _ in 0..3 {
        assert_eq!(probe.count(&call(), 0).await, Err(Fault::Breakdown(Breakdown::Denied)));
    }
    assert_eq!(state(&peers), PeerState::Refusing);
    assert_eq!(process.service.begun.load(SeqCst), 0);
}

#[tokio::test]
async fn a_group_cannot_speak_for_a_module_of_another() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let peers = topology.lines(&[process.address]);
    let carrier = peers.carrier("probe");
    let seat = seam::Seat::<dyn crate::probe::Probe>::over(carrier, &seam::Edges::default());
    let (orders, storefront) = (seat.asked_by(seam::ModuleName::new("orders")), seat.asked_by(CALLER));
    assert_eq!(orders.nothing(&call()).await, Err(Fault::Breakdown(Breakdown::Denied)));
    assert_eq!(storefront.nothing(&call()).await, Ok(()), "the line itself is fine");
}

#[tokio::test]
async fn a_full_line_says_so_at_once() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let options = PeerOptions { calls_per_line: 8, ..PeerOptions::default() };
    let probe = over(&topology.peers(options, &[process.address]));
    probe.nothing(&call()).await.unwrap();
    let calls: Vec<_> = (0..12).map(|_| call()).collect();
    let answers = join_all(calls.iter().map(|call| probe.wait(call, 100))).await;
    let overloaded = |answer: &&Result<(), _>| matches!(answer, Err(Fault::Breakdown(Breakdown::Overloaded { .. })));
    assert_eq!(answers.iter().filter(overloaded).count(), 4);
    assert_eq!(probe.nothing(&call()).await, Ok(()), "there is room again");
}

#[tokio::test]
async fn a_busy_callee_sheds_what_matters_least() {
    let topology = Topology::closed();
    let options = ServerOptions { running: 10, ..ServerOptions::default() };
    let process = Process::start_with("127.0.0.1:0".parse().unwrap(), &topology, options);
    let probe = over(&topology.lines(&[process.address]));
    let slow: Vec<_> = (0..6).map(|_| call()).collect();
    let slow = join_all(slow.iter().map(|call| probe.wait(call, 400)));
    let asked = async {
        eventually("six are running", async || process.service.begun.load(SeqCst) == 6).await;
        let sheddable = call().with_criticality(seam::Criticality::Sheddable);
        let shed = probe.nothing(&sheddable).await;
        assert!(matches!(shed, Err(Fault::Breakdown(Breakdown::Overloaded { .. }))), "{shed:?}");
        assert_eq!(probe.nothing(&call()).await, Ok(()));
    };
    let (slow, ()) = tokio::join!(slow, asked);
    assert!(slow.into_iter().all(|answer| answer.is_ok()));
}

#[tokio::test]
async fn a_callee_that_talks_nonsense_breaks_its_own_line_only() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Accepts one line, then claims a frame of four gigabytes.
    let nonsense = std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let opened = b"\x03\x00\x00\x00\x10{}";
        write!(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", opened.len()).unwrap();
        stream.write_all(opened).unwrap();
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(b"\r\n4\r\n\xff\xff\xff\xff\r\n").unwrap();
        let _ = stream.read(&mut [0; 4096]);
    });
    let topology = Topology::closed();
    let probe = over(&topology.lines(&[address]));
    assert_eq!(probe.count(&call(), 0).await, Err(LOST));
    nonsense.join().unwrap();
}

#[tokio::test]
async fn an_oversized_question_breaks_one_call_only() {
    let topology = Topology::closed();
    let options = ServerOptions { largest_frame: 32 * 1024, ..ServerOptions::default() };
    let process = Process::start_with("127.0.0.1:0".parse().unwrap(), &topology, options);
    let probe = over(&topology.lines(&[process.address]));
    probe.nothing(&call()).await.unwrap();
    let answer = probe.echo(&call(), "x".repeat(100 * 1024)).await;
    assert!(
        matches!(answer, Err(Fault::Breakdown(Breakdown::Broken { executed: MayHaveExecuted::No, .. }))),
        "{answer:?}"
    );
    assert_eq!(probe.nothing(&call()).await, Ok(()));
}

#[tokio::test]
async fn an_oversized_answer_breaks_one_call_only() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let options = PeerOptions { largest_frame: 32 * 1024, large_answer: 16 * 1024, ..PeerOptions::default() };
    let probe = over(&topology.peers(options, &[process.address]));
    for answer in [probe.take_bytes(&call(), 100 * 1024).await, probe.read_bytes(&call(), 100 * 1024).await] {
        let Err(Fault::Breakdown(Breakdown::Broken { executed, .. })) = answer else { panic!("{answer:?}") };
        assert_eq!(executed, MayHaveExecuted::Maybe);
    }
    assert_eq!(probe.nothing(&call()).await, Ok(()));
}
