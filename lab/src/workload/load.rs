//! The form of load that a workload asks for: who decides when the next request comes.

use std::sync::Arc;
use std::time::Duration;

use super::Recording;
use crate::generator::Pacing;

/// The form of load and how visitors arrive.
///
/// How *much* load there is, the protocol decides: shares of the capacity that it has found.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Who decides when the next request comes.
    pub form: LoadForm,
    /// How visitors arrive, where they do.
    pub arrivals: ArrivalProcess,
}

/// Who decides when the next request comes (Schroeder, Wierman and Harchol-Balter, NSDI 2006).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoadForm {
    /// Sessions arrive whatever the answers; inside a session a request waits for the answer before it.
    #[default]
    PartlyOpen,
    /// Every journey is a visitor of its own and arrives whatever the answers.
    Open,
    /// So many visitors who ask, wait, think and ask again, as Locust has them.
    Closed {
        /// How many there are at a load of 100 %.
        visitors: usize,
    },
}

/// How visitors arrive.
#[derive(Debug, Clone, Default)]
pub enum ArrivalProcess {
    /// Independently of one another: gaps are exponential.
    #[default]
    Poisson,
    /// At equal gaps.
    Constant,
    /// As they once did, faster or slower to meet the rate that is offered.
    Recorded(Arc<Recording>),
}

impl Load {
    /// What brings the visitors at a load of `percent`.
    pub fn pacing(&self, percent: f64, lasting: Duration) -> Pacing {
        match self.form {
            LoadForm::PartlyOpen | LoadForm::Open => Pacing::Arrivals,
            LoadForm::Closed { visitors } => Pacing::Returning {
                visitors: ((visitors as f64 * percent / 100.0).round() as usize).max(1),
                until: Some(lasting),
            },
        }
    }

    /// Whether a rate is offered that the answers do not slow down.
    pub fn offers_a_rate(&self) -> bool {
        !matches!(self.form, LoadForm::Closed { .. })
    }
}

impl std::fmt::Display for Load {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = match self.form {
            LoadForm::PartlyOpen => "partly open",
            LoadForm::Open => "open",
            LoadForm::Closed { visitors } => {
                return write!(
                    formatter,
                    "closed: {visitors} visitors at 100 %, who come back as soon as they have left"
                );
            }
        };
        match &self.arrivals {
            ArrivalProcess::Poisson => write!(formatter, "{form}, Poisson arrivals"),
            ArrivalProcess::Constant => write!(formatter, "{form}, arrivals at equal gaps"),
            ArrivalProcess::Recorded(recording) => write!(formatter, "{form}, recorded arrivals ({recording})"),
        }
    }
}
