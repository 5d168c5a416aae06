//! Where each module is answered: in this process, or at another one of the topology.

mod event_delivery;

use std::{collections::BTreeMap, sync::Arc};

use events::{Outbox, Relay, Subscriber};
use runtime::Runtime;
use seam::{Contract, Edges, ModuleName, Provides, Seat};

use crate::lab_faults::LabFaults;

#[cfg(feature = "split")]
use self::event_delivery::{Doormat, EventDelivery, Push};
#[cfg(feature = "split")]
use crate::lab_faults::{HinderedCarrier, HinderedRoutes, HinderedSubscriber};
#[cfg(feature = "split")]
use seam::wire::{Peers, Routes};

/// A process while the shop is composed in it.
pub struct Place {
    /// What services are built from.
    pub runtime: Runtime,
    /// All edges of the process.
    pub edges: Edges,
    here: Vec<ModuleName>,
    #[cfg_attr(not(feature = "split"), expect(dead_code, reason = "a binary without the remote half refuses them"))]
    faults: LabFaults,
    consumers: BTreeMap<&'static str, Arc<dyn Subscriber>>,
    #[cfg(feature = "split")]
    elsewhere: Option<Elsewhere>,
    #[cfg(feature = "split")]
    offered: Vec<Arc<dyn Routes>>,
}

/// The way to the other processes of the topology.
#[cfg(feature = "split")]
pub struct Elsewhere {
    /// The other groups.
    pub peers: Peers,
    /// Who is in which.
    pub topology: crate::topology::Topology,
}

impl Place {
    /// A process that answers the modules `here`, and no other process beside it.
    pub fn alone(runtime: Runtime, here: Vec<ModuleName>) -> Self {
        Self {
            runtime,
            edges: Edges::default(),
            here,
            faults: LabFaults::default(),
            consumers: BTreeMap::new(),
            #[cfg(feature = "split")]
            elsewhere: None,
            #[cfg(feature = "split")]
            offered: Vec::new(),
        }
    }

    /// The same process as one group among others.
    #[cfg(feature = "split")]
    pub fn among(self, elsewhere: Elsewhere) -> Self {
        Self { elsewhere: Some(elsewhere), ..self }
    }

    /// The same process with the faults that the lab asks of it.
    pub fn with_faults(self, faults: LabFaults) -> Self {
        Self { faults, ..self }
    }

    /// Whether the module is answered in this process.
    pub fn is_here(&self, module: ModuleName) -> bool {
        self.here.contains(&module)
    }

    /// Seats a module in this process.
    pub fn here<C, S>(&mut self, service: Arc<S>) -> Seat<C>
    where
        C: Contract + Provides<S> + ?Sized,
        S: Send + Sync + 'static,
    {
        let seat = Seat::here(service, &self.edges);
        #[cfg(feature = "split")]
        if let Some(hindrance) = self.faults.of(ModuleName::new(C::DESCRIPTOR.module)) {
            let routes = seat.routes();
            self.offered.push(Arc::new(HinderedRoutes::new(routes.clone(), hindrance.clone())));
            return Seat::over(Arc::new(HinderedCarrier::new(routes, hindrance)), &self.edges);
        }
        #[cfg(feature = "split")]
        self.offered.push(seat.routes());
        seat
    }

    /// Seats a module at the process that has it.
    ///
    /// # Errors
    /// When the topology has no other process, so that this binary should have had the module itself.
    pub fn elsewhere<C: Contract + ?Sized>(&self) -> anyhow::Result<Seat<C>> {
        let module = C::DESCRIPTOR.module;
        #[cfg(feature = "split")]
        if let Some(elsewhere) = &self.elsewhere {
            let group = elsewhere.topology.group_of(ModuleName::new(module));
            return Ok(Seat::over(elsewhere.peers.carrier(&group.name), &self.edges));
        }
        anyhow::bail!(
            "the module {module} is not in this binary and there is no other process that has it: build with `--features \
             {module}`, or with `--features split` and a topology"
        )
    }

    /// Notes that a module in this process consumes events.
    pub fn consumes(&mut self, consumer: &'static str, inbox: impl Subscriber + 'static) {
        #[cfg(feature = "split")]
        if let Some(hindrance) = self.faults.of(ModuleName::new(consumer)) {
            self.consumers.insert(consumer, Arc::new(HinderedSubscriber::new(inbox, hindrance)));
            return;
        }
        self.consumers.insert(consumer, Arc::new(inbox));
    }

    /// Hands on what a module in this process publishes, to consumers wherever they are.
    ///
    /// # Errors
    /// When a consumer is neither here nor elsewhere.
    pub fn publishes(&self, outbox: &Outbox, consumers: &[&'static str]) -> anyhow::Result<()> {
        let mut relay = Relay::new(outbox);
        for consumer in consumers {
            relay = relay.to(*consumer, self.subscriber(consumer)?);
        }
        self.runtime.tasks.spawn("relay", relay.run(self.runtime.shutdown.clone()));
        Ok(())
    }

    fn subscriber(&self, consumer: &'static str) -> anyhow::Result<Arc<dyn Subscriber>> {
        if let Some(inbox) = self.consumers.get(consumer) {
            return Ok(inbox.clone());
        }
        #[cfg(feature = "split")]
        if let Some(elsewhere) = &self.elsewhere {
            let group = elsewhere.topology.group_of(ModuleName::new(consumer));
            let way = Seat::<dyn EventDelivery>::over(elsewhere.peers.carrier(&group.name), &self.edges);
            return Ok(Arc::new(Push::new(consumer, way.asked_by(ModuleName::new("relay")))));
        }
        anyhow::bail!("nobody consumes for {consumer}: it is neither in this process nor in another")
    }

    /// What other processes may ask of this one.
    #[cfg(feature = "split")]
    pub fn offered(&self) -> Vec<Arc<dyn Routes>> {
        let mut offered = self.offered.clone();
        if !self.consumers.is_empty() {
            let doormat = Seat::<dyn EventDelivery>::here(Arc::new(Doormat::new(self.consumers.clone())), &self.edges);
            offered.push(doormat.routes());
        }
        offered
    }
}
