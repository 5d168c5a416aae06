//! The simulation against queues whose truth is known in closed form.

use lab::predict::{Machine, Question, Served, Step, Visitor, simulate};
use proptest::prelude::*;

/// SplitMix64, so that every case has draws of its own.
struct Draws(u64);

impl Draws {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.fraction()).ln() * mean
    }
}

/// Poisson arrivals at `rate` per nanosecond, each with one piece of work in process 0.
fn poisson(requests: usize, rate: f64, seed: u64, mut work: impl FnMut(&mut Draws) -> f64) -> Vec<Visitor> {
    let mut draws = Draws(seed);
    let mut now = 0.0;
    (0..requests)
        .map(|_| {
            now += draws.exponential(1.0 / rate);
            let steps = vec![Step::Work { process: 0, ns: work(&mut draws) }];
            Visitor { arrival_ns: now, requests: vec![(0.0, 0, steps)] }
        })
        .collect()
}

fn mean_time(served: &[Served]) -> f64 {
    // The queue is empty at first: what came before it filled is not counted.
    let counted = &served[served.len() / 10..];
    counted.iter().map(|served| served.took_ns).sum::<f64>() / counted.len() as f64
}

fn sharing(cores: usize) -> Machine {
    Machine { cores, slots: vec![usize::MAX] }
}

/// The probability that an arrival must wait for one of `servers` (Erlang's C).
fn erlang_c(servers: usize, offered: f64) -> f64 {
    let term = |count: usize| (1..=count).fold(1.0, |product, factor| product * offered / factor as f64);
    let full = term(servers) / (1.0 - offered / servers as f64);
    full / ((0..servers).map(term).sum::<f64>() + full)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// M/M/1 under processor sharing: the mean time is service / (1 - load).
    #[test]
    fn one_core_that_is_shared_takes_as_long_as_queueing_theory_says(seed: u64, load in 0.2..0.7_f64) {
        let visitors = poisson(60_000, load, seed, |draws| draws.exponential(1.0));
        let (found, truth) = (mean_time(&simulate(&sharing(1), &visitors)), 1.0 / (1.0 - load));
        prop_assert!((found / truth - 1.0).abs() < 0.08, "{found} where {truth} is right");
    }

    /// Under processor sharing only the mean of the service counts, not its spread; first come, first served would take twice or half.
    #[test]
    fn a_shared_core_does_not_care_how_service_times_spread(seed: u64, load in 0.2..0.6_f64) {
        let truth = 1.0 / (1.0 - load);
        let even = mean_time(&simulate(&sharing(1), &poisson(60_000, load, seed, |_| 1.0)));
        let uneven = poisson(120_000, load, seed, |draws| if draws.fraction() < 0.9 { 0.5 } else { 5.5 });
        let uneven = mean_time(&simulate(&sharing(1), &uneven));
        prop_assert!((even / truth - 1.0).abs() < 0.06, "{even} where {truth} is right");
        prop_assert!((uneven / truth - 1.0).abs() < 0.10, "{uneven} where {truth} is right");
    }

    /// M/M/c, whether the cores are shared or each serves one after the other: Erlang's formula.
    #[test]
    fn several_cores_take_as_long_as_erlang_says(seed: u64, cores in 2_usize..5, load in 0.3..0.75_f64) {
        let offered = load * cores as f64;
        let visitors = poisson(60_000, offered, seed, |draws| draws.exponential(1.0));
        let truth = 1.0 + erlang_c(cores, offered) / (cores as f64 - offered);
        let in_line = Machine { cores, slots: vec![cores] };
        for machine in [sharing(cores), in_line] {
            let found = mean_time(&simulate(&machine, &visitors));
            prop_assert!((found / truth - 1.0).abs() < 0.08, "{machine:?}: {found} where {truth} is right");
        }
    }

    #[test]
    fn the_same_visitors_are_served_the_same_way_each_time(seed: u64) {
        let visitors = poisson(500, 0.7, seed, |draws| draws.exponential(1.0));
        prop_assert_eq!(simulate(&sharing(1), &visitors), simulate(&sharing(1), &visitors));
    }
}

fn one(steps: Vec<Step>) -> Vec<Visitor> {
    vec![Visitor { arrival_ns: 5.0, requests: vec![(0.0, 7, steps)] }]
}

#[test]
fn a_request_alone_takes_its_work_its_waits_and_the_longest_of_what_it_asks_at_once() {
    let ask = |process, ns| Question { process, ns, delay_ns: 100.0 };
    let steps = vec![
        Step::Work { process: 0, ns: 10.0 },
        Step::Ask(vec![ask(1, 30.0), ask(2, 50.0)]),
        Step::Wait { ns: 7.0 },
        Step::Work { process: 0, ns: 3.0 },
    ];
    let took = |cores: usize| {
        let served = simulate(&Machine { cores, slots: vec![cores; 3] }, &one(steps.clone()));
        assert_eq!((served.len(), served[0].kind, served[0].began_ns), (1, 7, 5.0));
        served[0].took_ns
    };
    // With two cores both are answered at once; on one core they share it, and the longer one ends when all 80 are done.
    assert!((took(2) - (10.0 + 100.0 + 50.0 + 100.0 + 7.0 + 3.0)).abs() < 1e-6, "{}", took(2));
    assert!((took(1) - (10.0 + 100.0 + 80.0 + 100.0 + 7.0 + 3.0)).abs() < 1e-6, "{}", took(1));
}

#[test]
fn a_process_with_one_slot_serves_in_line_and_a_second_core_does_not_help_it() {
    let visitors: Vec<Visitor> = (0..3)
        .map(|_| Visitor { arrival_ns: 0.0, requests: vec![(0.0, 0, vec![Step::Work { process: 0, ns: 10.0 }])] })
        .collect();
    let took = |slots: usize| {
        let served = simulate(&Machine { cores: 2, slots: vec![slots] }, &visitors);
        served.iter().map(|served| served.took_ns).collect::<Vec<_>>()
    };
    assert_eq!(took(1), [10.0, 20.0, 30.0]);
    assert_eq!(took(3), [15.0, 15.0, 15.0]);
}

#[test]
fn a_visitor_pauses_between_requests_and_asks_one_after_the_other() {
    let work = || vec![Step::Work { process: 0, ns: 10.0 }];
    let visitor = Visitor { arrival_ns: 0.0, requests: vec![(0.0, 0, work()), (25.0, 1, work()), (0.0, 2, vec![])] };
    let served = simulate(&sharing(1), &[visitor]);
    let began: Vec<(usize, f64)> = served.iter().map(|served| (served.kind, served.began_ns)).collect();
    assert_eq!(began, [(0, 0.0), (1, 35.0), (2, 45.0)]);
}
