//! What can come back instead of an answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a caller gets instead of an answer.
///
/// There is no conversion from one contract's fault into another's: what a callee's fault means to the caller's own callers is
/// a decision, and `?` must not take it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault<E> {
    /// The module understood and refused.
    #[error(transparent)]
    Domain(E),
    /// The question or its answer got lost, or was not taken.
    #[error(transparent)]
    Breakdown(Breakdown),
}

impl<E> Fault<E> {
    /// Whether the call may have had an effect although no answer came.
    pub fn may_have_executed(&self) -> MayHaveExecuted {
        match self {
            Self::Domain(_) => MayHaveExecuted::No,
            Self::Breakdown(breakdown) => breakdown.may_have_executed(),
        }
    }

    /// The domain error, when it is one.
    pub fn domain(self) -> Option<E> {
        match self {
            Self::Domain(error) => Some(error),
            Self::Breakdown(_) => None,
        }
    }
}

impl<E> From<Breakdown> for Fault<E> {
    fn from(breakdown: Breakdown) -> Self {
        Self::Breakdown(breakdown)
    }
}

/// All that can go wrong between a caller and a module, the same for every contract.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "breakdown")]
pub enum Breakdown {
    /// The caller's deadline passed.
    #[error("the deadline passed")]
    DeadlineExceeded {
        /// `No` when the deadline had passed before the call was begun.
        executed: MayHaveExecuted,
    },
    /// The module has more to do than it can; the call was not begun.
    #[error("overloaded, try again in {retry_after_ms} ms")]
    Overloaded {
        /// When it is worth trying again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The module, or something it cannot do without, is not there.
    #[error("unavailable")]
    Unavailable {
        /// `No` when the call never left.
        executed: MayHaveExecuted,
    },
    /// The callee does not accept this caller; the call was not begun.
    #[error("denied")]
    Denied,
    /// The two sides do not understand each other: codec, version, or a method one of them lacks.
    #[error("broken: {what}")]
    Broken {
        /// What was not understood, for the log.
        what: String,
        /// `No` when the question was not understood, `Maybe` when its answer was not.
        executed: MayHaveExecuted,
    },
    /// The module panicked while it answered.
    #[error("the module panicked")]
    Panicked,
}

impl Breakdown {
    /// Whether the call may have had an effect although no answer came.
    pub fn may_have_executed(&self) -> MayHaveExecuted {
        match self {
            Self::DeadlineExceeded { executed } | Self::Unavailable { executed } | Self::Broken { executed, .. } => {
                *executed
            }
            Self::Overloaded { .. } | Self::Denied => MayHaveExecuted::No,
            Self::Panicked => MayHaveExecuted::Maybe,
        }
    }

    /// The module is not there, and the call never left.
    pub fn not_there() -> Self {
        Self::Unavailable { executed: MayHaveExecuted::No }
    }

    /// The connection was lost after the call had left.
    pub fn lost() -> Self {
        Self::Unavailable { executed: MayHaveExecuted::Maybe }
    }

    /// Too much to do; worth another try after `retry_after`.
    pub fn overloaded(retry_after: Duration) -> Self {
        Self::Overloaded { retry_after_ms: u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// Whether a call without an answer may have had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MayHaveExecuted {
    /// It certainly did not.
    No,
    /// Nobody can tell from here.
    Maybe,
}

/// What a service method returns instead of an answer.
#[derive(Debug)]
pub enum Failure<E> {
    /// The module understood and refuses.
    Domain(E),
    /// Something the module cannot do without is not there: its table, or a module it asks. The text is for the log alone;
    /// callers see [`Breakdown::Unavailable`].
    Unavailable(String),
}

impl<E> Failure<E> {
    /// Something this module cannot do without is not there.
    pub fn unavailable(what: impl std::fmt::Display) -> Self {
        Self::Unavailable(what.to_string())
    }
}

impl<E> From<E> for Failure<E> {
    fn from(error: E) -> Self {
        Self::Domain(error)
    }
}

/// What a service method returns.
pub type Outcome<T, E> = Result<T, Failure<E>>;
