//! The run folder: everything that was measured, so that every claim of a report can be computed again.

mod accounts;
mod benefits;
mod histogram;
mod predictions;
mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use accounts::{AccountsRecord, EdgeRecord, EdgeTime, PathRecord, PathStep, RoundRecord, TracedPass};
pub use benefits::{
    BenefitsRecord, ChangeRecord, FaultKind, JourneyOutcome, NeighbourRecord, ProcessSize, RestartRecord,
    ScalingRecord, SurvivalRecord,
};
pub use histogram::StoredHistogram;
pub use predictions::{HopPrice, HopsTo, Partition, Predicted, PredictionsRecord, Projection, RoundPrice, Scouted};
pub use store::{Kept, RUN_FILE, keep_run, read_run, write_run, write_text};

use crate::environment::Environment;
use crate::protocol::Protocol;
use crate::side::{Placement, Role, Verification};
use crate::workload::Load;

/// The version of `run.json`; a lab reads its own and older ones.
pub const SCHEMA_VERSION: u32 = 2;

/// A run: what was asked, where it ran, and every block with its raw figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The version of the lab that measured.
    pub lab_version: String,
    /// The name of the run: its folder's.
    pub name: String,
    /// When it began, UTC, ISO 8601.
    pub started_at: String,
    /// How long it took, seconds.
    pub seconds: f64,
    /// Whether every planned stage and block was measured.
    pub complete: bool,
    /// The seed of arrivals, values and the order of blocks.
    pub seed: u64,
    /// The machine and the program.
    pub environment: Environment,
    /// Which CPUs were whose.
    pub placement: Placement,
    /// The numbers of the protocol.
    pub protocol: Protocol,
    /// What visitors did.
    pub workload: WorkloadRecord,
    /// The sides; the first one is what the others are compared with.
    pub sides: Vec<SideRecord>,
    /// The capacities that set the loads.
    pub pilots: Vec<PilotRecord>,
    /// Whether all sides answered alike before anything was timed.
    pub equality: EqualityRecord,
    /// Every timed block, in the order in which they ran.
    pub blocks: Vec<Block>,
    /// The price of a call on each rung.
    pub ladder: LadderRecord,
    /// What passed between modules.
    #[serde(default)]
    pub accounts: AccountsRecord,
    /// What was foretold.
    #[serde(default)]
    pub predictions: PredictionsRecord,
    /// What a split may buy.
    #[serde(default)]
    pub benefits: BenefitsRecord,
}

/// The workload of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkloadRecord {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub description: String,
    /// Its journeys with their weights.
    pub mix: String,
    /// Who decided when the next request came, and how visitors arrived.
    #[serde(default = "only_form_there_was")]
    pub load: String,
    /// The p99 that defines capacity, milliseconds.
    pub objective_p99_ms: f64,
    /// Requests per session in the mean, redirects counted.
    pub requests_per_session: f64,
    /// The whole file.
    pub text: String,
}

/// What runs did before workloads could say otherwise.
fn only_form_there_was() -> String {
    Load::default().to_string()
}

/// One side of the comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SideRecord {
    /// Its name in the report.
    pub name: String,
    /// The topology that `up` was given.
    pub topology: String,
    /// Why it is part of the run.
    pub part: Part,
    /// What was added to its environment.
    pub environment: BTreeMap<String, String>,
    /// The whole file of commands, when it is somebody else's program.
    #[serde(default)]
    pub stranger: Option<String>,
}

/// Why a side is part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is what the question is about.
    Compared,
    /// It is the first side again: the two must come out equal.
    Again,
    /// It is the first side with a known delay per request.
    KnownDelay,
    /// It is the first side with a known burn of CPU per request.
    KnownBurn,
}

/// The capacity of a side as found before the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PilotRecord {
    /// The side.
    pub side: String,
    /// What a closed loop without pauses reached, requests per second; it brackets the search.
    pub closed_loop_rps: f64,
    /// The search.
    pub capacity: CapacityRecord,
}

/// A search for the highest rate at which p99 stays within the objective and failures below 0.1 %.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CapacityRecord {
    /// The rate found, requests per second.
    pub rps: f64,
    /// Where the capacity lies when the search never turned, so that `rps` is only a bound.
    pub beyond: Option<Bound>,
    /// Every rate that was tried.
    pub steps: Vec<CapacityStep>,
}

/// On which side of all rates that were tried the capacity lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// No rate that was tried held.
    Below,
    /// Every rate that was tried held.
    Above,
}

/// One rate of a capacity search.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CapacityStep {
    /// The rate offered, requests per second.
    pub offered_rps: f64,
    /// The p99 at it, milliseconds.
    pub p99_ms: f64,
    /// The share of requests that failed.
    pub failed_share: f64,
    /// Whether the objective held.
    pub held: bool,
}

/// The replay of one trace on every side before anything is timed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EqualityRecord {
    /// How many sessions were replayed.
    pub sessions: usize,
    /// How many answers were compared on each side.
    pub answers: usize,
    /// What was replaced before comparing.
    pub normalised: Vec<String>,
    /// The first differences of each side from the first side.
    pub differences: Vec<Difference>,
}

/// An answer that differs between two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The side that differs from the first one.
    pub side: String,
    /// The name of the request, and its number in the replay.
    pub request: String,
    /// What differs, with an excerpt of both.
    pub detail: String,
}

/// One timed stretch of one side: fresh processes, restored data, all loads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Block {
    /// The round, from 1.
    pub round: u32,
    /// The place within the round, from 1; it is drawn at random.
    pub position: u32,
    /// The side.
    pub side: String,
    /// When the block began, seconds after the run.
    pub started_s: f64,
    /// From the start of the process to ready, milliseconds.
    pub ready_ms: f64,
    /// The loads.
    pub points: Vec<Point>,
    /// The capacity, where this block searched for it.
    pub capacity: Option<CapacityRecord>,
    /// The processes after the headline load, which every block has.
    pub processes: Vec<ProcessRecord>,
    /// The most memory that all processes had together until then, bytes, where a control group counted it.
    #[serde(default)]
    pub memory_peak_bytes: Option<u64>,
    /// What the program says about the data left behind.
    pub verification: Option<Verification>,
    /// What was not as it should be: a process that died, one left behind.
    pub troubles: Vec<String>,
}

/// One load of a block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Point {
    /// The load: `1` for one session at a time, `50` for that percentage of the smallest capacity among the sides, `own 120` for that
    /// percentage of the side's own capacity as its pilot found it. The last kind has another rate on every side, so sides are never
    /// compared at it; it takes each side's curve to its knee and past it.
    pub load: String,
    /// The rate offered, requests per second; none for one session at a time.
    pub offered_rps: Option<f64>,
    /// Requests sent, answered, and among them failed.
    pub sent: u64,
    /// See `sent`.
    pub answered: u64,
    /// See `sent`.
    pub failed: u64,
    /// Requests that the generator could not send.
    pub unsent: u64,
    /// Sessions begun.
    pub sessions: u64,
    /// From the first arrival to the last answer, seconds.
    pub seconds: f64,
    /// Requests in the timed part, and its length, seconds.
    pub timed: u64,
    /// See `timed`.
    pub timed_seconds: f64,
    /// CPU, from before the first arrival to after the last answer, nanoseconds, by role.
    pub cpu_ns: BTreeMap<Role, u64>,
    /// Context switches of living threads, by role.
    pub switches: BTreeMap<Role, u64>,
    /// What other programs used of the side's CPUs meanwhile, as a share of that time; 10 ms resolution.
    pub foreign_cpu_share: f64,
    /// What of it the host of a virtual machine gave to others; 0 in runs that did not look.
    #[serde(default)]
    pub stolen_cpu_share: f64,
    /// The CPU time of the generator, nanoseconds.
    pub generator_cpu_ns: u64,
    /// Bytes from and to the visitors.
    pub bytes_in: u64,
    /// See `bytes_in`.
    pub bytes_out: u64,
    /// From the intended start, microseconds.
    pub latency: StoredHistogram,
    /// From the write, microseconds.
    pub service: StoredHistogram,
    /// How late the generator was, microseconds.
    pub lateness: StoredHistogram,
    /// The answers by request: the mix that was achieved.
    pub requests: BTreeMap<String, RequestRecord>,
    /// What went wrong, with how often.
    pub errors: BTreeMap<String, u64>,
}

/// The figures of the requests of one name in one point.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RequestRecord {
    /// How many were answered.
    pub count: u64,
    /// Their median from the intended start, milliseconds.
    pub p50_ms: f64,
    /// Their 99th percentile, milliseconds.
    pub p99_ms: f64,
}

/// One process of a block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// On whose account it is booked.
    pub role: Role,
    /// Its arguments.
    pub command: String,
    /// CPU from its start until then, nanoseconds.
    pub cpu_ns: u64,
    /// The proportional set size then, bytes.
    pub pss_bytes: u64,
}

/// The price of a call on each rung of the ladder.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LadderRecord {
    /// The rungs, cheapest first.
    pub rungs: Vec<Rung>,
    /// Why there are none.
    pub absent: Option<String>,
    /// The same rungs under the workload.
    #[serde(default)]
    pub workload: Vec<WorkloadRung>,
    /// How the network's delay was made, and which rungs are left out, each with the reason.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// One rung with the whole shop on it: every call between modules goes that way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkloadRung {
    /// What stands between caller and service.
    pub rung: String,
    /// One value per round: CPU of the side per request with one session at a time, microseconds.
    pub cpu_us: Vec<f64>,
    /// One value per round: median latency with one session at a time, milliseconds.
    pub p50_ms: Vec<f64>,
    /// Bytes between modules per request, where they leave a process.
    pub bytes: Option<f64>,
    /// Context switches of the side per request.
    pub switches: Option<f64>,
}

/// One rung: one more thing between the caller and the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// What stands between.
    pub rung: String,
    /// Time per call, nanoseconds.
    pub wall_ns: f64,
    /// CPU of both ends per call, nanoseconds.
    pub cpu_ns: f64,
    /// The same with 64 callers at a time, which is where calls share their wake-ups.
    #[serde(default)]
    pub cpu_64_ns: Option<f64>,
    /// Bytes of question and answer together, as the codec writes them, where a codec writes them.
    #[serde(default)]
    pub bytes: Option<f64>,
    /// CPU for each byte more, with 64 callers at a time: from a second answer of another size.
    #[serde(default)]
    pub cpu_ns_per_byte: Option<f64>,
    /// Bytes both ways on the connection, frames included, where there is one.
    #[serde(default)]
    pub wire_bytes: Option<f64>,
    /// Context switches of both ends per call, with one caller.
    #[serde(default)]
    pub switches: Option<f64>,
    /// How the whole program is put on this rung; none where it cannot be.
    #[serde(default)]
    pub workload: Option<RungPlace>,
    /// What one has to know of the rung.
    #[serde(default)]
    pub note: Option<String>,
}

/// How `up` puts a program on a rung, so that every call between its modules goes that way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RungPlace {
    /// Whether the topology is one of a single process or of many.
    pub processes: Processes,
    /// What is added to its environment.
    pub environment: BTreeMap<String, String>,
}

/// How many processes a topology has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Processes {
    /// One.
    One,
    /// More than one.
    Several,
}

impl Run {
    /// The sides that the question is about; the first is the reference.
    pub fn compared(&self) -> impl Iterator<Item = &SideRecord> {
        self.sides.iter().filter(|side| side.part == Part::Compared)
    }

    /// The first side with this part in the run.
    pub fn side_for(&self, part: Part) -> Option<&SideRecord> {
        self.sides.iter().find(|side| side.part == part)
    }

    /// The smallest capacity among the sides, on which the loads are based, requests per second.
    pub fn reference_rps(&self) -> f64 {
        self.pilots.iter().map(|pilot| pilot.capacity.rps).fold(f64::INFINITY, f64::min)
    }
}

impl Block {
    /// The point at a load.
    pub fn point(&self, load: &str) -> Option<&Point> {
        self.points.iter().find(|point| point.load == load)
    }
}
