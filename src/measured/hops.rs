//! Hops of known number in every page, by which the lab prices a hop where it will be paid: between two pages, not in a loop.
//!
//! With the setting `lab.hops` the process that has the pages starts so many idle processes, which only answer, and each page asks all
//! of them at once before anything else. Their CPU is counted as the shop's.

use std::{sync::Arc, time::Duration};

use catalog_contract::Catalog;
use futures_util::future::join_all;
use seam::{Call, Edges};
use vocabulary::Sku;

use super::probe::{self, FarEnd};

/// Longer than any page waits: what does not answer is seen in the figures.
const PATIENCE: Duration = Duration::from_secs(5);

/// The idle processes, as one page after another asks them.
#[derive(Clone)]
pub(super) struct KnownHops(Arc<Asked>);

struct Asked {
    far_ends: Vec<Arc<dyn Catalog>>,
    /// They end with this process.
    _processes: Vec<FarEnd>,
    question: Vec<Sku>,
}

impl KnownHops {
    /// Starts so many processes; none of all this when the number is zero.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(super) fn start(number: u32) -> anyhow::Result<Option<Self>> {
        if number == 0 {
            return Ok(None);
        }
        let edges = Edges::default();
        let processes = (0..number).map(|_| FarEnd::start()).collect::<anyhow::Result<Vec<_>>>()?;
        let far_ends = processes.iter().map(|process| probe::at(process.address(), &edges)).collect();
        Ok(Some(Self(Arc::new(Asked { far_ends, _processes: processes, question: probe::question() }))))
    }

    /// Asks all of them at once and waits for every answer.
    pub(super) async fn ask(&self) {
        let call = Call::new(probe::CALLER, PATIENCE);
        join_all(self.0.far_ends.iter().map(|far_end| far_end.get_many(&call, self.0.question.clone()))).await;
    }
}
