//! What a run does, in numbers; two runs can be compared only when these are equal.

use serde::{Deserialize, Serialize};

/// How thorough a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Five rounds: a useful answer within minutes.
    Quick,
    /// Ten longer rounds.
    Full,
    /// Two rounds of moments: shows that everything works, for tests; its figures are worth nothing.
    Smoke,
}

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// `quick` or `full`.
    pub name: String,
    /// How often every side has its turn; the intervals are over these.
    pub rounds: u32,
    /// How long each block is warmed up, at half the smallest capacity, seconds.
    pub warm_up_seconds: f64,
    /// How many sessions are played one after another as the load "1 session".
    pub lone_sessions: usize,
    /// The other loads, in shares of the smallest capacity among the sides.
    pub loads: Vec<LoadStretch>,
    /// The load, in percent, whose figures are the headline.
    pub headline_load: u32,
    /// How much of each stretch is sent and counted but not timed, while sessions build up, seconds.
    pub ramp_seconds: f64,
    /// The search for the capacity of a side.
    pub capacity: CapacitySearch,
    /// The half-widths of the intervals that "no difference shown" needs, as shares.
    pub targets: Targets,
    /// How much latency is injected to see whether it is found, microseconds; 0 for not at all.
    pub injected_delay_us: u64,
    /// How much CPU is burnt per request to see whether it is found, microseconds; 0 for not at all.
    pub injected_burn_us: u64,
    /// How far from its true size an injected delta may be found, as a share.
    pub delta_tolerance: f64,
}

/// One load of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadStretch {
    /// The share of the smallest capacity, percent.
    pub percent: u32,
    /// How long sessions arrive, seconds.
    pub seconds: f64,
}

/// How capacity is searched for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacitySearch {
    /// Rates tried in the pilot, which sets the loads.
    pub pilot_steps: u32,
    /// Rates tried in each block.
    pub block_steps: u32,
    /// How long each step lasts, seconds.
    pub step_seconds: f64,
    /// The factor between the first two rates; its root is taken at every turn of the search.
    pub stride: f64,
}

/// The half-widths that intervals must meet, as shares of the ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Targets {
    /// For CPU per request, p50 and memory.
    pub fine: f64,
    /// For p99 and capacity.
    pub coarse: f64,
}

impl Protocol {
    /// The numbers for a thoroughness.
    pub fn of(thoroughness: Thoroughness) -> Self {
        match thoroughness {
            Thoroughness::Quick => Self {
                name: "quick".to_owned(),
                rounds: 5,
                warm_up_seconds: 0.7,
                lone_sessions: 50,
                loads: vec![stretch(25, 1.2), stretch(50, 2.4), stretch(75, 1.4)],
                headline_load: 50,
                ramp_seconds: 0.2,
                capacity: CapacitySearch { pilot_steps: 5, block_steps: 4, step_seconds: 0.7, stride: 1.25 },
                // Five rounds of seconds cannot resolve 2 %: saying so is better than calling a wide interval equal.
                targets: Targets { fine: 0.05, coarse: 0.25 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.2,
            },
            Thoroughness::Full => Self {
                name: "full".to_owned(),
                rounds: 10,
                warm_up_seconds: 2.0,
                lone_sessions: 150,
                loads: vec![stretch(25, 5.0), stretch(50, 8.0), stretch(75, 5.0)],
                headline_load: 50,
                ramp_seconds: 0.6,
                capacity: CapacitySearch { pilot_steps: 6, block_steps: 6, step_seconds: 1.5, stride: 1.25 },
                targets: Targets { fine: 0.02, coarse: 0.10 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.1,
            },
            Thoroughness::Smoke => Self {
                name: "smoke".to_owned(),
                rounds: 2,
                warm_up_seconds: 0.1,
                lone_sessions: 5,
                loads: vec![stretch(25, 0.2), stretch(50, 0.4)],
                headline_load: 50,
                ramp_seconds: 0.1,
                capacity: CapacitySearch { pilot_steps: 2, block_steps: 2, step_seconds: 0.2, stride: 2.0 },
                targets: Targets { fine: 0.05, coarse: 0.25 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.2,
            },
        }
    }
}

fn stretch(percent: u32, seconds: f64) -> LoadStretch {
    LoadStretch { percent, seconds }
}
