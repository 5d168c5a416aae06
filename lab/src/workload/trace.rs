//! The arrivals of a stretch of load, drawn beforehand from a seed, so that every side gets the very same visitors.

use super::{Source, Template, Values, Workload};
use crate::random::Random;

/// What a trace is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct TraceOptions {
    /// The seed of the run.
    pub seed: u64,
    /// The part of the run the trace belongs to, so that no two parts share their visitors.
    pub number: u64,
    /// How sessions arrive.
    pub arrivals: Arrivals,
}

/// How sessions arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// A Poisson process: sessions of several journeys, at this many requests per second in the mean.
    PartlyOpen {
        /// The offered rate, requests per second.
        requests_per_second: f64,
        /// How long sessions arrive, seconds.
        seconds: f64,
    },
    /// Every journey is a visitor of its own and arrives at a constant rate.
    Open {
        /// The offered rate, requests per second.
        requests_per_second: f64,
        /// How long journeys arrive, seconds.
        seconds: f64,
    },
    /// A fixed number of sessions without arrival times, for visitors who come back as soon as they are done.
    Closed {
        /// How many sessions there are.
        sessions: usize,
    },
}

/// The visitors of a stretch of load.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Sessions by arrival.
    pub sessions: Vec<PlannedSession>,
}

/// One visitor.
#[derive(Debug, Clone)]
pub struct PlannedSession {
    /// When the session begins, nanoseconds after the start.
    pub arrival_ns: u64,
    /// What the visitor does.
    pub journeys: Vec<PlannedJourney>,
}

/// One journey of a visitor.
#[derive(Debug, Clone)]
pub struct PlannedJourney {
    /// Which journey of the workload.
    pub journey: usize,
    /// The pause before it, nanoseconds.
    pub think_ns: u64,
    /// The values drawn for it.
    pub values: Values,
}

impl Trace {
    /// Draws a trace; the same options always give the same trace.
    pub fn draw(workload: &Workload, options: TraceOptions) -> Self {
        let mut draw = Draw {
            workload,
            random: Random::stream(options.seed, "visitors", options.number),
            needed: workload.journeys.iter().map(|journey| needed_slots(workload, journey)).collect(),
            weights: cumulative_weights(workload),
            session_number: options.number * 1_000_000,
        };
        let mut sessions = Vec::new();
        match options.arrivals {
            Arrivals::PartlyOpen { requests_per_second, seconds } => {
                let mean = workload.requests_per_session() / requests_per_second;
                let mut at = draw.random.exponential(mean);
                while at < seconds {
                    sessions.push(draw.session((at * 1e9) as u64));
                    at += draw.random.exponential(mean);
                }
            }
            Arrivals::Open { requests_per_second, seconds } => {
                let weights: f64 = workload.journeys.iter().map(|journey| journey.weight).sum();
                let per_journey: f64 = workload
                    .journeys
                    .iter()
                    .map(|journey| journey.weight / weights * Workload::requests_of(journey))
                    .sum();
                let count = (requests_per_second / per_journey * seconds) as usize;
                for number in 0..count {
                    let at = number as f64 * per_journey / requests_per_second;
                    let journey = draw.random.weighted(&draw.weights);
                    draw.session_number += 1;
                    let journeys = vec![draw.journey(journey, 0)];
                    sessions.push(PlannedSession { arrival_ns: (at * 1e9) as u64, journeys });
                }
            }
            Arrivals::Closed { sessions: count } => sessions.extend((0..count).map(|_| draw.session(0))),
        }
        Self { sessions }
    }

    /// How many requests the trace plans, redirects counted.
    pub fn planned_requests(&self, workload: &Workload) -> u64 {
        let journeys = self.sessions.iter().flat_map(|session| &session.journeys);
        journeys.map(|planned| Workload::requests_of(&workload.journeys[planned.journey]) as u64).sum()
    }
}

struct Draw<'w> {
    workload: &'w Workload,
    random: Random,
    needed: Vec<Vec<bool>>,
    weights: Vec<f64>,
    session_number: u64,
}

impl Draw<'_> {
    fn session(&mut self, arrival_ns: u64) -> PlannedSession {
        self.session_number += 1;
        let shape = &self.workload.session;
        let (fewest, most) = shape.journeys;
        let (shortest, longest) = shape.think_us;
        let mut journeys: Vec<PlannedJourney> = shape.first.map(|first| self.journey(first, 0)).into_iter().collect();
        for _ in 0..self.random.between(fewest, most) {
            let think = if journeys.is_empty() { 0 } else { self.random.between(shortest, longest) };
            let journey = self.random.weighted(&self.weights);
            journeys.push(self.journey(journey, think * 1000));
        }
        PlannedSession { arrival_ns, journeys }
    }

    fn journey(&mut self, journey: usize, think_ns: u64) -> PlannedJourney {
        let mut values = Values(vec![None; self.workload.slots.len()]);
        values.0[0] = Some(self.session_number.to_string());
        for (index, variable) in self.workload.variables.iter().enumerate() {
            let slot = index + 1;
            if !self.needed[journey][slot] {
                continue;
            }
            values.0[slot] = Some(match &variable.source {
                Source::OneOf { values, cumulative } => values[self.random.weighted(cumulative)].clone(),
                Source::Range(low, high) => self.random.between(*low, *high).to_string(),
                Source::Text(template) => template.plain(&values),
            });
        }
        PlannedJourney { journey, think_ns, values }
    }
}

fn cumulative_weights(workload: &Workload) -> Vec<f64> {
    let mut sum = 0.0;
    let running = |journey: &super::Journey| {
        sum += journey.weight;
        sum
    };
    workload.journeys.iter().map(running).collect()
}

/// Marks the slots that a journey reads, and those that they are made of.
fn needed_slots(workload: &Workload, journey: &super::Journey) -> Vec<bool> {
    let mut needed = vec![false; workload.slots.len()];
    let mut mark = |template: &Template| template.slots().for_each(|slot| needed[slot] = true);
    for step in &journey.steps {
        mark(&step.path);
        step.headers.iter().for_each(|(_, value)| mark(value));
        step.expect.contains.iter().chain(&step.expect.lacks).chain(&step.expect.redirect).for_each(&mut mark);
        match &step.body {
            super::Body::None => {}
            super::Body::Form(fields) => fields.iter().for_each(|(_, value)| mark(value)),
            super::Body::Text(text, _) => mark(text),
        }
    }
    // A text variable comes after those it is made of, so one pass from the back finds them all.
    for (index, variable) in workload.variables.iter().enumerate().rev() {
        if let (Source::Text(template), true) = (&variable.source, needed[index + 1]) {
            template.slots().for_each(|slot| needed[slot] = true);
        }
    }
    needed
}
