//! The price of a hop where it will be paid: from the first side with hops of known number in every request.
//!
//! A hop that is measured alone, in a loop, finds every cache warm; one between two pages finds none. On one core the difference is a
//! factor of two or three. So the lab has the first side itself ask idle processes, a known number of them at once in each request
//! (`CLEAVE__LAB__HOPS`), and takes from CPU and latency what it costs without. No other topology is looked at.

use std::collections::BTreeSet;

use crate::archive::{HopPrice, HopsTo, LadderRecord, Point, RoundPrice, Rung, Scouted};
use crate::side::Role;

/// The rung that is a hop, and the one below everything that makes it one.
const FAR: &str = "separate process";
const NEAR: &str = "contract, here";

/// What each request asks while the price of a hop is scouted, how many services at once and how often again: nothing; one process and
/// enough for a line; one twice; processes with tables; and such tables without a hop.
pub const SCOUTED: [(u32, HopsTo, u32); 8] = [
    (0, HopsTo::Memory, 0),
    (1, HopsTo::Memory, 0),
    (4, HopsTo::Memory, 0),
    (1, HopsTo::Memory, 1),
    (1, HopsTo::Table, 0),
    (4, HopsTo::Table, 0),
    (1, HopsTo::TableHere, 0),
    (4, HopsTo::TableHere, 0),
];

/// Prices a hop; says why when it cannot.
pub fn price(ladder: &LadderRecord, scouted: &[Scouted]) -> Result<HopPrice, String> {
    let rung = |name: &str| ladder.rungs.iter().find(|rung| rung.rung == name);
    let far = rung(FAR).or_else(|| ladder.rungs.last()).ok_or("the ladder has no rungs, so a hop has no price")?;
    let near = rung(NEAR);
    let less = |of: fn(&Rung) -> f64| (of(far) - near.map_or(0.0, of)).max(0.0);
    let cpu_64_ns = less(|rung| rung.cpu_64_ns.unwrap_or(rung.cpu_ns));
    let rounds = round_prices(scouted);
    let source = if rounds.is_empty() {
        "hops alone in a loop: every cache is warm, so this is the least that a hop can cost"
    } else {
        "the first side with hops of known number in every request, against itself without"
    };
    Ok(HopPrice {
        bytes: far.bytes.unwrap_or_default(),
        cpu_ns: less(|rung| rung.cpu_ns),
        cpu_64_ns,
        wall_ns: less(|rung| rung.wall_ns),
        cpu_ns_per_byte: far.cpu_ns_per_byte.unwrap_or_default(),
        source: source.to_owned(),
        rounds,
    })
}

/// What a round costs at each load, by least squares over the numbers of processes that were scouted.
fn round_prices(scouted: &[Scouted]) -> Vec<RoundPrice> {
    let Some(first) = scouted.iter().find(|scouted| scouted.processes == 0) else { return Vec::new() };
    first.points.iter().filter_map(|point| Scouts { scouted, load: &point.load }.price()).collect()
}

/// What was scouted at one load.
struct Scouts<'s> {
    scouted: &'s [Scouted],
    load: &'s str,
}

/// CPU and time, nanoseconds.
type CpuAndWall = (f64, f64);

impl Scouts<'_> {
    fn price(&self) -> Option<RoundPrice> {
        let base = mean(self.of(0, HopsTo::Memory, 0).map(|(_, figures)| figures))?;
        let cpu = Added { scouts: self, base, of: |figures| figures.0 };
        let wall = Added { scouts: self, base, of: |figures| figures.1 };
        let (cpu_per_round_ns, cpu_per_process_ns) = cpu.per_round_and_process()?;
        let (wall_per_round_ns, wall_per_process_ns) = wall.per_round_and_process()?;
        Some(RoundPrice {
            load: self.load.to_owned(),
            cpu_per_round_ns,
            cpu_per_process_ns,
            wall_per_round_ns,
            wall_per_process_ns,
            cpu_again_less_ns: cpu.again_less(),
            wall_again_less_ns: wall.again_less(),
            cpu_per_table_ns: cpu.per_table(),
            wall_per_table_ns: wall.per_table(),
            table_here_ns: wall.by(1, HopsTo::TableHere, 0).unwrap_or_default().max(0.0),
            base_cpu_ns: base.0,
            base_p50_ns: base.1,
        })
    }

    /// How many services were asked at once.
    fn numbers(&self) -> BTreeSet<u32> {
        self.scouted.iter().map(|scouted| scouted.processes).filter(|number| *number > 0).collect()
    }

    /// The figures of a kind, with their round.
    fn of(&self, number: u32, to: HopsTo, again: u32) -> impl Iterator<Item = (u32, CpuAndWall)> {
        let of_kind = move |scouted: &&Scouted| (scouted.processes, scouted.to, scouted.again) == (number, to, again);
        let scouted = self.scouted.iter().filter(of_kind);
        scouted.filter_map(|scouted| Some((scouted.turn, figures(scouted, self.load)?)))
    }
}

/// What hops add to one of two figures.
struct Added<'s> {
    scouts: &'s Scouts<'s>,
    base: CpuAndWall,
    of: fn(CpuAndWall) -> f64,
}

impl Added<'_> {
    /// What so many services of a kind add. Within a round the machine is about equally fast: what is added is a share of what there is
    /// without.
    fn by(&self, number: u32, to: HopsTo, again: u32) -> Option<f64> {
        let ratios = self.scouts.of(number, to, again).filter_map(|(round, figures)| {
            let (_, plain) = self.scouts.of(0, HopsTo::Memory, 0).find(|(plain, _)| *plain == round)?;
            Some((self.of)(figures) / (self.of)(plain))
        });
        Some((geometric_mean(ratios)? - 1.0) * (self.of)(self.base))
    }

    /// What is added for the round as such and for each process in it.
    fn per_round_and_process(&self) -> Option<(f64, f64)> {
        let added = |number| Some((f64::from(number), self.by(number, HopsTo::Memory, 0)?));
        line(self.scouts.numbers().into_iter().filter_map(added))
    }

    /// What the second of two rounds to the same process takes less than the first.
    fn again_less(&self) -> f64 {
        let once = self.by(1, HopsTo::Memory, 0);
        let less = once.zip(self.by(1, HopsTo::Memory, 1)).map(|(once, twice)| 2.0 * once - twice);
        less.unwrap_or_default().max(0.0)
    }

    /// What each process takes more when it answers from a table, beyond what the table takes where it is asked.
    fn per_table(&self) -> f64 {
        let more = |number| {
            let [far, hops, here] = [HopsTo::Table, HopsTo::Memory, HopsTo::TableHere].map(|to| self.by(number, to, 0));
            Some((far? - hops? - here?) / f64::from(number))
        };
        let more: Vec<f64> = self.scouts.numbers().into_iter().filter_map(more).collect();
        if more.is_empty() { 0.0 } else { (more.iter().sum::<f64>() / more.len() as f64).max(0.0) }
    }
}

fn mean(figures: impl Iterator<Item = CpuAndWall>) -> Option<CpuAndWall> {
    let (cpu, wall): (Vec<f64>, Vec<f64>) = figures.unzip();
    Some((geometric_mean(cpu.into_iter())?, geometric_mean(wall.into_iter())?))
}

/// CPU per request and median latency of a load, nanoseconds.
fn figures(scouted: &Scouted, load: &str) -> Option<(f64, f64)> {
    let point = scouted.points.iter().find(|point| point.load == load)?;
    Some((cpu_per_request_ns(point)?, quantile_ns(point, 0.5)?))
}

/// CPU of the side per answered request, nanoseconds.
pub(super) fn cpu_per_request_ns(point: &Point) -> Option<f64> {
    let cpu = *point.cpu_ns.get(&Role::Side)?;
    (point.answered > 0 && cpu > 0).then(|| cpu as f64 / point.answered as f64)
}

/// A quantile of the latency, nanoseconds.
pub(super) fn quantile_ns(point: &Point, quantile: f64) -> Option<f64> {
    let histogram = point.latency.decode().ok()?;
    (!histogram.is_empty()).then(|| histogram.value_at_quantile(quantile) as f64 * 1000.0)
}

/// The mean that treats twice and half alike; none of nothing.
pub(super) fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::ln).collect();
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

/// Intercept and slope, neither below zero: asking one more process never gives CPU back.
fn line(points: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let points: Vec<(f64, f64)> = points.collect();
    let n = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|(x, _)| x).sum::<f64>() / n, points.iter().map(|(_, y)| y).sum::<f64>() / n);
    if points.is_empty() || mean_x <= 0.0 {
        return None;
    }
    let through_zero = mean_y.max(0.0) / mean_x;
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if spread == 0.0 {
        return Some((0.0, through_zero));
    }
    let slope = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / spread;
    let intercept = mean_y - slope * mean_x;
    Some(match (intercept < 0.0, slope < 0.0) {
        (false, false) => (intercept, slope),
        (true, _) => (0.0, through_zero),
        (false, true) => (mean_y.max(0.0), 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_found_and_never_falls_or_begins_below_zero() {
        let of = |points: &[(f64, f64)]| line(points.iter().copied()).unwrap();
        assert_eq!(of(&[(1.0, 30.0), (4.0, 90.0)]), (10.0, 20.0));
        assert_eq!(of(&[(1.0, 10.0), (4.0, 100.0)]), (0.0, 22.0));
        assert_eq!(of(&[(1.0, 40.0), (4.0, 20.0)]), (30.0, 0.0));
        assert_eq!(of(&[(2.0, 40.0)]), (0.0, 20.0));
    }
}
