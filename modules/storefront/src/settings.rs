//! What may be set about the storefront.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What may be set about the storefront.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long a page may take in all, in milliseconds; what is not answered by then counts as broken down.
    pub request_deadline_ms: u64,
    /// How long a page waits for a part that it can do without, in milliseconds.
    pub part_deadline_ms: u64,
    /// How long a check-out may take in all, in milliseconds.
    pub check_out_deadline_ms: u64,
    /// How long the body of a request may take to arrive, in milliseconds.
    pub body_deadline_ms: u64,
    /// How large the body of a request may be, in bytes.
    pub body_limit_bytes: usize,
    /// Whether prices are converted one by one, as Online Boutique does, instead of one batch per page.
    pub chatty: bool,
    /// How many products the home page shows, 1 to 100.
    pub home_products: u32,
    /// Whether the shop is reached over TLS alone, so that cookies always get `Secure`. Otherwise they get it when the request came
    /// over TLS, or a proxy says so by `X-Forwarded-Proto`.
    pub behind_tls: bool,
    /// What the lab does to each request on purpose; set by the lab's own settings, not by those of the storefront.
    #[serde(skip)]
    pub lab: LabSettings,
}

/// Known changes for the worse, by which the lab shows that it would find one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabSettings {
    /// How long each request waits before it is looked at, in microseconds.
    pub delay_us: u64,
    /// How much of its thread's CPU time each request burns, in microseconds.
    pub burn_us: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_deadline_ms: 5_000,
            part_deadline_ms: 1_000,
            check_out_deadline_ms: 15_000,
            body_deadline_ms: 10_000,
            body_limit_bytes: 16 * 1_024,
            chatty: false,
            home_products: 12,
            behind_tls: false,
            lab: LabSettings::default(),
        }
    }
}

impl Settings {
    pub(crate) fn request_deadline(&self) -> Duration {
        Duration::from_millis(self.request_deadline_ms)
    }

    pub(crate) fn part_deadline(&self) -> Duration {
        Duration::from_millis(self.part_deadline_ms)
    }

    pub(crate) fn check_out_deadline(&self) -> Duration {
        Duration::from_millis(self.check_out_deadline_ms)
    }

    pub(crate) fn body_deadline(&self) -> Duration {
        Duration::from_millis(self.body_deadline_ms)
    }
}
