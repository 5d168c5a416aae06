//! Who answers on the rungs beyond this process's functions: over its own address, or in a process that does nothing else.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use actix_web::{App, HttpServer, dev::ServerHandle};
use anyhow::Context as _;
use cart_contract::Cart;
use catalog_contract::Catalog;
use nix::unistd::Pid;
use seam::{
    Edges, Seat,
    wire::{Authority, Credentials, Identity, PeerOptions, Peers, ServerBuilder, ServerOptions, Tls},
};

use super::{CALLER, shelf::Shelf, tables::tables};
use crate::cli::{self, Ending};

const GROUP: &str = "probe";

/// The catalogue of one product at an address.
pub(crate) fn at(address: SocketAddr, edges: &Edges) -> Arc<dyn Catalog> {
    asked_at(address, edges, None)
}

/// The carts at an address.
pub(crate) fn carts_at(address: SocketAddr, edges: &Edges) -> Arc<dyn Cart> {
    Seat::<dyn Cart>::over(peers_at(address, None).carrier(GROUP), edges).asked_by(CALLER)
}

/// The catalogue, sealed where there is something to seal it with.
pub(super) fn asked_at(address: SocketAddr, edges: &Edges, tls: Option<Tls>) -> Arc<dyn Catalog> {
    Seat::<dyn Catalog>::over(peers_at(address, tls).carrier(GROUP), edges).asked_by(CALLER)
}

fn peers_at(address: SocketAddr, tls: Option<Tls>) -> Peers {
    let peers = Peers::new(Identity::open("caller"), PeerOptions { tls, ..PeerOptions::default() });
    peers.add(GROUP, vec![address]);
    peers
}

/// Answers in this process, from memory and from tables where there are some.
pub(super) fn answer_on(
    listener: TcpListener,
    tls: Option<&Tls>,
    carts: Option<&Seat<dyn Cart>>,
) -> anyhow::Result<ServerHandle> {
    let edges = Edges::default();
    let shelf = Seat::<dyn Catalog>::here(Arc::new(Shelf::stocked()), &edges);
    let mut server = ServerBuilder::new(Identity::open(GROUP), ServerOptions::default()).offer(shelf.routes());
    if let Some(carts) = carts {
        server = server.offer(carts.routes());
    }
    let server = server.build().map_err(anyhow::Error::msg)?;
    let serving = HttpServer::new(move || App::new().configure(|app| server.configure(app)));
    let serving = serving.workers(1).tcp_nodelay(true).disable_signals();
    let serving = match tls {
        Some(tls) => serving.listen_rustls_0_23(listener, tls.server_config())?.run(),
        None => serving.listen(listener)?.run(),
    };
    let handle = serving.handle();
    actix_web::rt::spawn(serving);
    Ok(handle)
}

/// Answers until standard input ends; under TLS, its first line holds the credentials. With a folder it has tables there.
pub(super) async fn answer(sealed: bool, folder: Option<&Path>) -> anyhow::Result<Ending> {
    let tls = match sealed {
        true => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            Some(Tls::new(Credentials::from_text(&line)?)?)
        }
        false => None,
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let carts = match folder {
        Some(folder) => Some(tables(folder, &Edges::default()).await?),
        None => None,
    };
    let serving = answer_on(listener, tls.as_ref(), carts.as_ref())?;
    cli::print(&address.to_string());
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read(&mut [0])).await??;
    serving.stop(false).await;
    Ok(Ending::Done)
}

/// A process of this program that only answers.
pub(crate) struct FarEnd {
    process: Child,
    address: SocketAddr,
}

impl FarEnd {
    /// Starts one.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::begin(None, None)
    }

    /// Starts one that also answers from tables, which it makes in this folder.
    pub(crate) fn with_tables(folder: &Path) -> anyhow::Result<Self> {
        Self::begin(None, Some(folder))
    }

    /// Starts one that answers under TLS, and gives what its callers need.
    pub(super) fn sealed() -> anyhow::Result<(Self, Tls)> {
        let authority = Authority::random()?;
        let far_end = Self::begin(Some(&authority.certify(GROUP)?), None)?;
        Ok((far_end, Tls::new(authority.certify("caller")?)?))
    }

    fn begin(credentials: Option<&Credentials>, tables: Option<&Path>) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["probe", "--answer"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        if credentials.is_some() {
            command.arg("--sealed");
        }
        if let Some(folder) = tables {
            command.arg("--tables").arg(folder);
        }
        let mut process = command.spawn().context("the far end cannot be started")?;
        if let (Some(credentials), Some(input)) = (credentials, &mut process.stdin) {
            writeln!(input, "{}", credentials.to_text()).context("the far end did not take its credentials")?;
        }
        let mut line = String::new();
        let output = process.stdout.take().context("the far end's output was piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let address =
            line.trim().parse().with_context(|| format!("the far end said {line:?} in place of its address"))?;
        Ok(Self { process, address })
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("Linux process ids fit"))
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
