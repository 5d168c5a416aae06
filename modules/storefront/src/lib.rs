//! The pages and the public API of the shop: contracts in, HTML and JSON out.
//!
//! The storefront owns no table and knows no service. It asks the contracts in [`Asks`], a page's worth of questions at a time, and
//! serves the page without a part whose module has broken down, as long as the page still makes sense without it.

mod answer;
mod api;
mod around;
mod asks;
mod assets;
mod checkout_form;
mod deltas;
mod pages;
mod pictures;
mod prices;
mod refusal;
mod routes;
mod seal;
mod settings;
mod shield;
mod submitted;
mod views;
mod visit;

use std::{fmt, sync::Arc};

pub use crate::{
    asks::Asks,
    routes::configure,
    settings::{LabSettings, Settings},
};

/// What the storefront is called when it asks.
pub const NAME: seam::ModuleName = seam::ModuleName::new("storefront");

/// The storefront of a process; cloning gives another handle to the same.
#[derive(Clone)]
pub struct Storefront(Arc<Inner>);

struct Inner {
    asks: Asks,
    settings: Settings,
    seal: seal::Seal,
}

impl Storefront {
    /// A storefront that asks these contracts and signs its cookies with this key.
    ///
    /// All replicas need the same key, and visitors are known again only as long as it stays the same.
    pub fn new(asks: Asks, settings: Settings, session_key: &[u8; 32]) -> Self {
        Self(Arc::new(Inner { asks, settings, seal: seal::Seal::new(session_key) }))
    }

    pub(crate) fn asks(&self) -> &Asks {
        &self.0.asks
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn seal(&self) -> &seal::Seal {
        &self.0.seal
    }
}

/// Says nothing of the key.
impl fmt::Debug for Storefront {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Storefront").field("settings", self.settings()).finish_non_exhaustive()
    }
}
