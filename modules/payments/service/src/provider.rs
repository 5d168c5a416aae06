//! How the till speaks to the payment provider: HTTP, with one idempotency key per order and step.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use seam::clock::Deadline;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Card, Money, OrderId};

/// Where the provider is, and how much patience the till has with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Such as `http://127.0.0.1:4800`.
    pub address: String,
    /// How long one attempt may take. 5 seconds by default: the slowest answer worth waiting for takes two.
    pub attempt: Duration,
    /// How often a command is given, the first time included. 3 by default. All attempts have one idempotency key.
    pub attempts: u32,
    /// How long a connection is kept that nothing is sent over: less than the provider keeps it. 10 seconds by default.
    pub idle: Duration,
}

impl ProviderSettings {
    /// The provider at an address, and the usual patience.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), attempt: Duration::from_secs(5), attempts: 3, idle: Duration::from_secs(10) }
    }
}

/// The till cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StartError {
    /// The provider's address is none.
    #[error("the payment provider's address {address:?} is not like http://127.0.0.1:4800")]
    Address {
        /// What was given.
        address: String,
    },
}

/// No answer came, after all attempts: what was asked may or may not have happened.
#[derive(Debug, Error)]
#[error("the payment provider did not answer to {command}: {reason}")]
pub(crate) struct NoAnswer {
    command: &'static str,
    reason: String,
}

/// What the provider said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Answer {
    pub(crate) standing: Standing,
    pub(crate) done: bool,
    #[serde(default)]
    pub(crate) reference: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// Where a payment stands, as the provider says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    Authorized,
    Declined,
    Captured,
    Voided,
    Refunded,
    #[serde(other)]
    Unknown,
}

/// A command to the provider. The key says which order and which step it is, so that a repetition after a crash is the same
/// command.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Command<'a> {
    Authorize {
        order: OrderId,
        amount: Money,
        card: &'a Card,
    },
    Move {
        order: OrderId,
        amount: Money,
        #[serde(skip)]
        step: Step,
    },
    Void {
        order: OrderId,
    },
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Step {
    #[default]
    Capture,
    Refund,
}

impl Command<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Authorize { .. } => "authorize",
            Self::Move { step: Step::Capture, .. } => "capture",
            Self::Move { step: Step::Refund, .. } => "refund",
            Self::Void { .. } => "void",
        }
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Authorize { .. } => "/authorizations",
            Self::Move { step: Step::Capture, .. } => "/captures",
            Self::Move { step: Step::Refund, .. } => "/refunds",
            Self::Void { .. } => "/voids",
        }
    }

    fn key(&self) -> String {
        let (Self::Authorize { order, .. } | Self::Move { order, .. } | Self::Void { order }) = self;
        format!("{order}-{}", self.name())
    }
}

const LARGEST_ANSWER: usize = 16 * 1_024;
const IDLE_CONNECTIONS: usize = 8;
const CONNECT: Duration = Duration::from_secs(1);
/// The second attempt follows at once: most often only the connection was stale. Later ones wait, each twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The way to the provider.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    client: Client<HttpConnector, Full<Bytes>>,
    settings: ProviderSettings,
}

impl Provider {
    pub(crate) fn new(settings: ProviderSettings) -> Result<Self, StartError> {
        let wrong = || StartError::Address { address: settings.address.clone() };
        let address: Uri = settings.address.parse().map_err(|_| wrong())?;
        if address.scheme_str() != Some("http") || address.authority().is_none() || address.path() != "/" {
            return Err(wrong());
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(settings.idle)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_timer(TokioTimer::new())
            // All retries are ours, below: they are counted, bounded, and keep the key.
            .retry_canceled_requests(false)
            .build(connector);
        let settings = ProviderSettings { address: settings.address.trim_end_matches('/').to_owned(), ..settings };
        Ok(Self { client, settings })
    }

    /// Gives a command until it is answered, the attempts are used up, or the deadline leaves no time for another.
    pub(crate) async fn tell(&self, command: Command<'_>, deadline: Deadline) -> Result<Answer, NoAnswer> {
        let no_answer = |reason| NoAnswer { command: command.name(), reason };
        let body = Bytes::from(serde_json::to_vec(&command).map_err(|error| no_answer(error.to_string()))?);
        let mut reason = "the deadline passed".to_owned();
        let mut pause = Duration::ZERO;
        for attempt in 1..=self.settings.attempts.max(1) {
            if attempt > 1 {
                rest(pause).await;
                pause = (pause * 2).max(FIRST_PAUSE);
            }
            let time = deadline.left().map_or(self.settings.attempt, |left| left.min(self.settings.attempt));
            if time.is_zero() {
                break;
            }
            match tokio::time::timeout(time, self.attempt(&command, body.clone())).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failed)) => reason = failed,
                Err(_) => reason = format!("nothing came within {time:?}"),
            }
            tracing::debug!(command = command.name(), attempt, reason, "the payment provider did not answer");
        }
        Err(no_answer(reason))
    }

    async fn attempt(&self, command: &Command<'_>, body: Bytes) -> Result<Answer, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{}", self.settings.address, command.path()))
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", command.key())
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| chain(&error))?;
        let status = response.status();
        if !matches!(status, StatusCode::OK | StatusCode::PAYMENT_REQUIRED | StatusCode::CONFLICT) {
            return Err(format!("it answered {status}"));
        }
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| format!("its answer broke off: {error}"))?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| format!("its answer is unreadable: {error}"))
    }
}

/// The error and what is behind it: hyper's own text ends where it becomes interesting.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the pause between two attempts is not a wait for a condition")]
async fn rest(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::Currency;

    use super::*;

    #[test]
    fn the_key_of_a_command_is_the_same_after_a_crash_and_different_for_each_step() {
        let (order, amount) = (OrderId::generate(), Money::new(1, Currency::USD));
        let capture = Command::Move { order, amount, step: Step::Capture };
        assert_eq!(capture.key(), format!("{order}-capture"));
        assert_ne!(capture.key(), Command::Move { order, amount, step: Step::Refund }.key());
    }

    #[test]
    fn an_address_that_is_none_is_refused_at_the_start() {
        for address in ["", "127.0.0.1:4800", "https://127.0.0.1:4800", "http://", "http://localhost/pay"] {
            assert!(Provider::new(ProviderSettings::at(address)).is_err(), "{address}");
        }
        assert!(Provider::new(ProviderSettings::at("http://127.0.0.1:4800/")).is_ok());
    }
}
