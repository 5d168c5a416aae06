//! Hops of known number in every page, by which the lab prices a hop where it will be paid: between two pages, not in a loop.
//!
//! With the setting `lab.hops` the process that has the pages starts so many idle processes, which only answer, and each page asks all
//! of them at once before anything else; with `lab.hops_again` it asks them again when it is done. Their CPU is counted as the shop's.
//! With `lab.hops_to` they answer from a table of their own, as most modules do, and whose caches a hop finds cold; or the same tables
//! are in the page's process, which says what is no hop about that.

use std::{path::Path, sync::Arc, time::Duration};

use cart_contract::Cart;
use catalog_contract::Catalog;
use futures_util::future::join_all;
use seam::{Call, Edges};
use vocabulary::{CartId, Sku};

use super::probe::{self, FarEnd};
use crate::settings::{HopsTo, Lab};

/// Longer than any page waits: what does not answer is seen in the figures.
const PATIENCE: Duration = Duration::from_secs(5);

/// The idle services, as one page after another asks them.
#[derive(Clone)]
pub(super) struct KnownHops(Arc<Asked>);

struct Asked {
    services: Services,
    again: u32,
    /// They end with this process.
    _processes: Vec<FarEnd>,
}

enum Services {
    Memory(Vec<Arc<dyn Catalog>>, Vec<Sku>),
    Tables(Vec<Arc<dyn Cart>>, CartId),
}

impl KnownHops {
    /// Starts the services that are asked for, with their tables below `data`; none of all this when their number is zero.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(super) async fn start(asked: &Lab, data: &Path) -> anyhow::Result<Option<Self>> {
        let number = asked.hops;
        if number == 0 {
            return Ok(None);
        }
        let edges = Edges::default();
        let folders = (1..=number).map(|place| data.join(format!("hop-{place}")));
        let (mut processes, mut here) = (Vec::new(), Vec::new());
        for folder in folders {
            match asked.hops_to {
                HopsTo::Memory => processes.push(FarEnd::start()?),
                HopsTo::Table => processes.push(FarEnd::with_tables(&folder)?),
                HopsTo::TableHere => here.push(probe::tables(&folder, &edges).await?.asked_by(probe::CALLER)),
            }
        }
        let addresses = processes.iter().map(FarEnd::address);
        let services = match asked.hops_to {
            HopsTo::Memory => Services::Memory(addresses.map(|at| probe::at(at, &edges)).collect(), probe::question()),
            HopsTo::Table => {
                Services::Tables(addresses.map(|at| probe::carts_at(at, &edges)).collect(), probe::nobodys_cart())
            }
            HopsTo::TableHere => Services::Tables(here, probe::nobodys_cart()),
        };
        let hops = Self(Arc::new(Asked { services, again: asked.hops_again, _processes: processes }));
        // What is priced must be an answer.
        anyhow::ensure!(hops.ask().await, "an idle service for lab.hops does not answer");
        Ok(Some(hops))
    }

    /// Asks all of them at once and waits for every answer; says whether all came.
    pub(super) async fn ask(&self) -> bool {
        let call = Call::new(probe::CALLER, PATIENCE);
        match &self.0.services {
            Services::Memory(shelves, question) => {
                let answers = join_all(shelves.iter().map(|shelf| shelf.get_many(&call, question.clone()))).await;
                answers.iter().all(Result::is_ok)
            }
            Services::Tables(carts, cart) => {
                let answers = join_all(carts.iter().map(|carts| carts.get(&call, *cart))).await;
                answers.iter().all(Result::is_ok)
            }
        }
    }

    /// Asks them again, as often as it is to be: with the page's own work in between, as between the rounds of a page.
    pub(super) async fn ask_again(&self) {
        for _ in 0..self.0.again {
            self.ask().await;
        }
    }
}
