//! A module in each place where it can be asked, on data of its own.

use std::{fmt, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, rt};
use cleave::{
    compose::{self, PAYMENTS, Seats},
    place::{self, Elsewhere},
    settings::Settings,
    topology::Topology,
};
use runtime::{DataFolder, Runtime, Sharing, Shutdown};
use seam::{
    Call, Contract, EdgeFigures, Edges, ModuleName, Seat,
    wire::{CarriedBy, Codec, Identity, InMemory, PeerOptions, Peers, ServerBuilder, ServerOptions},
};
use testkit::{Folder, Process};

use crate::support::{shop::READY_WITHIN, template};

/// Who asks.
pub(crate) const CALLER: ModuleName = ModuleName::new("storefront");
/// The group that answers.
pub(crate) const GROUP: &str = "answering";

/// A question with all the time it needs.
pub(crate) fn call() -> Call {
    Call::new(CALLER, Duration::from_secs(60))
}

/// How a contract is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By a function call.
    Here,
    /// Through bytes, in memory.
    Coded(Codec),
    /// Over the network stack, to this process.
    Loopback(CarriedBy),
    /// Over the network stack, to another process.
    Process,
}

impl Way {
    /// Every way; the first is what the others are compared with.
    pub(crate) const ALL: [Self; 6] = [
        Self::Here,
        Self::Coded(Codec::Json),
        Self::Coded(Codec::Binary),
        Self::Loopback(CarriedBy::Lines),
        Self::Loopback(CarriedBy::Plain),
        Self::Process,
    ];
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => write!(formatter, "here"),
            Self::Coded(codec) => write!(formatter, "through {codec:?}"),
            Self::Loopback(carried) => write!(formatter, "over loopback by {carried:?}"),
            Self::Process => write!(formatter, "in another process"),
        }
    }
}

/// Which modules are in the process beside the one that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    Nobody,
    /// All but the storefront.
    Everybody,
}

/// A module where it is asked in one way.
pub(crate) struct Place {
    pub(crate) way: Way,
    answered: Answered,
    /// Of the asking side.
    edges: Edges,
    _folder: Folder,
}

/// By whom the questions are answered.
enum Answered {
    /// By this process, asked directly.
    Inside(Inside),
    /// By this process, asked at its address.
    Loopback(Inside, ServerHandle, Peers),
    Process(Process, Peers),
}

/// A shop composed in this process.
struct Inside {
    seats: Seats,
    runtime: Runtime,
}

impl Place {
    pub(crate) async fn open(way: Way, module: &'static str, company: Company) -> Self {
        let folder = Folder::new();
        let data = folder.path().join("data");
        template::copy_to(&data);
        let topology = folder.path().join("two.toml");
        std::fs::write(&topology, two_groups(module, company)).unwrap();

        let (edges, answered) = match way {
            Way::Process => {
                let process = start(&topology, &data);
                let line = process.line_within(READY_WITHIN, "ready ").await;
                let address = line.split(' ').nth(1).unwrap().trim_start_matches("http://").parse().unwrap();
                (Edges::default(), Answered::Process(process, peers(by(CarriedBy::Lines), address)))
            }
            Way::Loopback(carried_by) => {
                let (place, inside) = compose(&topology, &data).await;
                let builder = ServerBuilder::new(Identity::open(GROUP), ServerOptions::default());
                let (server, address) = serve(place.offered().into_iter().fold(builder, ServerBuilder::offer));
                (Edges::default(), Answered::Loopback(inside, server, peers(by(carried_by), address)))
            }
            Way::Coded(_) => (Edges::default(), Answered::Inside(compose(&topology, &data).await.1)),
            Way::Here => {
                let (place, inside) = compose(&topology, &data).await;
                (place.edges, Answered::Inside(inside))
            }
        };
        Self { way, answered, edges, _folder: folder }
    }

    /// The contract as it is asked in this place.
    pub(crate) fn ask<C: Contract + ?Sized>(&self, of: fn(&Seats) -> &Seat<C>) -> Arc<C> {
        self.ask_as(CALLER, of)
    }

    /// The contract as somebody else asks it.
    pub(crate) fn ask_as<C: Contract + ?Sized>(&self, caller: ModuleName, of: fn(&Seats) -> &Seat<C>) -> Arc<C> {
        let seat = match (&self.answered, self.way) {
            (Answered::Inside(inside), Way::Coded(codec)) => {
                Seat::over(Arc::new(InMemory::new(of(&inside.seats).routes(), codec)), &self.edges)
            }
            (Answered::Inside(inside), _) => of(&inside.seats).clone(),
            (Answered::Loopback(_, _, peers) | Answered::Process(_, peers), _) => {
                Seat::over(peers.carrier(GROUP), &self.edges)
            }
        };
        seat.asked_by(caller)
    }

    /// What was counted of the caller's questions to a module.
    pub(crate) fn asked_of(&self, module: &str) -> EdgeFigures {
        let is_meant = |edge: &EdgeFigures| edge.caller == CALLER && edge.contract.module == module;
        self.edges.figures().into_iter().find(is_meant).expect("the suite has asked the module")
    }

    /// The process that answers, where it is another one.
    pub(crate) fn process(&self) -> Option<&Process> {
        match &self.answered {
            Answered::Process(process, _) => Some(process),
            _ => None,
        }
    }

    pub(crate) async fn close(self) {
        match self.answered {
            Answered::Inside(inside) => inside.close().await,
            Answered::Loopback(inside, server, peers) => {
                peers.drain(Duration::from_secs(2)).await;
                server.stop(false).await;
                inside.close().await;
            }
            Answered::Process(process, peers) => {
                peers.drain(Duration::from_secs(2)).await;
                process.terminate();
                assert!(process.ended().await.success(), "{}", process.stderr());
            }
        }
    }
}

impl Inside {
    async fn close(self) {
        self.runtime.shutdown.request();
        let unfinished = self.runtime.tasks.ended(self.runtime.shutdown.time_left()).await;
        assert!(unfinished.is_empty(), "these did not end: {unfinished:?}");
    }
}

/// The group that answers, and one with all others, which is never started.
fn two_groups(module: &str, company: Company) -> String {
    let is_answering = |other: &ModuleName| match company {
        Company::Nobody => other.as_str() == module,
        Company::Everybody => *other != compose::STOREFRONT,
    };
    let (answering, others): (Vec<_>, Vec<_>) = compose::modules().partition(is_answering);
    [(GROUP, answering), ("others", others)]
        .map(|(group, modules)| {
            let modules: Vec<_> = modules.iter().map(|module| module.as_str()).collect();
            format!("[groups.{group}]\nmodules = {modules:?}\ninternal = \"127.0.0.1:1\"\n")
        })
        .concat()
}

fn start(topology: &Path, data: &Path) -> Process {
    let mut command = template::cleave();
    command.arg("serve").arg("--topology").arg(topology).args(["--group", GROUP, "--internal", "127.0.0.1:0"]);
    command.arg("--data").arg(data).current_dir(data.parent().unwrap());
    Process::start(command)
}

/// Composes the answering group in this process.
async fn compose(topology: &Path, data: &Path) -> (place::Place, Inside) {
    let topology = Topology::named(topology.to_str().unwrap()).unwrap();
    let modules = topology.group(GROUP).unwrap().modules.clone();
    let locked = DataFolder::lock(data, modules.iter().map(|module| module.as_str()), Sharing::Alone).unwrap();
    let runtime = Runtime::new(locked, Shutdown::by_hand(Duration::from_secs(10)));
    let provider = match modules.contains(&PAYMENTS) {
        true => cleave::provider::inside(&runtime).unwrap(),
        false => String::new(),
    };
    let nobody = Peers::new(Identity::open(GROUP), PeerOptions::default());
    let mut place = place::Place::alone(runtime.clone(), modules).among(Elsewhere { peers: nobody, topology });
    let shop = compose::shop(&mut place, &Settings::default(), &provider).await.unwrap();
    (place, Inside { seats: shop.seats, runtime })
}

/// Answers in this process, at an address of its own.
pub(crate) fn serve(builder: ServerBuilder) -> (ServerHandle, SocketAddr) {
    let server = builder.build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = HttpServer::new(move || App::new().configure(|app| server.configure(app)));
    let serving = serving.workers(1).disable_signals().listen(listener).unwrap().run();
    let handle = serving.handle();
    rt::spawn(serving);
    (handle, address)
}

fn by(carried_by: CarriedBy) -> PeerOptions {
    PeerOptions { carried_by, ..PeerOptions::default() }
}

/// The group at this address, as a caller sees it.
pub(crate) fn peers(options: PeerOptions, address: SocketAddr) -> Peers {
    let peers = Peers::new(Identity::open("tests"), options);
    peers.add(GROUP, vec![address]);
    peers
}
