//! The experiment: starts any shop in several shapes, loads it, counts what it costs, and says what the figures support.
//!
//! The lab knows processes, HTTP and workloads, and nothing of the shop it measures: a program that obeys the few commands of
//! [`side::Executable`] can be measured in any language, and any other as a [`side::Stranger`]. `compare` measures and writes a run
//! folder; `report` renders and gates runs later. Every report is a pure function of `run.json`.

pub mod accounts;
pub mod advise;
pub mod analysis;
pub mod archive;
pub mod benefits;
mod calendar;
pub mod delay;
pub mod environment;
mod experiment;
mod fail_if;
pub mod generator;
pub mod http;
pub mod predict;
pub mod protocol;
mod random;
pub mod report;
pub mod side;
pub mod statistics;
mod suggest;
pub mod workload;
mod written;

pub use experiment::{Beside, CompareOptions, compare};
pub use fail_if::FailIf;
pub use protocol::Thoroughness;
pub use report::{ReportOptions, report};

/// How a command ended that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Measured, and the controls allow the verdicts to be used; or a `--fail-if` expression that is false.
    Valid,
    /// Measured, but the trust panel says that the verdicts may not be used.
    Untrusted,
    /// The `--fail-if` expression is true of the run.
    ConditionHolds,
}

impl Outcome {
    /// The outcome of a run without an expression.
    pub fn of(run: &archive::Run) -> Self {
        if analysis::Analysis::of(run).valid { Self::Valid } else { Self::Untrusted }
    }

    /// The exit code of the process: 0, 3 or 1. A [`UsageError`] is 2, any other error 1.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Untrusted => 3,
            Self::ConditionHolds => 1,
        }
    }
}

/// A mistake in how the lab was asked, as opposed to one in what it found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UsageError {
    message: String,
}

impl UsageError {
    /// Wraps the message that the person will read.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}
