//! What every page goes through beside its own work when the lab asks for it.

use super::faults::Hindrance;
#[cfg(feature = "lab")]
use super::hops::KnownHops;
use crate::settings::Settings;

/// What every page goes through beside its own work: hops of known number, and whatever is wrong with the storefront at the moment.
#[derive(Clone)]
pub struct BesidePages {
    #[cfg(feature = "lab")]
    hops: Option<KnownHops>,
    hindrance: Option<Hindrance>,
}

impl BesidePages {
    /// What was asked for; none when nobody experiments with this process.
    ///
    /// # Errors
    /// When the hops cannot be had.
    #[cfg(feature = "lab")]
    pub async fn asked_for(settings: &Settings, hindrance: Option<Hindrance>) -> anyhow::Result<Option<Self>> {
        let hops = KnownHops::start(&settings.lab, &settings.data).await?;
        Ok((hops.is_some() || hindrance.is_some()).then_some(Self { hops, hindrance }))
    }

    /// What was asked for; none when nobody experiments with this process.
    ///
    /// # Errors
    /// When hops are asked for, for which this binary has nobody to ask.
    #[cfg(not(feature = "lab"))]
    #[expect(clippy::unused_async, reason = "with the lab it starts processes")]
    pub async fn asked_for(settings: &Settings, hindrance: Option<Hindrance>) -> anyhow::Result<Option<Self>> {
        anyhow::ensure!(settings.lab.hops == 0, "lab.hops needs a binary that was built with `--features lab`");
        Ok(hindrance.map(|hindrance| Self { hindrance: Some(hindrance) }))
    }

    /// Returns when the page may begin.
    pub async fn enter(&self) {
        #[cfg(feature = "lab")]
        if let Some(hops) = &self.hops {
            hops.ask().await;
        }
        if let Some(hindrance) = &self.hindrance {
            hindrance.endure().await;
        }
    }

    /// Returns when the answer to the page may leave.
    #[cfg_attr(not(feature = "lab"), expect(clippy::unused_async, reason = "with the lab it asks processes"))]
    pub async fn leave(&self) {
        #[cfg(feature = "lab")]
        if let Some(hops) = &self.hops {
            hops.ask_again().await;
        }
    }
}
