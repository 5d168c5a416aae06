//! What a split may buy: faults that stay in one process, modules that grow alone, changes that reach visitors sooner.

use serde::{Deserialize, Serialize};

/// The benefit side of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BenefitsRecord {
    /// What visitors still got done while one module was broken.
    pub survival: Vec<SurvivalRecord>,
    /// What visitors felt while one module was flooded with work.
    pub neighbours: Vec<NeighbourRecord>,
    /// What more of one module brought, at equal cores.
    pub scaling: Vec<ScalingRecord>,
    /// How long a change took to reach visitors.
    pub changes: Vec<ChangeRecord>,
    /// What a restart cost.
    pub restarts: Vec<RestartRecord>,
    /// What each process is to start and to hold.
    pub processes: Vec<ProcessSize>,
    /// What was not measured, each with the reason.
    pub absent: Vec<String>,
}

/// A way in which a module can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Its process is killed.
    Kill,
    /// It answers nothing.
    Hang,
    /// It takes memory until it meets its limit.
    Leak,
    /// It burns all the CPU it gets.
    Spin,
    /// It answers late.
    Slow,
}

/// One fault in one module of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurvivalRecord {
    /// The side.
    pub side: String,
    /// The module that was broken.
    pub module: String,
    /// How.
    pub fault: FaultKind,
    /// What came of each journey that began while the fault lasted, and so early that its visitor would not wait for the end of it.
    pub journeys: Vec<JourneyOutcome>,
    /// Requests answered rightly per second, over time; the fault began at zero.
    pub goodput: Vec<(f64, f64)>,
    /// How long the fault lasted, seconds.
    pub lasted_s: f64,
    /// From the end of the fault until goodput was back, seconds; none when it did not come back while it was watched.
    pub recovered_after_s: Option<f64>,
    /// Whether the shop's books balanced afterwards.
    pub books_balance: Option<bool>,
}

/// From this share of its visitors on, a journey counts as one that survives; the rest of a per cent is for those whom the fault met on
/// their way.
const SURVIVES_FROM: f64 = 0.99;

impl BenefitsRecord {
    /// What visitors got done on a side while a module was broken in this way, where that was tried.
    pub fn under(&self, side: &str, module: &str, fault: FaultKind) -> Option<&SurvivalRecord> {
        self.survival.iter().find(|record| record.side == side && record.module == module && record.fault == fault)
    }
}

impl JourneyOutcome {
    /// Whether so many survived that the journey did.
    pub fn survives(&self) -> bool {
        self.survived as f64 >= SURVIVES_FROM * self.begun as f64
    }
}

/// What came of the journeys of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyOutcome {
    /// The journey.
    pub journey: String,
    /// How many were begun.
    pub begun: u64,
    /// How many got all their answers right and in time.
    pub survived: u64,
}

/// Visitors of all other journeys while one module has more to do than it can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NeighbourRecord {
    /// The side.
    pub side: String,
    /// The journey that floods.
    pub noisy: String,
    /// p99 of the others without the flood, milliseconds.
    pub quiet_p99_ms: f64,
    /// p99 of the others with it, milliseconds.
    pub noisy_p99_ms: f64,
    /// Share of the others that failed with it.
    pub failed_share: f64,
}

/// One way of growing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalingRecord {
    /// The side, a topology with replicas or one without.
    pub side: String,
    /// What was multiplied, and how often: `storefront x 2`, `everything x 2`.
    pub grown: String,
    /// How visitors chose: `uniform` or `zipf`.
    pub popularity: String,
    /// The cores all processes shared.
    pub cores: usize,
    /// The capacity, requests per second.
    pub capacity_rps: f64,
    /// Proportional set size of all processes, bytes.
    pub pss_bytes: u64,
}

/// A change of one file, until a visitor was answered by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The module that was changed.
    pub module: String,
    /// What of it: `service` or `contract`.
    pub changed: String,
    /// As what it was built: `one process` or `one binary per module`.
    pub shape: String,
    /// The build, seconds.
    pub build_s: f64,
    /// The restart until ready, seconds.
    pub restart_s: f64,
    /// How many binaries had to be built again.
    pub binaries: u32,
}

/// A restart under load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestartRecord {
    /// The side.
    pub side: String,
    /// What was restarted: a module, or everything.
    pub restarted: String,
    /// Requests sent while it went on.
    pub sent: u64,
    /// Those among them that got no right answer.
    pub lost: u64,
    /// From the signal until it served again, seconds.
    pub away_s: f64,
}

/// One process at rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessSize {
    /// The side.
    pub side: String,
    /// The group: the modules of the process.
    pub group: String,
    /// The program file, bytes; with one binary per module, its own.
    pub binary_bytes: u64,
    /// Proportional set size at rest, bytes.
    pub pss_bytes: u64,
    /// From exec to ready, milliseconds.
    pub ready_ms: f64,
}
