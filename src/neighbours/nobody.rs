//! No other process: what a binary without the remote half has for neighbours.

use actix_web::web;
use runtime::Shutdown;

use super::Listeners;
use crate::{place::Place, settings::Settings, topology::Topology};

/// Nobody.
#[derive(Debug)]
pub struct Neighbours;

/// Nothing that another process could ask.
#[derive(Clone, Debug)]
pub struct Hops;

impl Neighbours {
    /// Meets nobody.
    ///
    /// # Errors
    /// When the topology has more processes than this one.
    pub fn meet(_: &Topology, group: Option<&str>, _: &Settings, _: &Shutdown) -> anyhow::Result<Self> {
        anyhow::ensure!(
            group.is_none(),
            "this binary is a monolith: build it with `--features split` to be one group of many"
        );
        Ok(Self)
    }

    /// No listeners are handed down.
    pub fn handed_down(&mut self) -> Option<Listeners> {
        None
    }

    /// The provider is nobody's to know.
    pub fn provider(&self) -> Option<&str> {
        None
    }

    /// The place stays alone.
    pub fn beside(&self, place: Place, _: &Topology) -> Place {
        place
    }

    /// Nothing is offered.
    ///
    /// # Errors
    /// None.
    pub fn hops(&self, _: &Place, _: &Topology) -> anyhow::Result<Hops> {
        Ok(Hops)
    }

    /// Nothing is under way.
    pub async fn part(&self) {}
}

impl Hops {
    /// Mounts nothing.
    pub fn configure(&self, _: &mut web::ServiceConfig) {}

    /// Nothing is running.
    pub async fn drain(&self, _: &Shutdown) {}
}
