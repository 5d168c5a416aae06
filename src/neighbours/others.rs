//! The processes of a topology: where they are, who this one is to them, and what they may ask of it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use actix_web::web;
use anyhow::Context as _;
use runtime::Shutdown;
use seam::wire::{CarriedBy, Identity, PeerOptions, Peers, Server, ServerBuilder, ServerOptions, Tls};

use super::Listeners;
use crate::{
    charter::{self, Charter},
    place::{Elsewhere, Place},
    sealing,
    settings::Settings,
    topology::Topology,
};

/// How long calls from others may take to end before the internal listener closes.
const HOPS_DRAIN: Duration = Duration::from_secs(5);

/// How long calls to others may take to end after everything else has.
const PEERS_DRAIN: Duration = Duration::from_secs(1);

/// The other processes of the topology.
#[derive(Debug)]
pub struct Neighbours {
    handed_down: Option<Listeners>,
    provider: Option<String>,
    known: Option<Known>,
}

/// What a process needs that is one group of many.
#[derive(Debug)]
struct Known {
    identity: Identity,
    peers: Peers,
    tls: Option<Tls>,
}

/// What other processes may ask of this one; nothing when there are none.
#[derive(Clone)]
pub struct Hops(Option<Server>, Option<Tls>);

impl Neighbours {
    /// Learns of the others from `up`, or from the topology and the settings where no `up` is; nobody without a group.
    ///
    /// # Errors
    /// When the charter or the identity cannot be read, or the topology does not say where a group is.
    pub fn meet(
        topology: &Topology,
        group: Option<&str>,
        settings: &Settings,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let Some(group) = group else { return Ok(Self { handed_down: None, provider: None, known: None }) };
        let Some(commission) = charter::receive()? else {
            let written = settings.seam.identity.expose();
            let identity = if written.is_empty() { Identity::open(group) } else { Identity::from_text(written)? };
            let known = Known::new(identity, addresses_in(topology)?, sealing::tls(None, settings)?, settings);
            return Ok(Self { handed_down: None, provider: None, known: Some(known) });
        };
        charter::follow_leash(shutdown.clone());
        let Charter { identity, groups, provider, replica, credentials } = commission.charter;
        let tls = sealing::tls(credentials.as_deref(), settings)?;
        tracing::debug!(group, replica, "commissioned by `cleave up`");
        let known = Known::new(Identity::from_text(&identity)?, groups, tls, settings);
        commission.internal.set_nonblocking(true)?;
        let handed_down = Listeners { public: commission.public, internal: Some(commission.internal) };
        Ok(Self { handed_down: Some(handed_down), provider: Some(provider), known: Some(known) })
    }

    /// The listeners that `up` bound for this process.
    pub fn handed_down(&mut self) -> Option<Listeners> {
        self.handed_down.take()
    }

    /// Where `up` runs the payment provider's stand-in.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The place as one among others.
    pub fn beside(&self, place: Place, topology: &Topology) -> Place {
        match &self.known {
            Some(known) => place.among(Elsewhere { peers: known.peers.clone(), topology: topology.clone() }),
            None => place,
        }
    }

    /// What the others may ask of what has been composed here.
    ///
    /// # Errors
    /// When two methods cannot be told apart on the wire.
    pub fn hops(&self, place: &Place, topology: &Topology) -> anyhow::Result<Hops> {
        let Some(known) = &self.known else { return Ok(Hops(None, None)) };
        let mut builder = ServerBuilder::new(known.identity.clone(), ServerOptions::default());
        for routes in place.offered() {
            builder = builder.offer(routes);
        }
        for group in &topology.groups {
            builder = builder.knows(&group.name, group.modules.iter().map(|module| module.as_str()));
        }
        Ok(Hops(Some(builder.build().map_err(anyhow::Error::msg)?), known.tls.clone()))
    }

    /// Lets calls to others end.
    pub async fn part(&self) {
        if let Some(known) = &self.known {
            known.peers.drain(PEERS_DRAIN).await;
        }
    }
}

impl Known {
    fn new(
        identity: Identity,
        addresses: BTreeMap<String, Vec<SocketAddr>>,
        tls: Option<Tls>,
        settings: &Settings,
    ) -> Self {
        let carried_by = if settings.seam.plain { CarriedBy::Plain } else { CarriedBy::Lines };
        let peers =
            Peers::new(identity.clone(), PeerOptions { carried_by, tls: tls.clone(), ..PeerOptions::default() });
        for (group, addresses) in addresses {
            peers.add(&group, addresses);
        }
        Self { identity, peers, tls }
    }
}

fn addresses_in(topology: &Topology) -> anyhow::Result<BTreeMap<String, Vec<SocketAddr>>> {
    let others = topology.groups.iter().map(|group| {
        let address = group.internal.with_context(|| {
            format!(
                "the topology {} does not say where the group {} is: give it an `internal` address, or use `cleave up`",
                topology.name, group.name
            )
        })?;
        Ok((group.name.clone(), vec![address]))
    });
    others.collect()
}

impl Hops {
    /// What seals the internal listener, where hops are sealed.
    #[cfg(feature = "tls")]
    pub fn tls(&self) -> Option<&Tls> {
        self.1.as_ref()
    }

    /// Mounts the routes on the internal listener.
    pub fn configure(&self, app: &mut web::ServiceConfig) {
        if let Some(server) = &self.0 {
            server.configure(app);
        }
    }

    /// Tells the others that this process goes, and lets their calls end.
    pub async fn drain(&self, shutdown: &Shutdown) {
        if let Some(server) = &self.0 {
            server.drain(HOPS_DRAIN.min(shutdown.time_left())).await;
        }
    }
}
