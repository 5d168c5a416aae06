//! Foretells every partition at every load that was scouted, and projects a few of them to circumstances that the run does not have.

use super::classes::classes;
use super::crossings::Telling;
use super::model::{Circumstances, Model, SIMULATED_REQUESTS, Visits};
use super::price::{cpu_per_request_ns, geometric_mean, quantile_ns};
use crate::analysis::{Kind, Metric, load_label};
use crate::archive::{Partition, Point, Predicted, Projection, Run, TracedPass};
use crate::protocol::LONE;

/// How far a projection may go: so many times what was measured.
const FARTHEST: f64 = 2.0;

/// The model of a run's first side; says why when there is none.
pub fn model<'r>(run: &'r Run, visits: Visits) -> Result<Model<'r>, String> {
    let price = run.predictions.price.clone().ok_or("a hop has no price")?;
    let plain = plain_points(run, LONE);
    if plain.is_empty() {
        return Err("the first side was not scouted with one session at a time".to_owned());
    }
    let alone = price.rounds.iter().find(|price| price.load == LONE);
    Ok(Model {
        pass: traced(run)?,
        classes: classes(&plain),
        telling: alone.map_or(Telling::NOTHING, Telling::of),
        price,
        visits,
        cores: run.placement.side.len().max(1),
        seed: run.seed,
        simulated_requests: SIMULATED_REQUESTS,
    })
}

/// The traced pass of the first side, with one session at a time where there are several.
fn traced(run: &Run) -> Result<&TracedPass, String> {
    let first = run.compared().next().map_or("", |side| side.name.as_str());
    let mut passes: Vec<&TracedPass> = run.accounts.passes.iter().filter(|pass| pass.side == first).collect();
    passes.sort_by_key(|pass| pass.load != LONE);
    passes.first().copied().ok_or_else(|| {
        let why = run.accounts.absent.as_deref().unwrap_or("it was not traced");
        format!("nobody knows which calls {first} makes: {why}")
    })
}

/// Foretells what each partition takes at the loads that were scouted.
pub fn foretell(run: &Run, model: &Model<'_>) -> Vec<Predicted> {
    let Some(together) = together(run) else { return Vec::new() };
    let split = run.predictions.partitions.iter().filter(|partition| partition.groups.len() > 1);
    split.flat_map(|partition| foretell_one(run, model, &together, partition)).collect()
}

fn foretell_one(run: &Run, model: &Model<'_>, together: &Partition, partition: &Partition) -> Vec<Predicted> {
    let mut predicted = Vec::new();
    let mut say = |kind: Kind, load: &str, value: f64| {
        let headline = run.protocol.headline_load.to_string() == load;
        let metric = Metric { kind, load: Some(load.to_owned()), headline }.name();
        predicted.push(Predicted { topology: partition.topology.clone(), metric, value });
    };
    for price in &model.price.rounds {
        let (load, base) = (price.load.as_str(), plain_points(run, &price.load));
        let Ok(number) = load.parse::<f64>() else { continue };
        say(Kind::CpuPerRequest, load, price.base_cpu_ns * model.cpu_ratio(partition, number) / 1e3);
        let ratios: Vec<f64> = match base.iter().find_map(|point| point.offered_rps) {
            None => [0.5, 0.99].iter().map(|quantile| model.idle_ratio(partition, *quantile, 0.0)).collect(),
            Some(rps) => {
                let under = circumstances(model, rps, number);
                let [of, alone] = [partition, together].map(|this| model.simulated(this, number, &under, &[0.5, 0.99]));
                of.iter().zip(&alone).map(|(of, alone)| of / alone).collect()
            }
        };
        for ((kind, quantile), ratio) in [(Kind::P50, 0.5), (Kind::P99, 0.99)].into_iter().zip(ratios) {
            let measured = geometric_mean(base.iter().filter_map(|point| quantile_ns(point, quantile)));
            if let Some(measured) = measured.filter(|_| ratio.is_finite()) {
                say(kind, load, measured * ratio / 1e6);
            }
        }
    }
    predicted
}

/// Projects to a load that was not scouted, to delays, cores and replicas.
pub fn project(run: &Run, model: &Model<'_>) -> Vec<Projection> {
    let partitions = &run.predictions.partitions;
    let Some(most) = partitions.iter().max_by_key(|partition| partition.groups.len()) else { return Vec::new() };
    let mut projections = Vec::new();
    for partition in partitions {
        held_out_loads(run, model, partition, &mut projections);
    }
    if most.groups.len() > 1 {
        delays(run, model, most, &mut projections);
    }
    let first = together(run);
    for partition in first.iter().chain(Some(most)) {
        cores_and_replicas(run, model, partition, &mut projections);
    }
    projections
}

/// Why a projection is refused: it goes past twice of what was measured.
pub fn too_far(what: &str, asked: f64, measured: f64) -> Option<String> {
    (asked > measured * FARTHEST * (1.0 + 1e-9))
        .then(|| format!("{what} {asked} is more than twice the {measured} that was measured"))
}

/// Loads of the protocol that were not scouted: measured in the rounds all the same, so the simulation can be held against them.
fn held_out_loads(run: &Run, model: &Model<'_>, partition: &Partition, projections: &mut Vec<Projection>) {
    let scouted: Vec<f64> = loads(model);
    let Some((highest, scale)) = calibration(run, model) else { return };
    for load in run.protocol.loads.iter().filter(|load| !scouted.contains(&f64::from(load.percent))) {
        let percent = f64::from(load.percent);
        let refused = too_far("a load of percent", percent, highest);
        let rps = run.reference_rps() * percent / 100.0;
        let values = match refused {
            Some(_) => Vec::new(),
            None => model.simulated(partition, percent, &circumstances(model, rps, percent), &[0.5, 0.99]),
        };
        for (place, (kind, scale)) in [Kind::P50, Kind::P99].into_iter().zip(scale).enumerate() {
            let metric = Metric { kind, load: Some(load.percent.to_string()), headline: false };
            projections.push(Projection {
                topology: partition.topology.clone(),
                metric: metric.name(),
                circumstances: format!("{}, fitted on lower ones", load_label(&load.percent.to_string())),
                value: values.get(place).map(|ns| ns * scale / 1e6).filter(|value| value.is_finite()),
                refused: refused.clone(),
                measured: None,
            });
        }
    }
}

/// Delays between processes, where the ladder has measured some.
fn delays(run: &Run, model: &Model<'_>, partition: &Partition, projections: &mut Vec<Projection>) {
    let measured: Vec<(f64, f64)> = run
        .ladder
        .workload
        .iter()
        .filter_map(|rung| Some((milliseconds_in(&rung.rung)?, geometric_mean(rung.p50_ms.iter().copied())?)))
        .collect();
    let most = measured.iter().map(|(delay, _)| *delay).fold(0.0, f64::max);
    let base = geometric_mean(plain_points(run, LONE).into_iter().filter_map(|point| quantile_ns(point, 0.5)));
    for delay_ms in [0.2, 1.0, 5.0] {
        let refused = if most == 0.0 {
            Some("no delay between processes was measured: `--ladder` does".to_owned())
        } else {
            too_far("a delay of ms", delay_ms, most)
        };
        let value = base.filter(|_| refused.is_none());
        projections.push(Projection {
            topology: partition.topology.clone(),
            metric: "p50@1".to_owned(),
            circumstances: format!("{delay_ms} ms between processes, one way"),
            value: value.map(|base| base * model.idle_ratio(partition, 0.5, delay_ms * 1e6) / 1e6),
            refused,
            measured: measured.iter().find(|(delay, _)| *delay == delay_ms).map(|(_, p50)| *p50),
        });
    }
}

fn cores_and_replicas(run: &Run, model: &Model<'_>, partition: &Partition, projections: &mut Vec<Projection>) {
    let Some((percent, scale)) = calibration(run, model) else { return };
    let rps = run.reference_rps() * percent / 100.0;
    for (factor, replicas) in [(2, 1), (2, 2), (4, 1)] {
        let cores = model.cores * factor;
        let refused = too_far("a number of cores of", cores as f64, model.cores as f64);
        let under = Circumstances { cores, replicas, ..circumstances(model, rps, percent) };
        let values = match refused {
            Some(_) => Vec::new(),
            None => model.simulated(partition, percent, &under, &[0.5, 0.99]),
        };
        let doubled = if replicas > 1 { format!(", {replicas} of each process") } else { String::new() };
        for (place, (kind, scale)) in [Kind::P50, Kind::P99].into_iter().zip(scale).enumerate() {
            let headline = run.protocol.headline_load == percent as u32;
            let metric = Metric { kind, load: Some(percent.to_string()), headline };
            projections.push(Projection {
                topology: partition.topology.clone(),
                metric: metric.name(),
                circumstances: format!("{cores} cores{doubled}"),
                value: values.get(place).map(|ns| ns * scale / 1e6).filter(|value| value.is_finite()),
                refused: refused.clone(),
                measured: None,
            });
        }
    }
}

/// The highest load that was scouted, and what the first side measured at it as a multiple of what is simulated, for p50 and p99.
fn calibration(run: &Run, model: &Model<'_>) -> Option<(f64, [f64; 2])> {
    let together = together(run)?;
    let highest = loads(model).into_iter().filter(|load| *load > 1.0).fold(f64::NAN, f64::max);
    let points = plain_points(run, &highest.to_string());
    let rps = points.iter().find_map(|point| point.offered_rps)?;
    let simulated = model.simulated(&together, highest, &circumstances(model, rps, highest), &[0.5, 0.99]);
    let scale = |place: usize, quantile: f64| {
        let measured = geometric_mean(points.iter().filter_map(|point| quantile_ns(point, quantile)))?;
        Some(measured / simulated.get(place)?).filter(|scale| scale.is_finite())
    };
    Some((highest, [scale(0, 0.5)?, scale(1, 0.99)?]))
}

fn circumstances(model: &Model<'_>, rps: f64, load: f64) -> Circumstances {
    let slower = model.round_price(load).base_cpu_ns / model.round_price(1.0).base_cpu_ns;
    Circumstances { rps, cores: model.cores, delay_ns: 0.0, slower, replicas: 1 }
}

fn loads(model: &Model<'_>) -> Vec<f64> {
    model.price.rounds.iter().filter_map(|price| price.load.parse().ok()).collect()
}

/// The partition of the first side.
fn together(run: &Run) -> Option<Partition> {
    let first = run.compared().next()?;
    run.predictions.partitions.iter().find(|partition| partition.topology == first.topology).cloned()
}

/// What the first side did at a load before the rounds, without any added hop.
fn plain_points<'r>(run: &'r Run, load: &str) -> Vec<&'r Point> {
    let plain = run.predictions.scouted.iter().filter(|scouted| scouted.processes == 0);
    let points = plain.flat_map(|scouted| &scouted.points).filter(|point| point.load == load);
    points.filter(|point| cpu_per_request_ns(point).is_some()).collect()
}

/// What the first side took before the rounds, in the metric's unit.
pub(super) fn scouted(run: &Run, metric: &Metric) -> Option<f64> {
    let points = plain_points(run, metric.load.as_deref()?);
    let mean = |of: &dyn Fn(&Point) -> Option<f64>| geometric_mean(points.iter().filter_map(|point| of(point)));
    match metric.kind {
        Kind::CpuPerRequest => Some(mean(&cpu_per_request_ns)? / 1e3),
        Kind::P50 => Some(mean(&|point| quantile_ns(point, 0.5))? / 1e6),
        Kind::P99 => Some(mean(&|point| quantile_ns(point, 0.99))? / 1e6),
        Kind::MemoryPss | Kind::Capacity => None,
    }
}

/// The milliseconds in the name of a rung, such as `separate process, 0.2 ms`.
fn milliseconds_in(name: &str) -> Option<f64> {
    let before = name.split(" ms").next().filter(|before| before.len() < name.len())?;
    before.rsplit([' ', '+']).next()?.parse().ok()
}
