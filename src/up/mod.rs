//! Runs a whole topology on this machine: the processes of each group, each restarted when it dies, ended in order.

mod child;
mod network;

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use runtime::{DataFolder, Runtime, Sharing, Shutdown};
use seam::wire::Secret;

use self::child::{Child, Role};
pub(crate) use self::network::Network;
use crate::{
    charter::Charter,
    cli::{self, Ending, UpOptions},
    compose::STOREFRONT,
    listeners, sealing,
    settings::Settings,
    shop_data,
    topology::Topology,
};

/// How long all groups may take until they are ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// What `up` itself locks in the data folder, so that two of them do not share one.
const NAME: &str = "up";

/// Runs the topology until asked to end.
///
/// # Errors
/// When an address or the data folder cannot be had, or a group does not become ready.
pub fn run(topology: Topology, settings: Settings, options: UpOptions) -> anyhow::Result<Ending> {
    runtime::telemetry::start(&settings.log.filter, settings.log.format)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(supervise(topology, settings, options))
}

async fn supervise(topology: Topology, settings: Settings, options: UpOptions) -> anyhow::Result<Ending> {
    let shutdown = Shutdown::on_signals(Duration::from_millis(settings.drain_ms))?;
    let listen: SocketAddr =
        settings.listen.parse().with_context(|| format!("{:?} is not an address", settings.listen))?;
    let public = listeners::bind(listen)?;
    let address = public.local_addr()?;
    let folder = DataFolder::lock(&settings.data, [NAME], Sharing::Alone)?;
    fill(&settings).await?;

    let (children, network) = children(&topology, &settings, &options, &public)?;
    let mut running = Vec::new();
    for child in &children {
        running.push(tokio::spawn(child.clone().keep_running(shutdown.clone())));
    }
    let all_ready = futures_util::future::join_all(children.iter().map(|child| child.ready()));
    tokio::select! {
        ended = tokio::time::timeout(READY_WITHIN, all_ready) => {
            if ended.is_err() {
                let late: Vec<_> = children.iter().filter(|child| !child.is_ready()).map(|child| child.name()).collect();
                shutdown.request();
                stop_in_order(&children).await;
                anyhow::bail!("not ready within {} s: {}; see their messages above", READY_WITHIN.as_secs(), late.join(", "));
            }
            report(&topology, &children, &settings);
            cli::print(&format!("ready http://{address} topology={} pid={}", topology.name, std::process::id()));
        }
        () = shutdown.requested() => {}
    }
    shutdown.requested().await;
    stop_in_order(&children).await;
    for task in running {
        let _ = task.await;
    }
    drop((folder, network));
    Ok(Ending::Done)
}

/// Fills a new data folder before anybody opens it: a group alone could not, for a seed spans modules.
async fn fill(settings: &Settings) -> anyhow::Result<()> {
    let modules = crate::compose::modules().map(seam::ModuleName::as_str);
    let folder = DataFolder::lock(&settings.data, modules, Sharing::Alone)?;
    let runtime = Runtime::new(folder, Shutdown::by_hand(Duration::from_secs(5)));
    let filled = shop_data::fill(&runtime, settings.seed.products).await;
    runtime.end().await;
    filled
}

fn children(
    topology: &Topology,
    settings: &Settings,
    options: &UpOptions,
    public: &TcpListener,
) -> anyhow::Result<(Vec<Arc<Child>>, Network)> {
    let loopback = || TcpListener::bind(("127.0.0.1", 0)).context("no port is free on loopback");
    let provider = loopback()?;
    let provider_url = format!("http://{}", provider.local_addr()?);
    let mut internal: BTreeMap<String, Vec<TcpListener>> = BTreeMap::new();
    for group in &topology.groups {
        let listener = || match group.internal {
            Some(address) => listeners::bind(address),
            None => loopback(),
        };
        let listeners = (0..group.replicas).map(|_| listener()).collect::<anyhow::Result<_>>()?;
        internal.insert(group.name.clone(), listeners);
    }
    let mut addresses: BTreeMap<String, Vec<SocketAddr>> = BTreeMap::new();
    for (group, listeners) in &internal {
        let bound = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
        addresses.insert(group.clone(), bound);
    }
    let (network, addresses) = Network::between(addresses, settings)?;
    let secret = Secret::random();
    let names: Vec<&str> = topology.groups.iter().map(|group| group.name.as_str()).collect();
    let credentials = sealing::credentials(&names, settings)?;
    let charter = |group: &str, replica: u32| Charter {
        identity: secret.identity(group, &names).to_text(),
        replica,
        groups: addresses.clone(),
        provider: provider_url.clone(),
        credentials: credentials.get(group).cloned(),
    };

    let mut children =
        vec![Arc::new(Child::new(Role::Provider, charter("provider", 1), vec![provider], settings, options)?)];
    for group in &topology.groups {
        for (replica, listener) in (1..).zip(internal.remove(&group.name).unwrap_or_default()) {
            let mut handed_down = vec![listener];
            if group.modules.contains(&STOREFRONT) {
                // One queue of connections for all replicas: what one of them has not taken when it dies, another takes.
                handed_down.push(public.try_clone()?);
            }
            let role = Role::Group { group: Box::new(group.clone()), replica };
            children.push(Arc::new(Child::new(role, charter(&group.name, replica), handed_down, settings, options)?));
        }
    }
    Ok((children, network))
}

/// The group with the pages ends first, so that no visitor meets a shop without its modules; the provider last.
async fn stop_in_order(children: &[Arc<Child>]) {
    let (pages, others): (Vec<_>, Vec<_>) = children.iter().partition(|child| child.has(STOREFRONT));
    let (provider, groups): (Vec<_>, Vec<_>) = others.into_iter().partition(|child| child.is_provider());
    for stage in [pages, groups, provider] {
        futures_util::future::join_all(stage.iter().map(|child| child.stop())).await;
    }
}

/// Who runs where, for people: on stderr, like all that is not the ready line.
fn report(topology: &Topology, children: &[Arc<Child>], settings: &Settings) {
    eprintln!("{}: {} processes on {}", topology.name, children.len(), settings.data.display());
    let width = children.iter().map(|child| child.name().len()).max().unwrap_or(0);
    for child in children {
        let (name, pid) = (child.name(), child.pid().map_or_else(|| "-".to_owned(), |pid| pid.to_string()));
        eprintln!("  {name:width$}  pid {pid:>7}  {}  {}", child.address(), child.what());
    }
}
