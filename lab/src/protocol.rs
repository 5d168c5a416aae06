//! What a run does, in numbers; two runs can be compared only when these are equal.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::statistics::{CONFIDENCE, StopReason, StoppingRule, Width};

/// How thorough a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoroughness {
    /// Five rounds: a useful answer within minutes.
    Quick,
    /// Ten longer rounds, and more until the intervals are narrow.
    Full,
    /// Two rounds of moments: shows that everything works, for tests; its figures are worth nothing.
    Smoke,
}

/// Short beside what a neighbour on the same host or a clock that slows down lasts, long beside a request.
const TURN_SECONDS: f64 = 0.25;

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// `quick` or `full`.
    pub name: String,
    /// How often every side has its turn at all loads; the intervals are over these, and over those that [`Self::stopping`] adds.
    pub rounds: u32,
    /// How long each block is warmed up, at half the smallest capacity, seconds.
    pub warm_up_seconds: f64,
    /// How many sessions are played one after another as the load "1 session".
    pub lone_sessions: usize,
    /// How many are played with [`LONE_PAUSE`] after each answer, to look for the known delay; 0 in runs that looked for it elsewhere.
    #[serde(default)]
    pub paused_sessions: usize,
    /// The other loads, in shares of the smallest capacity among the sides.
    pub loads: Vec<LoadStretch>,
    /// Loads in shares of the side's own capacity, which take its curve to the knee and past it; see [`own_load`].
    #[serde(default)]
    pub own_loads: Vec<LoadStretch>,
    /// The load, in percent, whose figures are the headline.
    pub headline_load: u32,
    /// How much of each stretch is sent and counted but not timed, while sessions build up, seconds.
    pub ramp_seconds: f64,
    /// How long a side's turn is at the headline load, which all sides of a round have in turns; half of it with one session. 0 where
    /// sides could not run beside one another, so that each had its loads in one piece.
    #[serde(default)]
    pub turn_seconds: f64,
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
    /// When rounds end; without a rule, after [`Self::rounds`]. Rounds that it adds have one session at a time and the headline load.
    #[serde(default)]
    pub stopping: Option<StoppingRule>,
    /// When and why they did end: what was found, not a number of the protocol.
    #[serde(default)]
    pub stopped: Option<Stopped>,
}

/// How the rounds of a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// How many rounds were measured whole.
    pub rounds: u32,
    /// How long they took, seconds.
    pub seconds: f64,
    /// Why no further one was.
    pub reason: StopReason,
    /// The intervals that decide, as they were then.
    pub widths: Vec<Width>,
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

/// The name of the load that one visitor after another makes, without pauses.
pub const LONE: &str = "1";
/// The same with a pause after each answer.
pub const LONE_PAUSED: &str = "1 paused";
/// That pause. A page takes the longer the longer a processor had nothing to do, so that a delay of a millisecond in a tight loop makes
/// the next page longer too; after a pause twice as long, little more can become cold.
pub const LONE_PAUSE: Duration = Duration::from_millis(2);

/// What [`own_load`] puts before the percentage.
const OWN: &str = "own ";

/// The name of a load that is a share of the side's own capacity, in percent: `own 115`.
pub fn own_load(percent: u32) -> String {
    format!("{OWN}{percent}")
}

/// The percentage in the name of such a load; none for the loads that all sides share.
pub fn own_percent(load: &str) -> Option<u32> {
    load.strip_prefix(OWN)?.parse().ok()
}

impl Stopped {
    /// `25 rounds in 1460 s: every interval that decides is narrow enough`.
    pub fn in_words(&self) -> String {
        let wide = |width: &&Width| !width.is_narrow();
        let wide: Vec<String> =
            self.widths.iter().filter(wide).map(|width| format!("{} of {}", width.metric, width.side)).collect();
        let wide = wide.join(", ");
        let why = match self.reason {
            StopReason::Fixed => "as many as the protocol has".to_owned(),
            StopReason::Narrow => "every interval that decides is narrow enough".to_owned(),
            StopReason::MostRounds => format!("the most that are allowed, though these are still wide: {wide}"),
            StopReason::MostSeconds => format!("the time was up, though these are still wide: {wide}"),
            StopReason::Interrupted => "ended early".to_owned(),
        };
        format!("{} rounds in {:.0} s: {why}", self.rounds, self.seconds)
    }
}

impl Protocol {
    /// The numbers for a thoroughness.
    pub fn of(thoroughness: Thoroughness) -> Self {
        match thoroughness {
            Thoroughness::Quick => Self {
                name: "quick".to_owned(),
                rounds: 5,
                warm_up_seconds: 0.7,
                lone_sessions: 60,
                paused_sessions: 20,
                loads: vec![stretch(25, 1.0), stretch(50, 2.5), stretch(75, 1.0)],
                own_loads: Vec::new(),
                headline_load: 50,
                ramp_seconds: 0.2,
                turn_seconds: TURN_SECONDS,
                capacity: CapacitySearch { pilot_steps: 5, block_steps: 3, step_seconds: 0.6, stride: 1.25 },
                // Five rounds of seconds cannot resolve 2 %: saying so is better than calling a wide interval equal.
                targets: Targets { fine: 0.05, coarse: 0.25 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.2,
                stopping: None,
                stopped: None,
            },
            Thoroughness::Full => Self {
                name: "full".to_owned(),
                rounds: 10,
                warm_up_seconds: 2.0,
                lone_sessions: 400,
                paused_sessions: 100,
                loads: vec![stretch(25, 5.0), stretch(50, 10.0), stretch(75, 5.0), stretch(90, 5.0)],
                own_loads: vec![stretch(60, 3.0), stretch(80, 3.0), stretch(100, 3.0), stretch(120, 3.0)],
                headline_load: 50,
                ramp_seconds: 0.6,
                turn_seconds: TURN_SECONDS,
                capacity: CapacitySearch { pilot_steps: 6, block_steps: 6, step_seconds: 1.5, stride: 1.25 },
                targets: Targets { fine: 0.02, coarse: 0.10 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.1,
                // The level that makes up for looking every five rounds, whatever the noise: see `tests/statistics.rs`.
                stopping: Some(StoppingRule {
                    fewest_rounds: 10,
                    look_every: 5,
                    most_rounds: 60,
                    most_seconds: 3600.0,
                    level: 0.96,
                }),
                stopped: None,
            },
            Thoroughness::Smoke => Self {
                name: "smoke".to_owned(),
                rounds: 2,
                warm_up_seconds: 0.1,
                lone_sessions: 5,
                paused_sessions: 2,
                loads: vec![stretch(25, 0.2), stretch(50, 0.4)],
                own_loads: vec![stretch(120, 0.2)],
                headline_load: 50,
                ramp_seconds: 0.1,
                turn_seconds: TURN_SECONDS,
                capacity: CapacitySearch { pilot_steps: 2, block_steps: 2, step_seconds: 0.2, stride: 2.0 },
                targets: Targets { fine: 0.05, coarse: 0.25 },
                injected_delay_us: 1000,
                injected_burn_us: 200,
                delta_tolerance: 0.2,
                // Nobody can hope for narrow intervals here: it shows that rounds are added, and that they end.
                stopping: Some(StoppingRule {
                    fewest_rounds: 2,
                    look_every: 1,
                    most_rounds: 3,
                    most_seconds: 60.0,
                    level: 0.96,
                }),
                stopped: None,
            },
        }
    }

    /// The most rounds that a run can have.
    pub fn most_rounds(&self) -> u32 {
        self.stopping.as_ref().map_or(self.rounds, |rule| rule.most_rounds)
    }

    /// The rounds that were measured whole; for a run that has not ended, those that are planned.
    pub fn measured_rounds(&self) -> u32 {
        self.stopped.as_ref().map_or(self.rounds, |stopped| stopped.rounds)
    }

    /// The level at which intervals are computed, so that they hold the truth 95 times in 100.
    pub fn level(&self) -> f64 {
        self.stopping.as_ref().map_or(CONFIDENCE, |rule| rule.level)
    }

    /// Whether two runs were made by the same numbers, whatever they found.
    pub fn is_like(&self, other: &Self) -> bool {
        Self { stopped: None, ..self.clone() } == Self { stopped: None, ..other.clone() }
    }
}

fn stretch(percent: u32, seconds: f64) -> LoadStretch {
    LoadStretch { percent, seconds }
}
