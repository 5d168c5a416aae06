//! One process: opens its data, composes the shop, listens, and ends in order when it is asked to.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
};
#[cfg(feature = "storefront")]
use actix_web::{
    body::BoxBody,
    dev::ServiceRequest,
    middleware::{Next, from_fn},
};
use anyhow::Context as _;
use runtime::{DataFolder, Runtime, Sharing, Shutdown};
use seam::ModuleName;

use crate::{
    cli::{self, Ending},
    compose::{self, STOREFRONT, Shop},
    listeners,
    measured::{BesidePages, faults::LabFaults, spans::SpanFile},
    neighbours::{Hops, Listeners, Neighbours},
    operations::{self, Operations},
    place::Place,
    settings::Settings,
    shop_data,
    topology::Topology,
};

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

impl Process {
    async fn serve(self) -> anyhow::Result<Ending> {
        let shutdown = Shutdown::on_signals(Duration::from_millis(self.settings.drain_ms))?;
        let spans = SpanFile::begin(&self.settings.lab.spans)?;
        let here = self.modules_here()?;
        let mut neighbours = Neighbours::meet(&self.topology, self.group.as_deref(), &self.settings, &shutdown)?;
        let listeners = match neighbours.handed_down() {
            Some(handed_down) => handed_down,
            None => self.bind(&here)?,
        };
        let address = announced(&listeners)?;
        let faults = LabFaults::watch(&self.settings.lab.faults, &here)?;
        let (place, shop, runtime) = self.compose(here, &neighbours, &shutdown, &faults).await?;
        let hops = neighbours.hops(&place, &self.topology)?;

        let operations = Operations { edges: place.edges.clone(), shutdown: shutdown.clone() };
        let public = match listeners.public {
            Some(listener) => {
                let beside = BesidePages::asked_for(&self.settings, faults.of(STOREFRONT)).await?;
                Some(self.public(listener, shop, beside)?)
            }
            None => None,
        };
        let internal =
            listeners.internal.map(|listener| self.internal(listener, operations, hops.clone())).transpose()?;
        let (public, internal) = (public.map(started), internal.map(started));
        cli::print(&format!("ready http://{address} topology={} pid={}", self.topology.name, std::process::id()));

        shutdown.requested().await;
        tracing::info!("ending: no new visitors, what runs is finished");
        stop(public).await;
        hops.drain(&shutdown).await;
        stop(internal).await;
        let unfinished = runtime.end().await;
        neighbours.part().await;
        spans.end();
        if !unfinished.is_empty() {
            tracing::warn!(?unfinished, "background work did not end in time and is taken up at the next start");
        }
        Ok(Ending::Done)
    }

    fn modules_here(&self) -> anyhow::Result<Vec<ModuleName>> {
        if let Some(group) = &self.group {
            return Ok(self.topology.group(group)?.modules.clone());
        }
        let (name, processes) = (&self.topology.name, self.topology.processes());
        anyhow::ensure!(
            processes == 1,
            "the topology {name} has {processes} processes: run it with `cleave up {name}`, or one of them with --group"
        );
        Ok(compose::modules().collect())
    }

    fn bind(&self, here: &[ModuleName]) -> anyhow::Result<Listeners> {
        let in_topology = self.group.as_deref().and_then(|group| self.topology.group(group).ok()?.internal);
        let internal = match self.settings.internal.as_str() {
            "" => in_topology,
            written => Some(address("--internal", written)?),
        };
        let public = here.contains(&STOREFRONT).then(|| address("--listen", &self.settings.listen)).transpose()?;
        Ok(Listeners {
            public: public.map(listeners::bind).transpose()?,
            internal: internal.map(listeners::bind).transpose()?,
        })
    }

    async fn compose(
        &self,
        here: Vec<ModuleName>,
        neighbours: &Neighbours,
        shutdown: &Shutdown,
        faults: &LabFaults,
    ) -> anyhow::Result<(Place, Shop, Runtime)> {
        let replicas = match &self.group {
            Some(group) => self.topology.group(group)?.replicas,
            None => 1,
        };
        let sharing = if replicas > 1 { Sharing::WithReplicas } else { Sharing::Alone };
        let folder = DataFolder::lock(&self.settings.data, here.iter().map(|module| module.as_str()), sharing)?;
        let runtime = Runtime::new(folder, shutdown.clone());
        if self.group.is_none() {
            shop_data::fill(&runtime, self.settings.seed.products).await?;
        }
        let provider = neighbours.provider().unwrap_or(&self.settings.provider.url).to_owned();
        #[cfg(feature = "payments")]
        let provider = match provider.is_empty() && here.contains(&compose::PAYMENTS) {
            true => crate::provider::inside(&runtime)?,
            false => provider,
        };
        let place = neighbours.beside(Place::alone(runtime.clone(), here), &self.topology);
        let mut place = place.with_faults(faults.clone()).one_of(replicas).with_between(self.settings.seam.place)?;
        let shop = compose::shop(&mut place, &self.settings, &provider).await?;
        Ok((place, shop, runtime))
    }

    #[cfg(feature = "storefront")]
    fn public(&self, listener: TcpListener, shop: Shop, beside: Option<BesidePages>) -> anyhow::Result<Server> {
        let storefront = shop.storefront.context("a process with a public listener has the storefront")?;
        let drain = self.settings.drain_ms.div_ceil(1_000);
        let Some(beside) = beside else {
            let factory = move || App::new().configure(|app| storefront::configure(&storefront, app));
            let server = HttpServer::new(factory).workers(self.workers()).shutdown_timeout(drain);
            return Ok(server.tcp_nodelay(true).disable_signals().listen(listener)?.run());
        };
        let factory = move || {
            let beside = beside.clone();
            let around = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
                let beside = beside.clone();
                async move {
                    beside.enter().await;
                    let response = next.call(request).await;
                    beside.leave().await;
                    response
                }
            });
            App::new().wrap(around).configure(|app| storefront::configure(&storefront, app))
        };
        let server = HttpServer::new(factory).workers(self.workers()).shutdown_timeout(drain);
        Ok(server.tcp_nodelay(true).disable_signals().listen(listener)?.run())
    }

    #[cfg(not(feature = "storefront"))]
    fn public(&self, _: TcpListener, _: Shop, _: Option<BesidePages>) -> anyhow::Result<Server> {
        anyhow::bail!("this binary has no storefront: build it with `--features storefront`")
    }

    fn internal(&self, listener: TcpListener, operations: Operations, hops: Hops) -> anyhow::Result<Server> {
        #[cfg(feature = "tls")]
        let tls = hops.tls().map(seam::wire::Tls::server_config);
        let factory = move || {
            App::new().configure(|app| operations::configure(&operations, app)).configure(|app| hops.configure(app))
        };
        // Hops have been drained when it is stopped, so that it need not wait.
        let server = HttpServer::new(factory).workers(self.workers()).shutdown_timeout(1);
        // Without it, an answer that follows another waits for an acknowledgement, up to 40 ms.
        let server = server.tcp_nodelay(true).disable_signals();
        #[cfg(feature = "tls")]
        if let Some(tls) = tls {
            return Ok(server.listen_rustls_0_23(listener, tls)?.run());
        }
        Ok(server.listen(listener)?.run())
    }

    fn workers(&self) -> usize {
        match self.settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }
}

fn address(flag: &str, written: &str) -> anyhow::Result<SocketAddr> {
    written
        .parse()
        .with_context(|| format!("{flag} {written:?} is not an address: write HOST:PORT, such as 127.0.0.1:8080"))
}

/// The public address, or the internal one where there is no public one.
fn announced(listeners: &Listeners) -> anyhow::Result<SocketAddr> {
    let listener = listeners.public.as_ref().or(listeners.internal.as_ref()).context(
        "this process would listen nowhere: it has no storefront, so give it --internal ADDR or an `internal` address in the \
         topology",
    )?;
    Ok(listener.local_addr()?)
}

fn started(server: Server) -> ServerHandle {
    let handle = server.handle();
    actix_web::rt::spawn(server);
    handle
}

async fn stop(server: Option<ServerHandle>) {
    if let Some(server) = server {
        server.stop(true).await;
    }
}
