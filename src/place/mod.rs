//! Where each module is answered: in this process, or at another one of the topology.

mod event_delivery;

use std::{collections::BTreeMap, fmt::Display, future::Future, sync::Arc};

use events::{Outbox, Relay, Subscriber};
use runtime::{Database, Runtime};
use seam::{Contract, Edges, ModuleName, Provides, Seat};

use crate::{measured::faults::LabFaults, settings::Between};

#[cfg(feature = "split")]
use self::event_delivery::{Doormat, EventDelivery, Push};
#[cfg(feature = "split")]
use crate::measured::faults::{HinderedCarrier, HinderedRoutes, HinderedSubscriber};
#[cfg(feature = "split")]
use seam::wire::{Carrier, Codec, InMemory, Peers, Routes};

/// A process while the shop is composed in it.
pub struct Place {
    /// What services are built from.
    pub runtime: Runtime,
    /// All edges of the process.
    pub edges: Edges,
    here: Vec<ModuleName>,
    replicas: u32,
    #[cfg_attr(not(feature = "split"), expect(dead_code, reason = "a binary without the remote half refuses them"))]
    faults: LabFaults,
    consumers: BTreeMap<&'static str, Arc<dyn Subscriber>>,
    #[cfg(feature = "split")]
    between: Between,
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
            replicas: 1,
            faults: LabFaults::default(),
            consumers: BTreeMap::new(),
            #[cfg(feature = "split")]
            between: Between::Here,
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

    /// The same process as one of so many replicas, which work on the same data.
    pub fn one_of(self, replicas: u32) -> Self {
        Self { replicas, ..self }
    }

    /// How many processes answer what is answered here, this one among them.
    pub fn replicas(&self) -> u32 {
        self.replicas
    }

    /// Whether other processes write into the databases of the modules that are here.
    pub fn shares_its_data(&self) -> bool {
        self.replicas > 1
    }

    /// Keeps the memory of a module that is here in step with what replicas write into its database; nothing when there are none.
    #[cfg_attr(
        not(feature = "shop"),
        allow(dead_code, reason = "a binary with some of the modules may have none with a memory")
    )]
    pub fn follows<M, F, R, E>(&self, database: Database, module: &Arc<M>, refresh: F)
    where
        M: Send + Sync + 'static,
        F: Fn(Arc<M>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        if self.shares_its_data() {
            let (module, shutdown) = (module.clone(), self.runtime.shutdown.clone());
            self.runtime.tasks.spawn("following replicas", database.follow(shutdown, move || refresh(module.clone())));
        }
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
        #[cfg(feature = "split")]
        if let Some(carrier) = self.carrier_between(C::DESCRIPTOR.module, || seat.routes()) {
            return Seat::over(carrier, &self.edges);
        }
        seat
    }

    /// The same process with something between its own modules.
    ///
    /// # Errors
    /// When that is the network stack and the process has no address for it, or this binary has nothing that could be between.
    pub fn with_between(self, between: Between) -> anyhow::Result<Self> {
        #[cfg(feature = "split")]
        {
            anyhow::ensure!(
                between != Between::Loopback || self.elsewhere.is_some(),
                "`seam.place` is `loopback`, but this process has no address for its own modules: start the topology with `cleave \
                 up`, also a monolith"
            );
            Ok(Self { between, ..self })
        }
        #[cfg(not(feature = "split"))]
        {
            anyhow::ensure!(
                between == Between::Here,
                "`seam.place` is set, but this binary has neither codec nor lines: build it with `--features split`"
            );
            Ok(self)
        }
    }

    /// What carries calls from this process to itself; nothing where its modules call one another.
    #[cfg(feature = "split")]
    fn carrier_between(
        &self,
        module: &'static str,
        routes: impl FnOnce() -> Arc<dyn Routes>,
    ) -> Option<Arc<dyn Carrier>> {
        match (self.between, &self.elsewhere) {
            (Between::Here, _) | (Between::Loopback, None) => None,
            (Between::Codec, _) => Some(Arc::new(InMemory::new(routes(), Codec::default()))),
            (Between::Loopback, Some(elsewhere)) => {
                let own = elsewhere.topology.group_of(ModuleName::new(module));
                Some(elsewhere.peers.carrier(&own.name))
            }
        }
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
        let source = ModuleName::new(outbox.database().module());
        let mut relay = Relay::new(outbox);
        for consumer in consumers {
            relay = relay.to(*consumer, self.subscriber(source, consumer)?);
        }
        self.runtime.tasks.spawn("relay", relay.run(self.runtime.shutdown.clone()));
        Ok(())
    }

    #[cfg_attr(not(feature = "split"), expect(unused_variables, reason = "in one process nobody asks who tells"))]
    fn subscriber(&self, source: ModuleName, consumer: &'static str) -> anyhow::Result<Arc<dyn Subscriber>> {
        if let Some(inbox) = self.consumers.get(consumer) {
            #[cfg(feature = "split")]
            if let Some(carrier) = self.carrier_between(consumer, || self.doormat([(consumer, inbox.clone())].into())) {
                return Ok(push(source, consumer, Seat::over(carrier, &self.edges)));
            }
            // Handing on within the process is no call, unless somebody wants to know what it would be as one.
            #[cfg(feature = "split")]
            if seam::spans::are_recorded() {
                let doormat = Arc::new(Doormat::new([(consumer, inbox.clone())].into()));
                return Ok(push(source, consumer, Seat::here(doormat, &self.edges)));
            }
            return Ok(inbox.clone());
        }
        #[cfg(feature = "split")]
        if let Some(elsewhere) = &self.elsewhere {
            let group = elsewhere.topology.group_of(ModuleName::new(consumer));
            return Ok(push(source, consumer, Seat::over(elsewhere.peers.carrier(&group.name), &self.edges)));
        }
        anyhow::bail!("nobody consumes for {consumer}: it is neither in this process nor in another")
    }

    #[cfg(feature = "split")]
    fn doormat(&self, consumers: BTreeMap<&'static str, Arc<dyn Subscriber>>) -> Arc<dyn Routes> {
        Seat::<dyn EventDelivery>::here(Arc::new(Doormat::new(consumers)), &self.edges).routes()
    }

    /// What other processes may ask of this one.
    #[cfg(feature = "split")]
    pub fn offered(&self) -> Vec<Arc<dyn Routes>> {
        let mut offered = self.offered.clone();
        if !self.consumers.is_empty() {
            offered.push(self.doormat(self.consumers.clone()));
        }
        offered
    }
}

#[cfg(feature = "split")]
fn push(source: ModuleName, consumer: &'static str, way: Seat<dyn EventDelivery>) -> Arc<dyn Subscriber> {
    Arc::new(Push::new(source, ModuleName::new(consumer), &way))
}
