//! Hops under TLS: that nothing readable passes, and that who is not of the topology is not believed.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, atomic::Ordering},
    thread,
};

use seam::{
    Breakdown, Edges, Fault, Seat,
    wire::{CarriedBy, PeerOptions, PeerState, Peers},
};

use crate::{
    far::{CALLER, Process, Topology, call, eventually, over},
    probe::Probe,
};

const BOTH: [CarriedBy; 2] = [CarriedBy::Lines, CarriedBy::Plain];

fn by(carried_by: CarriedBy) -> PeerOptions {
    PeerOptions { carried_by, ..PeerOptions::default() }
}

/// Asks once and expects to be denied, without the question having reached anybody.
async fn is_denied(peers: &Peers, process: &Process, why: &str) {
    let denied = over(peers).count(&call(), 0).await;
    assert!(matches!(denied, Err(Fault::Breakdown(Breakdown::Denied))), "{why}: {denied:?}");
    assert_eq!(peers.figures()[0].state, PeerState::Distrusted, "{why}");
    assert_eq!(process.service.begun.load(Ordering::SeqCst), 0, "{why}: nobody was asked");
}

#[actix_rt::test]
async fn a_peer_with_another_authoritys_certificate_is_not_asked() {
    let (ours, theirs) = (Topology::sealed(), Topology::sealed());
    let process = Process::start(&theirs);
    for carried_by in BOTH {
        is_denied(&ours.peers(by(carried_by), &[process.address]), &process, &format!("{carried_by:?}")).await;
    }
}

#[actix_rt::test]
async fn a_group_cannot_pass_for_another() {
    let topology = Topology::sealed();
    let process = Process::start(&topology);
    for carried_by in BOTH {
        let peers = topology.peers(by(carried_by), &[]);
        peers.add("orders", vec![process.address]);
        let probe = Seat::<dyn Probe>::over(peers.carrier("orders"), &Edges::default()).asked_by(CALLER);
        let denied = probe.count(&call(), 0).await;
        assert!(matches!(denied, Err(Fault::Breakdown(Breakdown::Denied))), "{carried_by:?}: {denied:?}");
    }
}

#[actix_rt::test]
async fn a_peer_in_the_open_is_not_asked_by_who_expects_it_sealed_and_is_once_it_is() {
    let (sealed, open) = (Topology::sealed(), Topology::closed());
    let process = Process::start(&open);
    let peers = sealed.peers(by(CarriedBy::Lines), &[process.address]);
    is_denied(&peers, &process, "a peer without TLS").await;
    let address = process.kill().await;
    let _process = Process::start_at(address, &sealed);
    let probe = over(&peers);
    eventually("the peer is believed once it proves itself", async || {
        probe.echo(&call(), "hello".to_owned()).await.is_ok()
    })
    .await;
}

#[actix_rt::test]
async fn what_is_asked_and_answered_can_be_read_on_the_way_only_in_the_open() {
    for (topology, readable) in [(Topology::closed(), true), (Topology::sealed(), false)] {
        for carried_by in BOTH {
            let process = Process::start(&topology);
            let (listening_in, heard) = listen_in_on(process.address);
            let peers = topology.peers(by(carried_by), &[listening_in]);
            let answer = over(&peers).echo(&call(), "nobody else's business".to_owned()).await.unwrap();
            assert_eq!(answer, "nobody else's business");
            let heard = heard.lock().unwrap();
            let found = String::from_utf8_lossy(&heard).contains("nobody else's business");
            assert_eq!(found, readable, "{carried_by:?}, {} bytes passed", heard.len());
        }
    }
}

/// Stands between, passes everything on and keeps what passed.
fn listen_in_on(address: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeping = heard.clone();
    thread::spawn(move || {
        for caller in listener.incoming().flatten() {
            let callee = TcpStream::connect(address).unwrap();
            for (from, to) in [(&caller, &callee), (&callee, &caller)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let keeping = keeping.clone();
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(read @ 1..) = from.read(&mut buffer) {
                        keeping.lock().unwrap().extend_from_slice(&buffer[..read]);
                        if to.write_all(&buffer[..read]).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    (own, heard)
}
