//! One process: opens its data, composes the shop, listens, and ends in order when it is asked to.

use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpServer, dev::Server};
use anyhow::Context as _;
use runtime::{DataFolder, Runtime, Sharing, Shutdown};
use seam::ModuleName;

#[cfg(feature = "split")]
use crate::{charter, charter::Commission, place::Elsewhere};
use crate::{
    cli::{self, Ending},
    compose::{self, STOREFRONT, Shop},
    listeners, operations,
    operations::Operations,
    place::Place,
    settings::Settings,
    shop_data,
    topology::Topology,
};

/// How long running hops may take to end before the internal listener closes.
#[cfg(feature = "split")]
const HOPS_DRAIN: Duration = Duration::from_secs(5);

/// Serves one group of a topology, or the whole shop, until asked to end.
///
/// # Errors
/// When the data folder or an address cannot be had, or the databases are not what this version wrote.
pub fn run(topology: Topology, group: Option<&str>, settings: Settings) -> anyhow::Result<Ending> {
    runtime::telemetry::start(&settings.log.filter, settings.log.format)?;
    actix_web::rt::System::new().block_on(Process { topology, group: group.map(str::to_owned), settings }.serve())
}

struct Process {
    topology: Topology,
    group: Option<String>,
    settings: Settings,
}

/// The listeners of a process, before anything answers on them.
struct Listeners {
    public: Option<TcpListener>,
    internal: Option<TcpListener>,
}

impl Process {
    async fn serve(self) -> anyhow::Result<Ending> {
        let shutdown = Shutdown::on_signals(Duration::from_millis(self.settings.drain_ms))?;
        let here = self.modules_here()?;
        #[cfg(feature = "split")]
        let mut commission = charter::receive()?;
        #[cfg(feature = "split")]
        if commission.is_some() {
            charter::follow_leash(shutdown.clone());
        }
        #[cfg(feature = "split")]
        let listeners = self.listeners(&here, commission.as_mut())?;
        #[cfg(not(feature = "split"))]
        let listeners = self.listeners(&here)?;

        let folder = DataFolder::lock(&self.settings.data, here.iter().map(|module| module.as_str()), Sharing::Alone)?;
        let runtime = Runtime::new(folder, shutdown.clone());
        if self.group.is_none() {
            shop_data::fill(&runtime, self.settings.seed.products).await?;
        }
        let mut place = Place::alone(runtime.clone(), here);
        let provider = self.settings.provider.url.clone();
        #[cfg(feature = "split")]
        let neighbours = self.neighbours(commission.map(|commission| commission.charter))?;
        #[cfg(feature = "split")]
        if let Some(neighbours) = &neighbours {
            place = place.among(Elsewhere { peers: neighbours.peers.clone(), topology: self.topology.clone() });
        }
        #[cfg(feature = "split")]
        let provider = neighbours.as_ref().map_or(provider, |neighbours| neighbours.provider.clone());
        #[cfg(feature = "payments")]
        let provider = match provider.is_empty() && place.is_here(compose::PAYMENTS) {
            true => crate::provider::inside(&runtime)?,
            false => provider,
        };
        let shop = compose::shop(&mut place, &self.settings, &provider).await?;

        let operations = Operations { edges: place.edges.clone(), shutdown: shutdown.clone() };
        let address = listeners.announced()?;
        let public = listeners.public.map(|listener| self.public(listener, shop)).transpose()?;
        #[cfg(feature = "split")]
        let hops = neighbours.as_ref().map(|neighbours| self.hops(&place, neighbours)).transpose()?;
        let internal = listeners.internal.map(|listener| {
            let workers = self.workers();
            #[cfg(feature = "split")]
            let hops = hops.clone();
            let factory = move || {
                let app = App::new().configure(|app| operations::configure(&operations, app));
                #[cfg(feature = "split")]
                let app = app.configure(|app| {
                    if let Some(hops) = &hops {
                        hops.configure(app);
                    }
                });
                app
            };
            let server =
                HttpServer::new(factory).workers(workers).disable_signals().shutdown_timeout(1).listen(listener)?;
            anyhow::Ok(server.run())
        });
        let internal = internal.transpose()?;
        let (public, internal) = (Running::start(public), Running::start(internal));
        cli::print(&format!("ready http://{address} topology={} pid={}", self.topology.name, std::process::id()));

        shutdown.requested().await;
        tracing::info!("ending: no new visitors, what runs is finished");
        public.stop().await;
        #[cfg(feature = "split")]
        if let Some(hops) = &hops {
            hops.drain(HOPS_DRAIN.min(shutdown.time_left())).await;
        }
        internal.stop().await;
        let unfinished = runtime.tasks.ended(shutdown.time_left()).await;
        #[cfg(feature = "split")]
        if let Some(neighbours) = &neighbours {
            neighbours.peers.drain(Duration::from_secs(1)).await;
        }
        if !unfinished.is_empty() {
            tracing::warn!(?unfinished, "background work did not end in time and is taken up at the next start");
        }
        Ok(Ending::Done)
    }

    fn modules_here(&self) -> anyhow::Result<Vec<ModuleName>> {
        match &self.group {
            Some(group) => Ok(self.topology.group(group)?.modules.clone()),
            None => {
                anyhow::ensure!(
                    self.topology.groups.len() == 1,
                    "the topology {} has {} processes: run it with `cleave up {0}`, or one of them with --group",
                    self.topology.name,
                    self.topology.groups.len()
                );
                Ok(compose::modules().collect())
            }
        }
    }

    #[cfg(feature = "split")]
    fn listeners(&self, here: &[ModuleName], commission: Option<&mut Commission>) -> anyhow::Result<Listeners> {
        match commission {
            Some(commission) => {
                let internal = commission.internal.try_clone()?;
                internal.set_nonblocking(true)?;
                Ok(Listeners { public: commission.public.take(), internal: Some(internal) })
            }
            None => self.bound_listeners(here),
        }
    }

    #[cfg(not(feature = "split"))]
    fn listeners(&self, here: &[ModuleName]) -> anyhow::Result<Listeners> {
        self.bound_listeners(here)
    }

    fn bound_listeners(&self, here: &[ModuleName]) -> anyhow::Result<Listeners> {
        let of_group = self.group.as_deref().and_then(|group| self.topology.group(group).ok()?.internal);
        let internal = match (of_group, self.settings.internal.as_str()) {
            (_, given) if !given.is_empty() => Some(listeners::bind(address("--internal", given)?)?),
            (Some(of_group), _) => Some(listeners::bind(of_group)?),
            _ => None,
        };
        let listen = address("--listen", &self.settings.listen)?;
        let public = here.contains(&STOREFRONT).then(|| listeners::bind(listen)).transpose()?;
        Ok(Listeners { public, internal })
    }

    fn workers(&self) -> usize {
        match self.settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    #[cfg(not(feature = "storefront"))]
    fn public(&self, _listener: TcpListener, _shop: Shop) -> anyhow::Result<Server> {
        anyhow::bail!("this binary has no storefront: build it with `--features storefront`")
    }

    #[cfg(feature = "storefront")]
    fn public(&self, listener: TcpListener, shop: Shop) -> anyhow::Result<Server> {
        let storefront = shop.storefront.context("a process with a public listener has the storefront")?;
        let factory = move || App::new().configure(|app| storefront::configure(&storefront, app));
        let drain = self.settings.drain_ms.div_ceil(1_000);
        let server = HttpServer::new(factory).workers(self.workers()).disable_signals().shutdown_timeout(drain);
        Ok(server.listen(listener)?.run())
    }
}

fn address(flag: &str, written: &str) -> anyhow::Result<std::net::SocketAddr> {
    written
        .parse()
        .with_context(|| format!("{flag} {written:?} is not an address: write HOST:PORT, such as 127.0.0.1:8080"))
}

impl Listeners {
    /// The public address, or the internal one where there is no public one.
    fn announced(&self) -> anyhow::Result<std::net::SocketAddr> {
        let listener = self.public.as_ref().or(self.internal.as_ref());
        let listener = listener.context(
            "this process would listen nowhere: it has no storefront, so give it --internal ADDR or an `internal` address in the topology",
        )?;
        Ok(listener.local_addr()?)
    }
}

/// A server that may not be there.
struct Running(Option<actix_web::dev::ServerHandle>);

impl Running {
    fn start(server: Option<Server>) -> Self {
        Self(server.map(|server| {
            let handle = server.handle();
            actix_web::rt::spawn(server);
            handle
        }))
    }

    async fn stop(&self) {
        if let Some(handle) = &self.0 {
            handle.stop(true).await;
        }
    }
}

/// The other processes, as this one knows them.
#[cfg(feature = "split")]
struct Neighbours {
    identity: seam::wire::Identity,
    peers: seam::wire::Peers,
    provider: String,
}

#[cfg(feature = "split")]
impl Process {
    /// The other processes of the topology; `None` when this one is all there is.
    fn neighbours(&self, charter: Option<charter::Charter>) -> anyhow::Result<Option<Neighbours>> {
        use seam::wire::{CarriedBy, Identity, PeerOptions, Peers};

        let Some(group) = &self.group else { return Ok(None) };
        let (identity, addresses, provider) = match charter {
            Some(charter) => (Identity::from_text(&charter.identity)?, charter.groups, charter.provider),
            None => {
                let written = self.settings.seam.identity.expose();
                let identity = if written.is_empty() { Identity::open(group) } else { Identity::from_text(written)? };
                (identity, self.addresses_in_topology()?, self.settings.provider.url.clone())
            }
        };
        let carried_by = if self.settings.seam.plain { CarriedBy::Plain } else { CarriedBy::Lines };
        let peers = Peers::new(identity.clone(), PeerOptions { carried_by, ..PeerOptions::default() });
        for (group, addresses) in addresses {
            peers.add(&group, addresses);
        }
        Ok(Some(Neighbours { identity, peers, provider }))
    }

    fn addresses_in_topology(&self) -> anyhow::Result<std::collections::BTreeMap<String, Vec<std::net::SocketAddr>>> {
        let others = self.topology.groups.iter().map(|group| {
            let address = group.internal.with_context(|| {
                format!(
                    "the topology {} does not say where the group {} is: give it an `internal` address, or use `cleave up`",
                    self.topology.name, group.name
                )
            })?;
            Ok((group.name.clone(), vec![address]))
        });
        others.collect()
    }

    fn hops(&self, place: &Place, neighbours: &Neighbours) -> anyhow::Result<seam::wire::Server> {
        let mut builder =
            seam::wire::ServerBuilder::new(neighbours.identity.clone(), seam::wire::ServerOptions::default());
        for routes in place.offered() {
            builder = builder.offer(routes);
        }
        for group in &self.topology.groups {
            let speaking = group.modules.iter().map(|module| module.as_str()).chain(["relay"]);
            builder = builder.knows(&group.name, speaking);
        }
        builder.build().map_err(anyhow::Error::msg)
    }
}
