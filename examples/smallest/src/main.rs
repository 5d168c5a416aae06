//! The smallest app on the seam alone: a door that asks a clerk, in one process or two.
//!
//! ```text
//! cargo run -p smallest                            door and clerk in one process
//! cargo run -p smallest -- clerk 127.0.0.1:7001    the clerk alone
//! cargo run -p smallest -- door 127.0.0.1:7001     the door, with the clerk at that address
//! ```

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer};
use anyhow::{Context as _, bail};
use seam::{
    Call, Edges, Fault, ModuleName, Outcome, Seat,
    wire::{Identity, PeerOptions, Peers, ServerBuilder, ServerOptions},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

// ---- The contract: what others may ask. In an app of your own, a crate.

/// What the door may ask of the clerk.
#[seam::contract]
pub trait Clerk {
    /// What to say to a visitor.
    #[read]
    async fn greeting(&self, call: &Call, name: String) -> Result<String, ClerkError>;
}

/// Why the clerk refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ClerkError {
    /// Nobody was named.
    #[error("say who you are")]
    Nobody,
}

// ---- The service: how it is answered. Another crate, which nobody but the composition names.

struct FriendlyClerk;

impl ClerkService for FriendlyClerk {
    async fn greeting(&self, call: &Call, name: String) -> Outcome<String, ClerkError> {
        if name.trim().is_empty() {
            return Err(ClerkError::Nobody.into());
        }
        Ok(format!("Good day, {name}. The {} told me about you.", call.caller()))
    }
}

// ---- The caller: knows the contract alone.

const DOOR: ModuleName = ModuleName::new("door");

struct Door {
    clerk: Arc<dyn Clerk>,
}

impl Door {
    async fn open(&self, name: &str) -> String {
        let call = Call::new(DOOR, Duration::from_secs(1));
        match self.clerk.greeting(&call, name.to_owned()).await {
            Ok(greeting) => greeting,
            Err(Fault::Domain(ClerkError::Nobody)) => "The clerk wants to know who you are.".to_owned(),
            Err(Fault::Breakdown(breakdown)) => format!("The clerk cannot be asked: {breakdown}."),
        }
    }
}

// ---- The composition: who is where. The only place that knows.

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let edges = Edges::default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seat = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Seat::here(Arc::new(FriendlyClerk), &edges),
        ["clerk", address] => return answer_at(parse(address)?, &Seat::here(Arc::new(FriendlyClerk), &edges)).await,
        ["door", address] => {
            let peers = Peers::new(Identity::open("door"), PeerOptions::default());
            peers.add("clerk", vec![parse(address)?]);
            Seat::<dyn Clerk>::over(peers.carrier("clerk"), &edges)
        }
        _ => bail!("write nothing, `clerk ADDRESS` or `door ADDRESS`"),
    };
    let door = Door { clerk: seat.asked_by(DOOR) };
    for name in ["Ada", ""] {
        println_to_visitor(&door.open(name).await);
    }
    Ok(())
}

async fn answer_at(address: SocketAddr, seat: &Seat<dyn Clerk>) -> anyhow::Result<()> {
    let server = ServerBuilder::new(Identity::open("clerk"), ServerOptions::default()).offer(seat.routes()).build();
    let server = server.map_err(anyhow::Error::msg)?;
    let answering = HttpServer::new(move || App::new().configure(|app| server.configure(app)));
    answering.workers(1).bind(address).with_context(|| format!("{address} cannot be bound"))?.run().await?;
    Ok(())
}

fn parse(address: &str) -> anyhow::Result<SocketAddr> {
    address.parse().with_context(|| format!("{address:?} is not an address: write HOST:PORT"))
}

#[expect(clippy::print_stdout, reason = "this is what the door says to its visitor")]
fn println_to_visitor(text: &str) {
    println!("{text}");
}
