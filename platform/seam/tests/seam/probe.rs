//! A contract of everything a contract can be, and a service that counts what it is asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use seam::{Call, Criticality, Failure, Outcome, Principal, Trace};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Everything a contract can be.
#[seam::contract]
pub(crate) trait Probe {
    /// Gives the text back.
    #[read]
    async fn echo(&self, call: &Call, text: String) -> Result<String, ProbeError>;

    /// Takes nothing and gives nothing.
    #[read]
    async fn nothing(&self, call: &Call) -> Result<(), ProbeError>;

    /// Takes and gives one of each shape.
    #[read]
    async fn shapes(
        &self,
        call: &Call,
        pair: (u8, i64),
        list: Vec<Shape>,
        map: BTreeMap<String, Option<f64>>,
        shared: Arc<Shape>,
        unit: (),
    ) -> Result<Arc<Shapes>, ProbeError>;

    /// Refuses with one of its errors.
    #[idempotent]
    async fn refuse(&self, call: &Call, error: ProbeError) -> Result<(), ProbeError>;

    /// Tells what the service sees of the call.
    #[read]
    async fn circumstances(&self, call: &Call) -> Result<Circumstances, ProbeError>;

    /// Answers after a while.
    #[read]
    async fn wait(&self, call: &Call, milliseconds: u64) -> Result<(), ProbeError>;

    /// Keeps its worker busy for a while.
    #[once]
    async fn hog(&self, call: &Call, milliseconds: u64) -> Result<(), ProbeError>;

    /// Counts how often it ran, after a while.
    #[once]
    async fn count(&self, call: &Call, milliseconds: u64) -> Result<u32, ProbeError>;

    /// Panics, at once or after a while.
    #[once]
    async fn panic(&self, call: &Call, milliseconds: u64) -> Result<(), ProbeError>;

    /// Misses something it cannot do without.
    #[once]
    async fn lack(&self, call: &Call) -> Result<(), ProbeError>;

    /// Gives so many bytes.
    #[read]
    async fn read_bytes(&self, call: &Call, bytes: usize) -> Result<String, ProbeError>;

    /// Gives so many bytes, once.
    #[once]
    async fn take_bytes(&self, call: &Call, bytes: usize) -> Result<String, ProbeError>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    Unit,
    Newtype(String),
    Tuple(u8, bool),
    Struct { name: String, price: Option<i64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shapes {
    pub(crate) pair: (u8, i64),
    pub(crate) list: Vec<Shape>,
    pub(crate) map: BTreeMap<String, Option<f64>>,
    pub(crate) shared: Arc<Shape>,
    pub(crate) unit: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Circumstances {
    pub(crate) caller: String,
    pub(crate) trace: Trace,
    pub(crate) principal: Option<Principal>,
    pub(crate) criticality: Criticality,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) attempt: u8,
    pub(crate) left: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub(crate) enum ProbeError {
    #[error("no")]
    No,
    #[error("not {0}")]
    Not(String),
    #[error("{field} is {why:?}")]
    Wrong { field: String, why: Option<u8> },
}

/// Answers [`Probe`].
#[derive(Debug, Default)]
pub(crate) struct Probed {
    /// How often `wait` and `count` were begun and ended.
    pub(crate) begun: AtomicU32,
    pub(crate) ended: AtomicU32,
}

impl ProbeService for Probed {
    async fn echo(&self, _: &Call, text: String) -> Outcome<String, ProbeError> {
        Ok(text)
    }

    async fn nothing(&self, _: &Call) -> Outcome<(), ProbeError> {
        Ok(())
    }

    async fn shapes(
        &self,
        _: &Call,
        pair: (u8, i64),
        list: Vec<Shape>,
        map: BTreeMap<String, Option<f64>>,
        shared: Arc<Shape>,
        unit: (),
    ) -> Outcome<Arc<Shapes>, ProbeError> {
        Ok(Arc::new(Shapes { pair, list, map, shared, unit }))
    }

    async fn refuse(&self, _: &Call, error: ProbeError) -> Outcome<(), ProbeError> {
        Err(Failure::Domain(error))
    }

    async fn circumstances(&self, call: &Call) -> Outcome<Circumstances, ProbeError> {
        Ok(Circumstances {
            caller: call.caller().to_string(),
            trace: call.trace(),
            principal: call.principal().map(|principal| (**principal).clone()),
            criticality: call.criticality(),
            idempotency_key: call.idempotency_key().map(str::to_owned),
            attempt: call.attempt(),
            left: call.deadline().left(),
        })
    }

    async fn wait(&self, _: &Call, milliseconds: u64) -> Outcome<(), ProbeError> {
        self.begun.fetch_add(1, SeqCst);
        pause(milliseconds).await;
        self.ended.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn hog(&self, _: &Call, milliseconds: u64) -> Outcome<(), ProbeError> {
        // A worker that computes gives nothing back until it is done.
        let until = std::time::Instant::now() + Duration::from_millis(milliseconds);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        Ok(())
    }

    async fn count(&self, _: &Call, milliseconds: u64) -> Outcome<u32, ProbeError> {
        let begun = self.begun.fetch_add(1, SeqCst) + 1;
        pause(milliseconds).await;
        self.ended.fetch_add(1, SeqCst);
        Ok(begun)
    }

    async fn panic(&self, _: &Call, milliseconds: u64) -> Outcome<(), ProbeError> {
        pause(milliseconds).await;
        panic!("as it was asked to");
    }

    async fn lack(&self, _: &Call) -> Outcome<(), ProbeError> {
        Err(Failure::unavailable("a table"))
    }

    async fn read_bytes(&self, _: &Call, bytes: usize) -> Outcome<String, ProbeError> {
        Ok("x".repeat(bytes))
    }

    async fn take_bytes(&self, _: &Call, bytes: usize) -> Outcome<String, ProbeError> {
        Ok("x".repeat(bytes))
    }
}

#[expect(clippy::disallowed_methods, reason = "slow services are what some of these tests are about")]
async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
