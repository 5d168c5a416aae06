//! What Cleave promises about its speed and size, as data.

/// A promise about one figure.
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
    pub(crate) by: By,
    /// What is measured against what.
    pub(crate) about: &'static str,
}

/// Who measures a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The crate in this folder of `benches/`. It is given the names that are wanted of it, and prints a line of JSON for each.
    Bench(&'static str),
    /// The lab, which holds its generator against wrk.
    Generator,
    /// These chores, which start the released binary and look at it.
    Chores,
}

/// On which side of the limit the figure must lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    pub(crate) fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    pub(crate) fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("<= {limit}"),
            Self::AtLeast(limit) => format!(">= {limit}"),
        }
    }
}

const fn at_most(name: &'static str, limit: f64, unit: &'static str, by: By, about: &'static str) -> Gate {
    Gate { name, unit, bound: Bound::AtMost(limit), by, about }
}

const fn at_least(name: &'static str, limit: f64, unit: &'static str, by: By, about: &'static str) -> Gate {
    Gate { name, unit, bound: Bound::AtLeast(limit), by, about }
}

const HOP: By = By::Bench("hop");
/// What Cleave is only compared against is a workspace of its own, and built for nothing else.
const RIVALS: By = By::Bench("rivals");
const PAGE: By = By::Bench("page");

/// In the order in which they are printed. Names are read by scripts: they stay.
pub(crate) const GATES: &[Gate] = &[
    at_most("call_here", 2.5, "x", HOP, "a contract call in place here, against a plain boxed dyn call"),
    at_most("call_here_ns", 30.0, "ns", HOP, "what the same call takes longer"),
    at_most("hop_cpu", 0.25, "x", HOP, "CPU of both ends per call, 64 callers, against a hand-written TCP echo"),
    at_most("hop_cpu_mixed", 0.85, "x", HOP, "the same when 1 % of the calls wait 50 ms"),
    at_most("hop_p50", 1.25, "x", HOP, "p50 with one caller, against the echo"),
    at_most("hop_slow_neighbour", 1.5, "x", HOP, "p99 of the fast calls with the slow ones, against without"),
    at_least("hop_vs_tonic", 8.0, "x", RIVALS, "calls per second with 64 callers, against tonic unary"),
    at_most("four_hops", 1.7, "x", HOP, "CPU of a page with four inner calls, 64 at a time, remote against in process"),
    at_most("page", 1.05, "x", PAGE, "CPU of the product page, against the same handler without contracts"),
    at_most("generator_cpu", 2.0, "x", By::Generator, "the load generator's CPU per request, against wrk's"),
    at_most("generator_lateness", 1.0, "ms", By::Generator, "p99 of its lateness at 10,000 requests/s on one core"),
    at_most("ready_ms", 250.0, "ms", By::Chores, "from exec to ready, as a monolith with a seeded database"),
    at_most("pss_monolith", 40.0, "MiB", By::Chores, "PSS of the idle monolith"),
    at_most("pss_services", 200.0, "MiB", By::Chores, "PSS of all processes of the idle `services`"),
];
