//! The contract that is asked, its service, and both ends of a hop to it.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use actix_web::{App, HttpServer};
use seam::{
    Call, Edges, Failure, ModuleName, Outcome, Seat,
    wire::{PeerOptions, Peers, Secret, Server, ServerBuilder, ServerOptions},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::load::{Asks, Rival};

/// Who asks in all measurements.
pub const CALLER: ModuleName = ModuleName::new("bench");

/// What stands on a shelf.
#[seam::contract]
pub trait Shelf {
    /// A product of about six hundred bytes.
    #[read]
    async fn product(&self, call: &Call, sku: String) -> Result<Arc<Product>, ShelfError>;

    /// The same, after a while.
    #[read]
    async fn product_slowly(&self, call: &Call, sku: String) -> Result<Arc<Product>, ShelfError>;

    /// How many there are.
    #[read]
    async fn units(&self, call: &Call, number: u64) -> Result<u64, ShelfError>;
}

/// Something to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// A paragraph about it.
    pub description: String,
    /// Its price, in a currency's smallest unit.
    pub price: (i64, String),
    /// Where it is found.
    pub categories: Vec<String>,
    /// How it is drawn: shape, hue, variant.
    pub picture: (String, u16, u16),
}

/// Why a shelf refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ShelfError {
    /// Nobody knows the product.
    #[error("there is no product {0:?}")]
    Unknown(String),
}

/// The product that is always asked for.
pub fn product() -> Product {
    Product {
        sku: "6E92ZMYYFZ".to_owned(),
        name: "Mug with a handle for either hand".to_owned(),
        description: "A mug of glazed stoneware that holds a third of a litre and keeps it warm for as long as one \
                      ought to sit. "
            .repeat(4),
        price: (1_299, "USD".to_owned()),
        categories: vec!["kitchen".to_owned(), "presents".to_owned()],
        picture: ("mug".to_owned(), 212, 3),
    }
}

/// Answers [`Shelf`] from memory.
#[derive(Debug)]
pub struct Stocked(Arc<Product>);

impl Default for Stocked {
    fn default() -> Self {
        Self(Arc::new(product()))
    }
}

impl ShelfService for Stocked {
    async fn product(&self, _: &Call, sku: String) -> Outcome<Arc<Product>, ShelfError> {
        if sku != self.0.sku {
            return Err(Failure::Domain(ShelfError::Unknown(sku)));
        }
        Ok(self.0.clone())
    }

    #[expect(clippy::disallowed_methods, reason = "slow answers are what the mixed load is about")]
    async fn product_slowly(&self, call: &Call, sku: String) -> Outcome<Arc<Product>, ShelfError> {
        tokio::time::sleep(crate::SLOW).await;
        self.product(call, sku).await
    }

    async fn units(&self, _: &Call, number: u64) -> Outcome<u64, ShelfError> {
        Ok(std::hint::black_box(number))
    }
}

/// The shelf in this process.
pub fn here() -> Arc<dyn Shelf> {
    Seat::<dyn Shelf>::here(Arc::new(Stocked::default()), &Edges::default()).asked_by(CALLER)
}

/// The shelf behind a hop: a server of two workers, and a client that every thread asks over its own lines.
#[derive(Clone)]
pub struct Hop {
    /// The client.
    pub shelf: Arc<dyn Shelf>,
}

impl Hop {
    /// Starts it for the rest of the process, with everything on: identity, deadlines, counters.
    pub fn start() -> Self {
        let secret = Secret::random();
        let groups = ["bench", "shelf"];
        let server = ServerBuilder::new(secret.identity("shelf", &groups), ServerOptions::default())
            .offer(Seat::<dyn Shelf>::here(Arc::new(Stocked::default()), &Edges::default()).routes())
            .knows("bench", ["bench"])
            .build()
            .expect("one module");
        let address = listen(server);
        let peers = Peers::new(secret.identity("bench", &groups), PeerOptions::default());
        peers.add("shelf", vec![address]);
        Self { shelf: Seat::<dyn Shelf>::over(peers.carrier("shelf"), &Edges::default()).asked_by(CALLER) }
    }
}

fn listen(server: Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it was just bound");
    serve(listener, move |config| server.configure(config));
    address
}

/// Serves on two actix workers for the rest of the process.
pub(crate) fn serve(
    listener: TcpListener,
    configure: impl Fn(&mut actix_web::web::ServiceConfig) + Clone + Send + 'static,
) {
    let (started, ready) = mpsc::channel();
    thread::spawn(move || {
        actix_rt::System::new().block_on(async move {
            let app = move || App::new().configure(&configure);
            let server = HttpServer::new(app).workers(2).tcp_nodelay(true).disable_signals();
            let running = server.listen(listener).expect("a listening socket").run();
            started.send(()).expect("somebody waits");
            running.await
        })
    });
    ready.recv().expect("the server starts");
}

impl Rival for Hop {
    type Caller = HopCaller;

    async fn caller(&self) -> HopCaller {
        HopCaller(self.shelf.clone())
    }
}

/// Asks the shelf, wherever it is.
pub struct HopCaller(Arc<dyn Shelf>);

impl Asks for HopCaller {
    async fn ask(&mut self, slow: bool) {
        let call = Call::new(CALLER, Duration::from_secs(2));
        let sku = "6E92ZMYYFZ".to_owned();
        let answer = if slow { self.0.product_slowly(&call, sku).await } else { self.0.product(&call, sku).await };
        assert!(answer.is_ok(), "{answer:?}");
    }
}
