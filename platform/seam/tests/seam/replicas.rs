//! Several processes of a group: who is asked when one of them is gone.

use std::{net::TcpListener, time::Duration};

use seam::{Call, wire::ServerOptions};

use crate::far::{CALLER, Process, Topology, call, over};

#[tokio::test]
async fn a_replica_that_starts_anew_is_not_asked_while_another_answers() {
    let topology = Topology::closed();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let dying = Process::start_on(held.try_clone().unwrap(), &topology, ServerOptions::default());
    let other = Process::start(&topology);
    let peers = topology.lines(&[dying.address, other.address]);
    let probe = over(&peers);
    for _ in 0..4 {
        probe.nothing(&call()).await.unwrap();
    }
    assert_eq!(
        peers.figures().iter().map(|replica| replica.lines).collect::<Vec<_>>(),
        [1, 1],
        "they are asked in turn"
    );

    dying.kill().await;

    // Its address goes on accepting connections, and whoever is asked there waits for its return.
    for number in 0..20 {
        let hurried = Call::new(CALLER, Duration::from_millis(400));
        assert_eq!(probe.nothing(&hurried).await, Ok(()), "call {number}");
    }
}
