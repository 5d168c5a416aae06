//! One shop in this process and one in another, and every way there is to ask them.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, rt};
use cleave::{
    compose::{self, STOREFRONT, Seats},
    place::Place,
    settings::Settings,
};
use runtime::{DataFolder, Runtime, Sharing, Shutdown};
use seam::{
    Contract, Edges, Seat,
    wire::{CarriedBy, Codec, Identity, InMemory, PeerOptions, Peers, ServerBuilder, ServerOptions},
};
use testkit::{Folder, Process};

use super::CALLER;
use crate::support::{shop::READY_WITHIN, template};

/// The group that has everything but the pages.
const GROUP: &str = "shop";

/// How a contract is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Here,
    Coded(Codec),
    /// Over the network stack, to this process.
    Loopback(CarriedBy),
    /// Over the network stack, to a process with equal data.
    Process(CarriedBy),
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => write!(formatter, "here"),
            Self::Coded(codec) => write!(formatter, "through {codec:?}"),
            Self::Loopback(carried) => write!(formatter, "over loopback by {carried:?}"),
            Self::Process(carried) => write!(formatter, "in another process by {carried:?}"),
        }
    }
}

/// Both shops, and the lines to them.
pub(crate) struct Places {
    pub(crate) seats: Seats,
    runtime: Runtime,
    server: ServerHandle,
    own: [(CarriedBy, Peers); 2],
    others: [(CarriedBy, Peers); 2],
    edges: Edges,
    other: Process,
    folder: Folder,
}

impl Places {
    pub(crate) async fn open() -> Self {
        let folder = Folder::new();
        let (data, other_data) = (folder.path().join("data"), folder.path().join("other-data"));
        template::copy_to(&data);
        template::copy_to(&other_data);
        let other = start(&folder, &other_data);

        let modules: Vec<_> = compose::modules().filter(|module| *module != STOREFRONT).collect();
        let names = modules.iter().map(|module| module.as_str());
        let locked = DataFolder::lock(&data, names, Sharing::Alone).unwrap();
        let runtime = Runtime::new(locked, Shutdown::by_hand(Duration::from_secs(10)));
        let provider = cleave::provider::inside(&runtime).unwrap();
        let mut place = Place::alone(runtime.clone(), modules);
        let shop = compose::shop(&mut place, &Settings::default(), &provider).await.unwrap();
        let (server, own_address) = answer(&place);

        let line = other.line_within(READY_WITHIN, "ready ").await;
        let other_address = line.split(' ').nth(1).unwrap().trim_start_matches("http://").parse().unwrap();
        let both = |address| [CarriedBy::Lines, CarriedBy::Plain].map(|carried| (carried, peers(carried, address)));
        let (own, others) = (both(own_address), both(other_address));
        Self { seats: shop.seats, runtime, server, own, others, edges: Edges::default(), other, folder }
    }

    /// A contract in every place.
    pub(crate) fn of<C: Contract + ?Sized>(&self, seat: &Seat<C>) -> Vec<(Way, Arc<C>)> {
        let mut places = vec![(Way::Here, seat.asked_by(CALLER))];
        for codec in [Codec::Json, Codec::Binary] {
            let coded = Seat::<C>::over(Arc::new(InMemory::new(seat.routes(), codec)), &Edges::default());
            places.push((Way::Coded(codec), coded.asked_by(CALLER)));
        }
        let over = |peers: &Peers| Seat::<C>::over(peers.carrier(GROUP), &self.edges).asked_by(CALLER);
        places.extend(self.own.iter().map(|(carried, peers)| (Way::Loopback(*carried), over(peers))));
        places.extend(self.others.iter().map(|(carried, peers)| (Way::Process(*carried), over(peers))));
        places
    }

    /// The process that holds the second shop.
    pub(crate) fn other(&self) -> &Process {
        &self.other
    }

    pub(crate) async fn close(self) {
        let Self { runtime, server, own, others, other, folder, .. } = self;
        for (_, peers) in own.iter().chain(&others) {
            peers.drain(Duration::from_secs(2)).await;
        }
        server.stop(false).await;
        runtime.shutdown.request();
        let unfinished = runtime.tasks.ended(runtime.shutdown.time_left()).await;
        assert!(unfinished.is_empty(), "these did not end: {unfinished:?}");
        other.terminate();
        assert!(other.ended().await.success(), "{}", other.stderr());
        drop(folder);
    }
}

/// The second shop: one process of a topology of two, of which the other, with the pages, is not needed here.
fn start(folder: &Folder, data: &PathBuf) -> Process {
    let topology = folder.path().join("two.toml");
    let modules: Vec<String> = compose::modules()
        .filter(|module| *module != STOREFRONT)
        .map(|module| format!("{:?}", module.as_str()))
        .collect();
    let text = format!(
        "[groups.{GROUP}]\nmodules = [{}]\ninternal = \"127.0.0.1:1\"\n\n[groups.door]\nmodules = [{:?}]\ninternal = \"127.0.0.1:1\"\n",
        modules.join(", "),
        STOREFRONT.as_str()
    );
    std::fs::write(&topology, text).unwrap();
    let mut command = template::cleave();
    command.arg("serve").arg("--topology").arg(&topology).args(["--group", GROUP, "--internal", "127.0.0.1:0"]);
    command.arg("--data").arg(data).current_dir(folder.path());
    Process::start(command)
}

/// Answers for this process's shop at an address of its own.
fn answer(place: &Place) -> (ServerHandle, SocketAddr) {
    let mut builder = ServerBuilder::new(Identity::open(GROUP), ServerOptions::default());
    for routes in place.offered() {
        builder = builder.offer(routes);
    }
    let server = builder.build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = HttpServer::new(move || App::new().configure(|app| server.configure(app)));
    let serving = serving.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = serving.handle();
    rt::spawn(serving);
    (handle, address)
}

fn peers(carried_by: CarriedBy, address: SocketAddr) -> Peers {
    let peers = Peers::new(Identity::open("tests"), PeerOptions { carried_by, ..PeerOptions::default() });
    peers.add(GROUP, vec![address]);
    peers
}
