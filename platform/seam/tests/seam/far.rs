//! The probe in every place: here, through the codec, over lines and by plain POSTs, each over real sockets where there are any.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, dev::ServerHandle};
use seam::{
    Call, Edges, ModuleName, Seat,
    wire::{
        Authority, CarriedBy, Codec, Identity, InMemory, PeerOptions, Peers, Secret, Server, ServerBuilder,
        ServerOptions, Tls,
    },
};

use crate::probe::{Probe, Probed};

pub(crate) const CALLER: ModuleName = ModuleName::new("storefront");

/// A call that has all the time a test needs.
pub(crate) fn call() -> Call {
    Call::new(CALLER, Duration::from_secs(20))
}

/// A probe somewhere, and what the test needs to look behind it.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) service: Arc<Probed>,
    /// Keeps the far end alive.
    _process: Option<Process>,
}

/// The probe in all places.
pub(crate) fn everywhere() -> Vec<Place> {
    let mut places = vec![here(), codec("codec, JSON", Codec::Json), codec("codec, binary", Codec::Binary)];
    for (name, carried_by, codec) in [
        ("line, JSON", CarriedBy::Lines, Codec::Json),
        ("line, binary", CarriedBy::Lines, Codec::Binary),
        ("plain, JSON", CarriedBy::Plain, Codec::Json),
        ("plain, binary", CarriedBy::Plain, Codec::Binary),
    ] {
        let topology = Topology::closed();
        let process = Process::start(&topology);
        let peers = topology.peers(PeerOptions { carried_by, codec, ..PeerOptions::default() }, &[process.address]);
        let service = process.service.clone();
        places.push(Place { name, probe: over(&peers), service, _process: Some(process) });
    }
    for (name, carried_by) in [("line, sealed", CarriedBy::Lines), ("plain, sealed", CarriedBy::Plain)] {
        let topology = Topology::sealed();
        let process = Process::start(&topology);
        let peers = topology.peers(PeerOptions { carried_by, ..PeerOptions::default() }, &[process.address]);
        let service = process.service.clone();
        places.push(Place { name, probe: over(&peers), service, _process: Some(process) });
    }
    places
}

fn here() -> Place {
    let service = Arc::new(Probed::default());
    let probe = Seat::<dyn Probe>::here(service.clone(), &Edges::default()).asked_by(CALLER);
    Place { name: "here", probe, service, _process: None }
}

fn codec(name: &'static str, codec: Codec) -> Place {
    let service = Arc::new(Probed::default());
    let routes = Seat::<dyn Probe>::here(service.clone(), &Edges::default()).routes();
    let carrier = Arc::new(InMemory::new(routes, codec));
    let probe = Seat::<dyn Probe>::over(carrier, &Edges::default()).asked_by(CALLER);
    Place { name, probe, service, _process: None }
}

/// The probe as `peers` carry calls to it.
pub(crate) fn over(peers: &Peers) -> Arc<dyn Probe> {
    Seat::<dyn Probe>::over(peers.carrier("probe"), &Edges::default()).asked_by(CALLER)
}

/// Two groups, `storefront` and `probe`, and whether they must prove who they are.
pub(crate) struct Topology {
    secret: Option<Secret>,
    authority: Option<Authority>,
}

impl Topology {
    pub(crate) fn closed() -> Self {
        Self { secret: Some(Secret::random()), authority: None }
    }

    pub(crate) fn sealed() -> Self {
        Self { authority: Some(Authority::random().unwrap()), ..Self::closed() }
    }

    pub(crate) fn open() -> Self {
        Self { secret: None, authority: None }
    }

    pub(crate) fn identity(&self, group: &str) -> Identity {
        match &self.secret {
            Some(secret) => secret.identity(group, &["storefront", "probe"]),
            None => Identity::open(group),
        }
    }

    pub(crate) fn tls(&self, group: &str) -> Option<Tls> {
        self.authority.as_ref().map(|authority| Tls::new(authority.certify(group).unwrap()).unwrap())
    }

    pub(crate) fn peers(&self, options: PeerOptions, addresses: &[SocketAddr]) -> Peers {
        let tls = self.tls("storefront");
        let peers = Peers::new(self.identity("storefront"), PeerOptions { tls, ..options });
        peers.add("probe", addresses.to_vec());
        peers
    }

    pub(crate) fn lines(&self, addresses: &[SocketAddr]) -> Peers {
        self.peers(PeerOptions::default(), addresses)
    }
}

/// A probe behind an internal listener of its own, on threads of its own.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Probed>,
    pub(crate) server: Server,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(topology: &Topology) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), topology)
    }

    pub(crate) fn start_at(address: SocketAddr, topology: &Topology) -> Self {
        Self::start_with(address, topology, ServerOptions::default())
    }

    pub(crate) fn start_with(address: SocketAddr, topology: &Topology, options: ServerOptions) -> Self {
        Self::start_on(TcpListener::bind(address).unwrap(), topology, options)
    }

    /// On a listener that may outlive it, as `cleave up` holds one.
    pub(crate) fn start_on(listener: TcpListener, topology: &Topology, options: ServerOptions) -> Self {
        let service = Arc::new(Probed::default());
        let server = ServerBuilder::new(topology.identity("probe"), options)
            .offer(Seat::<dyn Probe>::here(service.clone(), &Edges::default()).routes())
            .knows("storefront", ["storefront"])
            .knows("probe", ["probe"])
            .build()
            .unwrap();
        let address = listener.local_addr().unwrap();
        let (started, handle) = mpsc::channel();
        let (mounted, tls) = (server.clone(), topology.tls("probe"));
        let thread = std::thread::spawn(move || {
            actix_rt::System::new().block_on(async move {
                let serving = HttpServer::new(move || App::new().configure(|config| mounted.configure(config)))
                    .workers(2)
                    .tcp_nodelay(true)
                    .disable_signals()
                    .shutdown_timeout(5);
                let serving = match tls {
                    Some(tls) => serving.listen_rustls_0_23(listener, tls.server_config()),
                    None => serving.listen(listener),
                };
                let running = serving.unwrap().run();
                started.send(running.handle()).unwrap();
                running.await.unwrap();
            });
        });
        Self { address, service, server, handle: handle.recv().unwrap(), thread: Some(thread) }
    }

    /// Ends the process as a crash would: connections break, whatever runs is dropped.
    pub(crate) async fn kill(mut self) -> SocketAddr {
        self.handle.stop(false).await;
        self.thread.take().unwrap().join().unwrap();
        self.address
    }

    /// Ends the process as a stop would.
    pub(crate) async fn stop(mut self) {
        self.server.drain(Duration::from_secs(5)).await;
        self.handle.stop(true).await;
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Sends the command; nobody needs to wait for it.
        drop(self.handle.stop(false));
    }
}

/// Waits until `holds`, and fails after ten seconds.
#[expect(clippy::disallowed_methods, reason = "a pause between two looks at a condition")]
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}: not within ten seconds");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
