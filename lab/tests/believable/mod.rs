//! A run that nobody measured: believable figures for every part of `run.json`, the same each time.
//!
//! Reports are looked at and tested with it long before a machine has spent an hour on the real thing.

use std::sync::LazyLock;

use hdrhistogram::Histogram;
use lab::archive::{Run, StoredHistogram};
use serde_json::{Value, json};

/// Modules with the calls per request that reach them, their own CPU per request in microseconds, and their memory in MiB.
const MODULES: [(&str, f64, f64, f64); 12] = [
    ("catalog", 2.1, 9.0, 6.6),
    ("currency", 1.3, 5.0, 2.7),
    ("inventory", 0.9, 24.0, 3.8),
    ("accounts", 0.02, 0.4, 2.6),
    ("cart", 1.2, 41.0, 3.9),
    ("shipping", 0.1, 3.0, 3.0),
    ("payments", 0.06, 8.0, 3.3),
    ("promotions", 0.6, 2.0, 3.1),
    ("reviews", 0.8, 7.0, 4.5),
    ("recommendations", 0.9, 6.0, 4.0),
    ("notifications", 0.03, 3.0, 3.6),
    ("orders", 0.06, 31.0, 5.9),
];

/// Journeys with the modules that they cannot do without.
const JOURNEYS: [(&str, u64, &[&str]); 6] = [
    ("home", 120, &["catalog"]),
    ("set currency", 230, &["catalog", "currency"]),
    ("browse product", 1150, &["catalog"]),
    ("add to cart", 228, &["catalog", "cart"]),
    ("view cart", 340, &["catalog", "cart"]),
    ("check out", 118, &["catalog", "cart", "currency", "inventory", "orders", "payments", "shipping"]),
];

const HOP_CPU_US: f64 = 16.0;
const MONOLITH_CPU_US: f64 = 268.0;
const LOADS: [(&str, f64); 4] = [("25", 750.0), ("50", 1500.0), ("75", 2250.0), ("90", 2700.0)];
/// Shares of a side's own capacity.
const OWN_LOADS: [(&str, f64); 3] = [("own 80", 0.8), ("own 100", 1.0), ("own 120", 1.2)];
const ROUNDS: u32 = 5;

/// Numbers that look random and are the same on every machine.
struct Noise(u64);

impl Noise {
    /// A number from 0 up to 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number around 0 with deviation 1, as the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.fraction()).sum::<f64>() - 6.0
    }

    /// `value`, give or take a share.
    fn about(&mut self, value: f64, share: f64) -> f64 {
        value * (1.0 + share * self.normal()).max(0.2)
    }

    fn latencies(&mut self, answers: u64, p50_ms: f64, p99_ms: f64) -> Histogram<u64> {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).unwrap();
        let spread = (p99_ms / p50_ms).ln() / 2.33;
        // A few draws that each stand for several answers: a tail of a hundred is enough, and tests are to be quick.
        let draws = answers.clamp(1, 400);
        for _ in 0..draws {
            let value = p50_ms * 1000.0 * (spread * self.normal()).exp();
            histogram.record_n((value as u64).clamp(1, 60_000_000), answers.div_ceil(draws)).unwrap();
        }
        histogram
    }
}

fn stored(histogram: &Histogram<u64>) -> Value {
    serde_json::to_value(StoredHistogram::encode(histogram)).unwrap()
}

/// How a side behaves.
struct Shape {
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    capacity_rps: f64,
    /// Name, share of the CPU, and memory in MiB of each process.
    processes: Vec<(String, f64, f64)>,
}

fn shape(topology: &str) -> Shape {
    let memory: f64 = MODULES.iter().map(|module| module.3 - 1.9).sum();
    let monolith = |without: Option<usize>| {
        let gone = without.map_or(0.0, |index| MODULES[index].3 - 1.9);
        (format!("serve {topology} shop"), memory - gone + 4.0)
    };
    if topology == "services" {
        let hops: f64 = MODULES.iter().map(|module| module.1).sum();
        let cpu = MONOLITH_CPU_US + hops * HOP_CPU_US + 140.0;
        let own: f64 = MODULES.iter().map(|module| module.2 + module.1 * HOP_CPU_US * 0.6).sum();
        let mut processes: Vec<(String, f64, f64)> = MODULES
            .iter()
            .map(|(name, calls, own, memory)| {
                (format!("serve services {name}"), (own + calls * HOP_CPU_US * 0.6) / cpu, *memory)
            })
            .collect();
        processes.push(("serve services storefront".to_owned(), (cpu - own) / cpu, 7.3));
        return Shape { cpu_us: cpu, p50_ms: 1.31, p99_ms: 17.8, capacity_rps: 3010.0, processes };
    }
    if let Some(name) = topology.strip_prefix("extract:") {
        let index = MODULES.iter().position(|module| module.0 == name).unwrap();
        let (_, calls, own, module_memory) = MODULES[index];
        let added = calls * HOP_CPU_US;
        let cpu = MONOLITH_CPU_US + added;
        let share = (own + added * 0.5) / cpu;
        let (rest, rest_memory) = monolith(Some(index));
        return Shape {
            cpu_us: cpu,
            p50_ms: 0.26 + calls.min(2.0) * 0.11,
            p99_ms: 7.4 + calls * 1.2,
            capacity_rps: 5600.0 / (cpu / MONOLITH_CPU_US).powf(1.3),
            processes: vec![
                (format!("serve {topology} {name}"), share, module_memory),
                (rest, 1.0 - share, rest_memory),
            ],
        };
    }
    let (name, memory) = monolith(None);
    Shape {
        cpu_us: MONOLITH_CPU_US,
        p50_ms: 0.26,
        p99_ms: 7.4,
        capacity_rps: 5650.0,
        processes: vec![(name, 1.0, memory)],
    }
}

struct Side {
    name: String,
    topology: String,
    part: &'static str,
    delay_ms: f64,
    burn_us: f64,
}

fn sides(topologies: &[String]) -> Vec<Side> {
    let side = |name: String, topology: &str, part, delay_ms, burn_us| Side {
        name,
        topology: topology.to_owned(),
        part,
        delay_ms,
        burn_us,
    };
    let mut sides: Vec<Side> =
        topologies.iter().map(|topology| side(topology.clone(), topology, "compared", 0.0, 0.0)).collect();
    sides.push(side("monolith (again)".to_owned(), "monolith", "again", 0.0, 0.0));
    sides.push(side("monolith +1 ms".to_owned(), "monolith", "known_delay", 1.0, 0.0));
    sides.push(side("monolith +200 µs CPU".to_owned(), "monolith", "known_burn", 0.0, 200.0));
    sides
}

fn point(noise: &mut Noise, side: &Side, shape: &Shape, load: Option<(&str, f64)>, drift: f64) -> Value {
    let rate = load.map(|(_, rate)| rate);
    let answers = rate.map_or(390.0, |rate| rate * 1.2) as u64;
    let busy = rate.map_or(0.0, |rate| rate / shape.capacity_rps);
    // Past the capacity, answers wait for as long as the stretch lasts.
    let queue = if busy < 1.0 { 1.0 / (1.0 - busy * 0.95).sqrt() } else { 6.0 + 260.0 * (busy - 1.0) };
    let p50 = noise.about(shape.p50_ms * drift, 0.02) * queue + side.delay_ms;
    let p99 = noise.about(shape.p99_ms * drift, 0.06) * if rate.is_none() { 0.6 } else { queue } + side.delay_ms;
    let idle = if rate.is_none() { 0.9 } else { 1.0 };
    let cpu = noise.about(shape.cpu_us * idle * drift, 0.006) + side.burn_us;
    let latency = noise.latencies(answers, p50, p99.max(p50 * 1.1));
    let service = noise.latencies(answers, p50 * 0.97, p99.max(p50 * 1.1) * 0.9);
    let lateness = noise.latencies(answers, 0.02, 0.07);
    let late = if busy > 1.15 { 0.004 } else { 0.0 };
    let requests = [
        ("home page", 0.14, 1.0),
        ("product page", 0.4, 0.9),
        ("cart page", 0.1, 0.8),
        ("add to cart", 0.18, 1.1),
        ("set currency", 0.12, 0.6),
        ("check out", 0.06, 9.0),
    ];
    let requests: serde_json::Map<String, Value> = requests
        .iter()
        .map(|(name, share, times)| {
            let count = (answers as f64 * share) as u64;
            ((*name).to_owned(), json!({"count": count, "p50_ms": p50 * times, "p99_ms": p99 * times}))
        })
        .collect();
    let seconds = rate.map_or(0.2, |_| 1.25);
    json!({
        "load": load.map_or("1", |(name, _)| name), "offered_rps": rate,
        "sent": answers, "answered": answers, "failed": (answers as f64 * late) as u64, "unsent": 0,
        "sessions": answers / 8, "seconds": seconds, "timed": answers, "timed_seconds": seconds,
        "cpu_ns": {"side": (cpu * 1000.0 * answers as f64) as u64, "supervisor": 0, "provider": answers * 5600},
        "switches": {"side": answers * (10 + 4 * shape.processes.len() as u64), "supervisor": 0, "provider": 70},
        "foreign_cpu_share": 0.012, "stolen_cpu_share": 0.008, "generator_cpu_ns": answers * 57_000,
        "bytes_in": answers * 6800, "bytes_out": answers * 210,
        "latency": stored(&latency), "service": stored(&service), "lateness": stored(&lateness),
        "requests": requests, "errors": {},
    })
}

fn block(noise: &mut Noise, round: u32, position: u32, side: &Side) -> Value {
    let shape = shape(&side.topology);
    let drift = 1.0 + 0.03 * f64::from(round % 3);
    let control = side.part.starts_with("known");
    let mut points = vec![point(noise, side, &shape, None, drift)];
    if !control {
        points.extend(LOADS.iter().map(|load| point(noise, side, &shape, Some(*load), drift)));
        let own = OWN_LOADS.iter().map(|(name, share)| (*name, share * shape.capacity_rps));
        points.extend(own.map(|load| point(noise, side, &shape, Some(load), drift)));
    }
    let mut processes = vec![
        json!({"role": "supervisor", "command": format!("up {}", side.topology), "cpu_ns": 3_000_000, "pss_bytes": 2_100_000}),
        json!({"role": "provider", "command": "provider", "cpu_ns": 40_000_000, "pss_bytes": 2_000_000}),
    ];
    for (command, share, memory) in &shape.processes {
        processes.push(json!({
            "role": "side", "command": command, "cpu_ns": (shape.cpu_us * share * 1000.0 * 11_000.0) as u64,
            "pss_bytes": (noise.about(*memory, 0.01) * 1_048_576.0) as u64,
        }));
    }
    let capacity = (!control).then(|| {
        let rps = noise.about(shape.capacity_rps, 0.03);
        let step = |times: f64, held: bool| json!({"offered_rps": rps * times, "p99_ms": 50.0 * times.powi(4), "failed_share": 0.0, "held": held});
        json!({"rps": rps, "beyond": null, "steps": [step(0.8, true), step(0.95, true), step(1.05, false)]})
    });
    json!({
        "round": round, "position": position, "side": side.name, "started_s": f64::from(round) * 60.0 + f64::from(position) * 4.0,
        "ready_ms": noise.about(40.0 + 9.0 * shape.processes.len() as f64, 0.05), "points": points, "capacity": capacity,
        "processes": processes, "verification": {"holds": true, "text": "I1 holds\nI2 holds"}, "troubles": [],
    })
}

fn ladder() -> Value {
    let rungs = [
        ("direct call", 32.4, 33.6),
        ("dyn call through the contract", 61.2, 60.7),
        ("codec", 923.0, 919.0),
        ("loopback, one process", 22_400.0, 1520.0),
        ("separate process", 23_000.0, 1540.0),
        ("separate process, 0.2 ms away", 226_000.0, 1610.0),
        ("separate process, 1 ms away", 1_034_000.0, 1640.0),
        ("TLS", 31_500.0, 3900.0),
    ];
    let cpu = |wall: f64| if wall > 200_000.0 { 24_800.0 } else { wall };
    let workload = [
        ("dyn call through the contract", 241.0, 0.158, None),
        ("codec", 262.0, 0.171, None),
        ("loopback, one process", 452.0, 0.44, Some(9100.0)),
        ("separate process", 498.0, 0.52, Some(9100.0)),
        ("separate process, 0.2 ms away", 506.0, 1.62, Some(9100.0)),
        ("separate process, 1 ms away", 511.0, 5.1, Some(9100.0)),
        ("TLS", 577.0, 0.61, Some(9900.0)),
    ];
    let five = |value: f64| (0..5).map(|index| value * (1.0 + 0.008 * f64::from(index - 2))).collect::<Vec<_>>();
    json!({
        "rungs": rungs.map(|(rung, wall, cpu_64)| json!({"rung": rung, "wall_ns": wall, "cpu_ns": cpu(wall), "cpu_64_ns": cpu_64})),
        "absent": null,
        "workload": workload.map(|(rung, cpu, p50, bytes)| json!({"rung": rung, "cpu_us": five(cpu), "p50_ms": five(p50), "bytes": bytes, "switches": bytes.map(|_| 24.4)})),
        "notes": ["the network's delay is made by a delaying proxy in the lab, because network namespaces are not permitted here"],
    })
}

fn accounts(topologies: &[String]) -> Value {
    let pages = [
        ("home page", 5400_u64),
        ("product page", 14_900),
        ("cart page", 3500),
        ("add to cart", 6800),
        ("check out", 2380),
    ];
    let total: u64 = pages.iter().map(|page| page.1).sum();
    let passes: Vec<Value> = topologies
        .iter()
        .filter(|topology| ["monolith", "services"].contains(&topology.as_str()))
        .map(|topology| {
            let away = topology == "services";
            let edge = |request: &str, caller: &str, callee: &str, method: &str, calls: u64, own_us: f64| {
                let hop = |nanoseconds: u64| if away { calls * nanoseconds } else { 0 };
                json!({
                    "request": request, "caller": caller, "callee": callee, "method": method,
                    "calls": calls, "attempts": calls + if away { calls / 4000 } else { 0 }, "hops": if away { calls } else { 0 },
                    "question_bytes": calls * 64, "answer_bytes": calls * (120 + 40 * method.len() as u64),
                    "time": {"serialise_ns": hop(900), "queue_ns": hop(2100), "wire_ns": hop(17_000), "handler_ns": (calls as f64 * own_us * 1000.0) as u64, "deserialise_ns": hop(1100)},
                })
            };
            let mut edges = Vec::new();
            for (page, count) in pages {
                let share = count as f64 / total as f64;
                for (name, calls, own, _) in MODULES.iter().filter(|module| module.1 > 0.15) {
                    let calls = (calls * share * total as f64) as u64;
                    edges.push(edge(page, "storefront", name, "look_up", calls, own / 2.5));
                }
                if page == "check out" {
                    for (name, own) in [("cart", 60.0), ("inventory", 90.0), ("payments", 900.0), ("shipping", 40.0), ("promotions", 8.0)] {
                        edges.push(edge(page, "orders", name, "take_part", count, own));
                    }
                    edges.push(edge(page, "storefront", "orders", "check_out", count, 2900.0));
                }
            }
            edges.push(edge("(background)", "orders", "notifications", "deliver", 2300, 70.0));
            let paths: Vec<Value> = pages
                .iter()
                .map(|(page, count)| {
                    let way = if away { 24_000.0 } else { 0.0 };
                    let step = |module: &str, method: Option<&str>, own: f64| json!({"module": module, "method": method, "caller": method.map(|_| "storefront"), "own_ns": own, "way_ns": if method.is_some() { way } else { 0.0 }});
                    let mut steps = vec![step("storefront", None, 88_000.0), step("catalog", Some("look_up"), 21_000.0), step("cart", Some("look_up"), 47_000.0)];
                    if *page == "check out" {
                        steps.insert(0, step("orders", Some("check_out"), 3_400_000.0));
                    }
                    let mean: f64 = steps.iter().map(|step| step["own_ns"].as_f64().unwrap() + step["way_ns"].as_f64().unwrap()).sum();
                    json!({"request": page, "requests": count, "mean_ns": mean, "steps": steps})
                })
                .collect();
            let requests: serde_json::Map<String, Value> = pages.iter().map(|(page, count)| ((*page).to_owned(), json!(count))).collect();
            json!({"side": topology, "load": "1", "requests": requests, "edges": edges, "paths": paths})
        })
        .collect();
    json!({"passes": passes, "absent": null})
}

fn predictions(topologies: &[String]) -> Value {
    let mut noise = Noise(7);
    let first = Side {
        name: "monolith".to_owned(),
        topology: "monolith".to_owned(),
        part: "compared",
        delay_ms: 0.0,
        burn_us: 0.0,
    };
    let mut predicted = Vec::new();
    for topology in topologies.iter().skip(1) {
        let truth = shape(topology);
        predicted.push(json!({"topology": topology, "metric": "cpu_per_request", "value": noise.about(truth.cpu_us * 1.03, 0.015)}));
        predicted
            .push(json!({"topology": topology, "metric": "p50@1", "value": noise.about(truth.p50_ms * 1.02, 0.06)}));
        predicted.push(json!({"topology": topology, "metric": "p99", "value": noise.about(truth.p99_ms, 0.12)}));
    }
    json!({
        "price": {"cpu_ns": 22_900.0, "cpu_64_ns": 1540.0, "wall_ns": 23_000.0, "cpu_ns_per_byte": 0.9, "source": "the ladder of this run, rungs `codec` to `separate process`"},
        "predicted": predicted,
        "scouted": (1..=2).map(|turn| {
            let points = [None, Some(LOADS[1])].map(|load| point(&mut noise, &first, &shape("monolith"), load, 1.03));
            json!({"turn": turn, "processes": 0, "points": points})
        }).collect::<Vec<_>>(),
        "projections": [
            {"topology": "services", "metric": "p50@1", "circumstances": "0.2 ms between processes", "value": 1.55, "refused": null, "measured": 1.62},
            {"topology": "services", "metric": "capacity", "circumstances": "2 cores for the side", "value": 5480.0, "refused": null, "measured": null},
            {"topology": "services", "metric": "p50@1", "circumstances": "10 ms between processes", "value": null, "refused": "10 ms is ten times the longest delay that was measured, 1 ms", "measured": null},
        ],
        "absent": null,
    })
}

fn survival(topology: &str, module: &str, fault: &str, noise: &mut Noise) -> Value {
    let alone = topology == "services" || topology == format!("extract:{module}");
    let whole = |fault: &str| matches!(fault, "kill" | "leak");
    let journeys: Vec<Value> = JOURNEYS
        .iter()
        .map(|(journey, begun, needs)| {
            let needed = needs.contains(&module);
            let share = match (alone, fault) {
                (false, fault) if whole(fault) => 0.0,
                (false, "spin") => 0.55,
                (true, "spin") => {
                    if needed {
                        0.4
                    } else {
                        0.93
                    }
                }
                (_, "slow") => {
                    if needed {
                        0.35
                    } else {
                        0.98
                    }
                }
                _ => {
                    if needed {
                        0.0
                    } else {
                        1.0
                    }
                }
            };
            let share: f64 = if share > 0.0 && share < 1.0 { noise.about(share, 0.05).min(1.0) } else { share };
            json!({"journey": journey, "begun": begun, "survived": (*begun as f64 * share) as u64})
        })
        .collect();
    let (begun, survived) = journeys.iter().fold((0, 0), |sum, journey| {
        (sum.0 + journey["begun"].as_u64().unwrap(), sum.1 + journey["survived"].as_u64().unwrap())
    });
    let during = survived as f64 / begun as f64;
    let away = if alone { 0.4 } else { 0.7 };
    let goodput: Vec<(f64, f64)> = (-8..28)
        .map(|step| {
            let at = f64::from(step) * 0.25;
            let level = if (0.0..4.0 + away).contains(&at) { during } else { 1.0 };
            (at, noise.about(1500.0, 0.02) * level)
        })
        .collect();
    json!({"side": topology, "module": module, "fault": fault, "journeys": journeys, "goodput": goodput, "lasted_s": 4.0, "recovered_after_s": away, "books_balance": true})
}

fn benefits(topologies: &[String]) -> Value {
    let mut noise = Noise(11);
    let mut records = Vec::new();
    for topology in topologies {
        for (module, ..) in &MODULES {
            if topology.strip_prefix("extract:").is_some_and(|own| own != *module) {
                continue;
            }
            let faults: &[&str] =
                if topology.starts_with("extract:") { &["kill"] } else { &["kill", "hang", "leak", "spin", "slow"] };
            records.extend(faults.iter().map(|fault| survival(topology, module, fault, &mut noise)));
        }
    }
    let scaling = |side: &str, grown: &str, popularity: &str, capacity: f64, memory: f64| json!({"side": side, "grown": grown, "popularity": popularity, "cores": 1, "capacity_rps": capacity, "pss_bytes": (memory * 1_048_576.0) as u64});
    let changes: Vec<Value> = MODULES
        .iter()
        .enumerate()
        .flat_map(|(index, (module, ..))| {
            let change = move |changed: &str, shape: &str, build: f64, restart: f64, binaries: u32| json!({"module": module, "changed": changed, "shape": shape, "build_s": build + index as f64 * 0.3, "restart_s": restart, "binaries": binaries});
            [change("service", "one process", 13.8, 0.31, 1), change("service", "one binary per module", 7.9, 0.12, 1), change("contract", "one process", 21.2, 0.31, 1), change("contract", "one binary per module", 34.0, 0.55, 3)]
        })
        .collect();
    json!({
        "survival": records,
        "neighbours": [
            {"side": "monolith", "noisy": "check out", "quiet_p99_ms": 7.1, "noisy_p99_ms": 96.0, "failed_share": 0.011},
            {"side": "services", "noisy": "check out", "quiet_p99_ms": 17.5, "noisy_p99_ms": 41.0, "failed_share": 0.0},
        ],
        "scaling": [
            scaling("monolith", "nothing", "uniform", 5650.0, 26.0), scaling("monolith", "nothing", "zipf", 5240.0, 26.0),
            scaling("monolith", "everything x 2", "uniform", 5480.0, 47.0), scaling("monolith", "everything x 2", "zipf", 5120.0, 47.0),
            scaling("services", "nothing", "uniform", 3010.0, 52.0), scaling("services", "nothing", "zipf", 2890.0, 52.0),
            scaling("services", "storefront x 2", "uniform", 3180.0, 59.0), scaling("services", "storefront x 2", "zipf", 3090.0, 59.0),
        ],
        "changes": changes,
        "restarts": [
            {"side": "monolith", "restarted": "everything", "sent": 4200, "lost": 380, "away_s": 0.31},
            {"side": "services", "restarted": "reviews", "sent": 4200, "lost": 0, "away_s": 0.12},
            {"side": "services", "restarted": "cart", "sent": 4200, "lost": 22, "away_s": 0.12},
        ],
        "processes": [
            {"side": "monolith", "group": "shop", "binary_bytes": 38_700_000, "pss_bytes": 24_000_000, "ready_ms": 46.0},
            {"side": "services", "group": "reviews", "binary_bytes": 11_900_000, "pss_bytes": 4_100_000, "ready_ms": 21.0},
            {"side": "services", "group": "orders", "binary_bytes": 13_100_000, "pss_bytes": 5_500_000, "ready_ms": 24.0},
        ],
        "absent": ["leak of the monolith under a cgroup: not permitted on this machine, a limit of the process was used instead"],
    })
}

static EVERYTHING: LazyLock<Run> = LazyLock::new(|| {
    let extracted = MODULES.iter().map(|module| format!("extract:{}", module.0));
    of_topologies(&["monolith", "services"].map(str::to_owned).into_iter().chain(extracted).collect::<Vec<_>>())
});
static PAIR: LazyLock<Run> = LazyLock::new(|| of_topologies(&["monolith", "services"].map(str::to_owned)));

/// A run with everything in it: all sides, all faults, all predictions.
pub(crate) fn everything() -> Run {
    EVERYTHING.clone()
}

/// A run of two sides, as `compare monolith services` makes it.
pub(crate) fn pair() -> Run {
    PAIR.clone()
}

fn of_topologies(topologies: &[String]) -> Run {
    let mut noise = Noise(3);
    let sides = sides(topologies);
    let mut blocks = Vec::new();
    for round in 1..=ROUNDS {
        // A step without a common divisor with the number of sides gives each its turn.
        let step = if sides.len().is_multiple_of(5) { 3 } else { 5 };
        for place in 0..sides.len() {
            let index = (place * step + round as usize) % sides.len();
            blocks.push(block(&mut noise, round, place as u32 + 1, &sides[index]));
        }
    }
    let workload_file = concat!(env!("CARGO_MANIFEST_DIR"), "/../workloads/boutique.toml");
    let run = json!({
        "schema_version": lab::archive::SCHEMA_VERSION, "lab_version": "0.1.0", "name": "believable", "started_at": "2026-11-21T09:00:00Z",
        "seconds": 1930.0, "complete": true, "seed": 1,
        "environment": {
            "binary_sha256": "a32a91dddfa8e40403bc49747eda1056ed18cfae818da8cd782bce1670b0ac04", "binary_bytes": 38_709_368, "rustc": "rustc 1.95.0",
            "commit": "9b94eba0cc", "kernel": "Linux 6.18", "cpu_model": "a processor that nobody built", "cores": 2, "governor": null,
            "memory_bytes": 25_276_502_016_u64, "virtualised": true, "load_average": "0.10 0.20 0.30",
        },
        "placement": {"generator": [1], "side": [0], "preferred": true},
        "protocol": {
            "name": "quick", "rounds": ROUNDS, "warm_up_seconds": 0.7, "lone_sessions": 50,
            "loads": [{"percent": 25, "seconds": 1.2}, {"percent": 50, "seconds": 1.2}, {"percent": 75, "seconds": 1.2}, {"percent": 90, "seconds": 1.2}],
            "own_loads": [{"percent": 80, "seconds": 1.2}, {"percent": 100, "seconds": 1.2}, {"percent": 120, "seconds": 1.2}],
            "headline_load": 50, "ramp_seconds": 0.2, "capacity": {"pilot_steps": 5, "block_steps": 4, "step_seconds": 0.7, "stride": 1.25},
            "targets": {"fine": 0.05, "coarse": 0.25}, "injected_delay_us": 1000, "injected_burn_us": 200, "delta_tolerance": 0.2,
        },
        "workload": {
            "name": "boutique", "description": "Online Boutique's published mix: home 1, set currency 2, browse product 10, add to cart 2, view cart 3, check out 1",
            "mix": "home 1, set currency 2, browse product 10, add to cart 2, view cart 3, check out 1", "objective_p99_ms": 50.0,
            "requests_per_session": 8.63, "text": std::fs::read_to_string(workload_file).unwrap_or_default(),
        },
        "sides": sides.iter().map(|side| json!({"name": side.name, "topology": side.topology, "part": side.part, "environment": {}})).collect::<Vec<_>>(),
        "pilots": topologies.iter().map(|topology| {
            let rps = shape(topology).capacity_rps;
            json!({"side": topology, "closed_loop_rps": rps * 0.8, "capacity": {"rps": rps, "beyond": null, "steps": []}})
        }).collect::<Vec<_>>(),
        "equality": {"sessions": 12, "answers": 109, "normalised": ["UUIDs", "dates and times"], "differences": []},
        "blocks": blocks, "ladder": ladder(), "accounts": accounts(topologies), "predictions": predictions(topologies), "benefits": benefits(topologies),
    });
    serde_json::from_value(run).unwrap()
}
