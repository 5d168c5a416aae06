//! What is compared: each metric with its unit, its value in a block, and the words for more and less of it.

use crate::archive::{Block, Run};
use crate::protocol::{LONE, LONE_PAUSED, Protocol, own_percent};
use crate::side::Role;

/// Something that has one value per block and side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// What is measured.
    pub kind: Kind,
    /// The load it is read at, for those that depend on one.
    pub load: Option<String>,
    /// Whether it is the headline of its kind, whose name has no load in it.
    pub headline: bool,
}

/// The kinds of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// CPU time of the side's processes per answered request, microseconds.
    CpuPerRequest,
    /// Median latency from the intended start, milliseconds.
    P50,
    /// 99th percentile of the same, milliseconds.
    P99,
    /// Proportional set size of the side's processes after the loads, MiB.
    MemoryPss,
    /// Highest rate that holds the objective, requests per second.
    Capacity,
}

impl Metric {
    /// The metrics of a run, headlines first.
    pub fn all(protocol: &Protocol) -> Vec<Self> {
        let headline_load = protocol.headline_load.to_string();
        let at = |kind, load: &str, headline| Self { kind, load: Some(load.to_owned()), headline };
        let mut metrics = vec![
            at(Kind::CpuPerRequest, &headline_load, true),
            at(Kind::P50, &headline_load, true),
            at(Kind::P99, &headline_load, true),
            Self { kind: Kind::MemoryPss, load: None, headline: true },
            Self { kind: Kind::Capacity, load: None, headline: true },
        ];
        for load in loads(protocol) {
            for kind in [Kind::CpuPerRequest, Kind::P50, Kind::P99] {
                metrics.push(at(kind, &load, false));
            }
        }
        metrics
    }

    /// The name by which scripts know it: `p50` at the headline load, `p50@25` at another.
    pub fn name(&self) -> String {
        let base = match self.kind {
            Kind::CpuPerRequest => "cpu_per_request",
            Kind::P50 => "p50",
            Kind::P99 => "p99",
            Kind::MemoryPss => "memory_pss",
            Kind::Capacity => "capacity",
        };
        match &self.load {
            Some(load) if !self.headline => format!("{base}@{load}"),
            _ => base.to_owned(),
        }
    }

    /// The name by which people know it, where the load is clear.
    pub fn short_label(&self) -> &'static str {
        match self.kind {
            Kind::CpuPerRequest => "CPU per request",
            Kind::P50 => "p50 latency",
            Kind::P99 => "p99 latency",
            Kind::MemoryPss => "memory",
            Kind::Capacity => "capacity",
        }
    }

    /// The name by which people know it, with the load.
    pub fn label(&self) -> String {
        match &self.load {
            Some(load) => format!("{}, {}", self.short_label(), load_label(load)),
            None => self.short_label().to_owned(),
        }
    }

    /// The unit of its values.
    pub fn unit(&self) -> &'static str {
        match self.kind {
            Kind::CpuPerRequest => "µs",
            Kind::P50 | Kind::P99 => "ms",
            Kind::MemoryPss => "MiB",
            Kind::Capacity => "requests/s",
        }
    }

    /// The words for a ratio above and below 1.
    pub fn words(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::CpuPerRequest | Kind::MemoryPss => ("costlier", "cheaper"),
            Kind::P50 | Kind::P99 => ("slower", "faster"),
            Kind::Capacity => ("faster", "slower"),
        }
    }

    /// The half-width that its interval needs before "no difference shown" may be said, as a share.
    pub fn target(&self, protocol: &Protocol) -> f64 {
        match self.kind {
            Kind::CpuPerRequest | Kind::P50 | Kind::MemoryPss => protocol.targets.fine,
            Kind::P99 | Kind::Capacity => protocol.targets.coarse,
        }
    }

    /// Its value in a block.
    pub fn value(&self, block: &Block) -> Option<f64> {
        let point = || block.point(self.load.as_deref()?);
        let percentile = |quantile: f64| {
            let histogram = point()?.latency.decode().ok()?;
            (!histogram.is_empty()).then(|| histogram.value_at_quantile(quantile) as f64 / 1000.0)
        };
        match self.kind {
            Kind::CpuPerRequest => {
                let point = point()?;
                let cpu = *point.cpu_ns.get(&Role::Side)?;
                (point.answered > 0).then(|| cpu as f64 / 1000.0 / point.answered as f64)
            }
            Kind::P50 => percentile(0.5),
            Kind::P99 => percentile(0.99),
            Kind::MemoryPss => {
                let of_side = block.processes.iter().filter(|process| process.role == Role::Side);
                let bytes: u64 = of_side.map(|process| process.pss_bytes).sum();
                (bytes > 0).then(|| bytes as f64 / (1024.0 * 1024.0))
            }
            // A search that ran out of steps knows a bound, not a value.
            Kind::Capacity => {
                block.capacity.as_ref().filter(|capacity| capacity.beyond.is_none()).map(|capacity| capacity.rps)
            }
        }
    }

    /// Its values on a side, by round.
    pub fn values(&self, run: &Run, side: &str) -> Vec<(u32, f64)> {
        let blocks = run.blocks.iter().filter(|block| block.side == side);
        blocks.filter_map(|block| Some((block.round, self.value(block)?))).collect()
    }

    /// Its values on two sides, paired by round.
    pub fn pairs(&self, run: &Run, a: &str, b: &str) -> Vec<(f64, f64)> {
        let others = self.values(run, b);
        let partner = |round: u32| others.iter().find(|(other, _)| *other == round).map(|(_, value)| *value);
        self.values(run, a).into_iter().filter_map(|(round, value)| Some((value, partner(round)?))).collect()
    }
}

/// The loads of a protocol that all sides share, lowest first.
pub fn loads(protocol: &Protocol) -> Vec<String> {
    let shares = protocol.loads.iter().map(|load| load.percent.to_string());
    std::iter::once(LONE.to_owned()).chain(shares).collect()
}

/// A load as people read it.
pub fn load_label(load: &str) -> String {
    match own_percent(load) {
        _ if load == LONE => "1 session".to_owned(),
        _ if load == LONE_PAUSED => "1 session with pauses".to_owned(),
        Some(percent) => format!("{percent} % of its own capacity"),
        None => format!("{load} % load"),
    }
}
