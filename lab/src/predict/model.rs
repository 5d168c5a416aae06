//! What a partition costs: calls that leave their process, each at its price, on top of the first side.

use std::collections::BTreeMap;

use super::classes::Class;
use super::crossings::{CrossingRound, Crossings, Telling, crossing_rounds, crossings_of};
use super::simulate::{Machine, Question, Step, Visitor, simulate};
use crate::archive::{HopPrice, Partition, RoundPrice, TracedPass};
use crate::random::Random;
use crate::workload::Workload;

/// How many requests a simulation serves unless told otherwise: enough for a p99, a moment's work.
pub(super) const SIMULATED_REQUESTS: usize = 12_000;
/// The share of the simulated time that is not counted, while visitors gather.
const RAMP: f64 = 0.1;

/// What is known of the first side.
#[derive(Debug, Clone)]
pub struct Model<'r> {
    /// Its calls, from the traced pass.
    pub pass: &'r TracedPass,
    /// Its requests when nothing queues.
    pub classes: Vec<Class>,
    /// The price of a hop.
    pub price: HopPrice,
    /// What the times of its calls tell.
    pub telling: Telling,
    /// How visitors come.
    pub visits: Visits,
    /// The cores of the sides.
    pub cores: usize,
    /// The seed of the simulations.
    pub seed: u64,
    /// How many requests a simulation serves.
    pub simulated_requests: usize,
}

/// How visitors come: sessions of several requests with pauses between some of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visits {
    /// Requests per session in the mean.
    pub requests: f64,
    /// The share of requests that a pause precedes.
    pub paused: f64,
    /// The shortest and the longest pause, nanoseconds.
    pub pause_ns: (f64, f64),
}

impl Visits {
    /// How the visitors of a workload come.
    pub fn of(workload: &Workload) -> Self {
        let shape = &workload.session;
        let requests = workload.requests_per_session().max(1.0);
        let journeys = (shape.journeys.0 + shape.journeys.1) as f64 / 2.0;
        Self {
            requests,
            paused: (journeys / requests).clamp(0.0, 1.0),
            pause_ns: (shape.think_us.0 as f64 * 1e3, shape.think_us.1 as f64 * 1e3),
        }
    }
}

/// Circumstances of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// Requests per second.
    pub rps: f64,
    /// The cores.
    pub cores: usize,
    /// One way between two processes, nanoseconds.
    pub delay_ns: f64,
    /// What a request takes of CPU on the first side under this load, as a multiple of what it takes when nothing queues.
    pub slower: f64,
    /// How many processes serve in the place of each one.
    pub replicas: usize,
}

impl Model<'_> {
    /// The price of a round at a load; between two loads that were priced, the line between them; hops alone where none was.
    pub fn round_price(&self, load: f64) -> RoundPrice {
        let at = |price: &RoundPrice| price.load.parse::<f64>().ok();
        let mut known: Vec<(f64, &RoundPrice)> =
            self.price.rounds.iter().filter_map(|price| Some((at(price)?, price))).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let above = known.iter().find(|(known, _)| *known >= load).or(known.last());
        let below = known.iter().rev().find(|(known, _)| *known <= load).or(known.first());
        let (Some((high, upper)), Some((low, lower))) = (above, below) else { return self.alone(load) };
        let share = if high > low { (load - low) / (high - low) } else { 0.0 };
        let between = |of: fn(&RoundPrice) -> f64| of(lower) + share * (of(upper) - of(lower));
        RoundPrice {
            load: load.to_string(),
            cpu_per_round_ns: between(|price| price.cpu_per_round_ns),
            cpu_per_process_ns: between(|price| price.cpu_per_process_ns),
            wall_per_round_ns: between(|price| price.wall_per_round_ns),
            wall_per_process_ns: between(|price| price.wall_per_process_ns),
            cpu_again_less_ns: between(|price| price.cpu_again_less_ns),
            wall_again_less_ns: between(|price| price.wall_again_less_ns),
            cpu_per_table_ns: between(|price| price.cpu_per_table_ns),
            wall_per_table_ns: between(|price| price.wall_per_table_ns),
            table_here_ns: between(|price| price.table_here_ns),
            base_cpu_ns: between(|price| price.base_cpu_ns),
            base_p50_ns: between(|price| price.base_p50_ns),
        }
    }

    fn alone(&self, load: f64) -> RoundPrice {
        let base_cpu_ns = self.classes.iter().map(|class| class.weight * class.cpu_ns()).sum();
        RoundPrice {
            load: load.to_string(),
            cpu_per_round_ns: 0.0,
            cpu_per_process_ns: self.price.cpu_ns,
            wall_per_round_ns: 0.0,
            wall_per_process_ns: self.price.wall_ns,
            cpu_again_less_ns: 0.0,
            wall_again_less_ns: 0.0,
            cpu_per_table_ns: 0.0,
            wall_per_table_ns: 0.0,
            table_here_ns: 0.0,
            base_cpu_ns,
            base_p50_ns: super::classes::quantile_ns(&self.classes, &vec![0.0; self.classes.len()], 0.5),
        }
    }

    /// What a request sends between processes, in the mean over all names; what runs in the background included.
    pub fn crossings(&self, partition: &Partition) -> Crossings {
        let mut sum = Crossings::default();
        for class in &self.classes {
            sum.add(&self.crossings_of(partition, &class.name), class.weight);
        }
        let is_background = |name: &&str| !self.pass.requests.contains_key(*name);
        for name in super::crossings::request_names(self.pass).iter().filter(|name| is_background(name)) {
            sum.add(&self.crossings_of(partition, name), 1.0);
        }
        sum
    }

    fn crossings_of(&self, partition: &Partition, request: &str) -> Crossings {
        crossings_of(self.pass, partition, request, self.telling)
    }

    /// CPU that the partition adds to a request, nanoseconds.
    pub fn added_cpu_ns(&self, partition: &Partition, load: f64) -> f64 {
        self.cpu_of(&self.crossings(partition), &self.round_price(load))
    }

    fn cpu_of(&self, crossings: &Crossings, price: &RoundPrice) -> f64 {
        let hops = [price.cpu_per_round_ns, price.cpu_per_process_ns, price.cpu_per_table_ns, price.cpu_again_less_ns];
        self.priced(crossings, hops)
    }

    fn wall_of(&self, crossings: &Crossings, price: &RoundPrice) -> f64 {
        let hops =
            [price.wall_per_round_ns, price.wall_per_process_ns, price.wall_per_table_ns, price.wall_again_less_ns];
        self.priced(crossings, hops)
    }

    /// Crossings at the prices of their hops. Further calls and bytes are work and no waiting, so that they cost the same in CPU and on the
    /// wall; what a hop of known number carries is part of its price.
    fn priced(&self, crossings: &Crossings, [round, process, table, again_less]: [f64; 4]) -> f64 {
        let more_bytes = (crossings.bytes - crossings.processes * self.price.bytes).max(0.0);
        crossings.rounds * round + crossings.processes * process + crossings.tables * table
            - crossings.again * again_less
            + crossings.sisters * self.price.cpu_64_ns
            + more_bytes * self.price.cpu_ns_per_byte
    }

    /// CPU per request as a multiple of the first side's.
    pub fn cpu_ratio(&self, partition: &Partition, load: f64) -> f64 {
        1.0 + self.added_cpu_ns(partition, load) / self.round_price(load).base_cpu_ns
    }

    /// A quantile with one session at a time, as a multiple of the first side's: every round is waited for, one after the other.
    pub fn idle_ratio(&self, partition: &Partition, quantile: f64, delay_ns: f64) -> f64 {
        let price = self.round_price(1.0);
        let later: Vec<f64> = self
            .classes
            .iter()
            .map(|class| {
                let crossings = self.crossings_of(partition, &class.name);
                self.wall_of(&crossings, &price) + crossings.rounds * 2.0 * delay_ns
            })
            .collect();
        let nothing = vec![0.0; self.classes.len()];
        super::classes::quantile_ns(&self.classes, &later, quantile)
            / super::classes::quantile_ns(&self.classes, &nothing, quantile)
    }

    /// Quantiles of the simulated latency, nanoseconds.
    pub fn simulated(&self, partition: &Partition, load: f64, under: &Circumstances, quantiles: &[f64]) -> Vec<f64> {
        let machine = Machine {
            cores: under.cores,
            // Each worker thread of a process runs one piece at a time, and there are as many as cores.
            slots: vec![under.cores * under.replicas; partition.groups.len().max(1)],
        };
        let visitors = self.visitors(partition, load, under);
        let end = visitors.iter().map(|visitor| visitor.arrival_ns).fold(0.0, f64::max);
        let served = simulate(&machine, &visitors);
        let counted = served.iter().filter(|served| served.began_ns >= end * RAMP && served.began_ns <= end);
        let mut took: Vec<f64> = counted.map(|served| served.took_ns).collect();
        took.sort_by(f64::total_cmp);
        let at = |quantile: &f64| {
            let place = (took.len() as f64 * quantile) as usize;
            took.get(place.min(took.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
        };
        quantiles.iter().map(at).collect()
    }

    /// The same visitors for every partition: what is drawn for a request does not depend on where its modules are.
    fn visitors(&self, partition: &Partition, load: f64, under: &Circumstances) -> Vec<Visitor> {
        let plans: Vec<Plan> = self.classes.iter().map(|class| self.plan(class, partition, load)).collect();
        let mut edges = Vec::new();
        self.classes.iter().fold(0.0, |sum, class| {
            edges.push(sum + class.weight);
            sum + class.weight
        });
        let mut arrivals = Random::stream(self.seed, "simulated arrivals", 0);
        let sessions = (self.simulated_requests as f64 / self.visits.requests.max(1.0)).ceil() as u64;
        let between_ns = 1e9 * self.visits.requests.max(1.0) / under.rps;
        let mut now = 0.0;
        (0..sessions)
            .map(|number| {
                now += arrivals.exponential(between_ns);
                let mut random = Random::stream(self.seed, "simulated session", number);
                // A session is as long as the mean, rounded up or down so that the mean comes out.
                let length = (self.visits.requests + random.fraction()).floor().max(1.0) as usize;
                let requests = (0..length).map(|place| {
                    let kind = random.weighted(&edges);
                    let (low, high) = self.visits.pause_ns;
                    let pause = if random.fraction() < self.visits.paused {
                        low + random.fraction() * (high - low)
                    } else {
                        0.0
                    };
                    let size = (gaussian(&mut random) * self.classes[kind].sigma).exp();
                    let steps = plans[kind].steps(size, under, random.next());
                    (if place == 0 { 0.0 } else { pause }, kind, steps)
                });
                Visitor { arrival_ns: now, requests: requests.collect() }
            })
            .collect()
    }

    fn plan(&self, class: &Class, partition: &Partition, load: f64) -> Plan {
        let rounds = crossing_rounds(self.pass, partition, &class.name, self.telling);
        let home = self.home(partition, &class.name);
        let price = self.round_price(load);
        let crossings = self.crossings_of(partition, &class.name);
        let added = self.cpu_of(&crossings, &price);
        let elsewhere = self.work_elsewhere(class, partition, home);
        Plan {
            home,
            median_ns: class.median_ns,
            cpu_share: class.cpu_share,
            // All that hops add, spread over the processes that are asked.
            added_per_process_ns: if crossings.processes > 0.0 { added / crossings.processes } else { 0.0 },
            elsewhere,
            rounds,
        }
    }

    /// The process that has the page itself.
    fn home(&self, partition: &Partition, request: &str) -> usize {
        let asked: std::collections::BTreeSet<&str> =
            self.pass.edges.iter().filter(|edge| edge.request == request).map(|edge| edge.callee.as_str()).collect();
        let callers = self.pass.edges.iter().filter(|edge| edge.request == request).map(|edge| edge.caller.as_str());
        let root = callers.into_iter().find(|caller| !asked.contains(caller));
        root.and_then(|root| partition.process_of(root)).unwrap_or_default()
    }

    /// The share of a request's work that other processes than its own do, by process.
    fn work_elsewhere(&self, class: &Class, partition: &Partition, home: usize) -> BTreeMap<usize, f64> {
        let Some(path) = self.pass.paths.iter().find(|path| path.request == class.name) else { return BTreeMap::new() };
        let requests = path.requests.max(1) as f64;
        let mut own: BTreeMap<usize, f64> = BTreeMap::new();
        for edge in self.pass.edges.iter().filter(|edge| edge.request == class.name) {
            let share = edge.time.handler_ns as f64 / requests / path.mean_ns.max(1.0);
            // A handler's time holds that of what it asks itself.
            if let Some(process) = partition.process_of(&edge.callee) {
                *own.entry(process).or_default() += share;
            }
            if let Some(process) = partition.process_of(&edge.caller).filter(|process| *process != home) {
                *own.entry(process).or_default() -= share;
            }
        }
        own.retain(|process, share| *process != home && *share > 0.0);
        let sum: f64 = own.values().sum();
        if sum > 0.9 {
            own.values_mut().for_each(|share| *share *= 0.9 / sum);
        }
        own
    }
}

/// How requests of one class go, in one partition.
struct Plan {
    home: usize,
    median_ns: f64,
    cpu_share: f64,
    added_per_process_ns: f64,
    elsewhere: BTreeMap<usize, f64>,
    rounds: Vec<CrossingRound>,
}

impl Plan {
    fn steps(&self, size: f64, under: &Circumstances, seed: u64) -> Vec<Step> {
        let mut random = Random::new(seed);
        let took = self.median_ns * size;
        let (work, wait) = (took * self.cpu_share * under.slower, took * (1.0 - self.cpu_share));
        let mut made: Vec<&CrossingRound> = Vec::new();
        for round in &self.rounds {
            let times = (round.times + random.fraction()).floor() as usize;
            made.extend(std::iter::repeat_n(round, times));
        }
        let mut asked: BTreeMap<usize, f64> = BTreeMap::new();
        for process in made.iter().flat_map(|round| round.to.keys()) {
            *asked.entry(*process).or_default() += 1.0;
        }
        let away: f64 = asked.keys().filter_map(|process| self.elsewhere.get(process)).sum();
        let at_home = work * (1.0 - away) / (made.len() + 1) as f64;
        let mut steps = vec![Step::Work { process: self.home, ns: at_home }];
        for round in made {
            // Half of what a hop costs is paid by the process that asks.
            let asking = round.to.len() as f64 * self.added_per_process_ns / 2.0;
            steps.push(Step::Work { process: round.from, ns: asking });
            let question = |process: &usize| Question {
                process: *process,
                ns: self.added_per_process_ns / 2.0
                    + work * self.elsewhere.get(process).copied().unwrap_or_default() / asked[process],
                delay_ns: under.delay_ns,
            };
            steps.push(Step::Ask(round.to.keys().map(question).collect()));
            steps.push(Step::Work { process: self.home, ns: at_home });
        }
        if wait > 0.0 {
            steps.push(Step::Wait { ns: wait });
        }
        steps
    }
}

/// A draw from the normal distribution (Box and Muller).
fn gaussian(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.fraction()).cos()
}
