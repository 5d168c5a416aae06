//! What Cleave promises about its speed and size, as data.

/// A promise about one figure.
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) bound: Bound,
    /// What is measured against what.
    pub(crate) about: &'static str,
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

const fn at_most(name: &'static str, limit: f64, unit: &'static str, about: &'static str) -> Gate {
    Gate { name, unit, bound: Bound::AtMost(limit), about }
}

const fn at_least(name: &'static str, limit: f64, unit: &'static str, about: &'static str) -> Gate {
    Gate { name, unit, bound: Bound::AtLeast(limit), about }
}

/// In the order in which they are printed. Names are read by scripts: they stay.
pub(crate) const GATES: &[Gate] = &[
    at_most("call_here", 2.5, "x", "a contract call in place here, against a plain boxed dyn call"),
    at_most("call_here_ns", 30.0, "ns", "what the same call takes longer"),
    at_most("hop_cpu", 0.25, "x", "CPU of both ends per call, 64 callers, against a hand-written TCP echo"),
    at_most("hop_cpu_mixed", 0.85, "x", "the same when 1 % of the calls wait 50 ms"),
    at_most("hop_p50", 1.25, "x", "p50 with one caller, against the echo"),
    at_most("hop_slow_neighbour", 1.5, "x", "p99 of the fast calls with the slow ones, against without"),
    at_least("hop_vs_tonic", 8.0, "x", "calls per second with 64 callers, against tonic unary"),
    at_most("four_hops", 1.7, "x", "CPU of a page with four inner calls, 64 at a time, remote against in process"),
    at_most("page", 1.05, "x", "CPU of the product page, against the same handler without contracts"),
    at_most("ready_ms", 250.0, "ms", "from exec to ready, as a monolith with a seeded database"),
    at_most("pss_monolith", 40.0, "MiB", "PSS of the idle monolith"),
    at_most("pss_services", 200.0, "MiB", "PSS of all processes of the idle `services`"),
];
