//! The arrivals of a stretch of load, drawn beforehand from a seed, so that every side gets the very same visitors.

use super::recording::{RecordedJourney, RecordedSession, Recording};
use super::{ArrivalProcess, LoadForm, Source, Template, Values, Workload};
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
    /// As the workload's own `[load]` says. For a closed load these are more sessions than visitors who come back at once could use up.
    AsWorkload {
        /// The offered rate, requests per second.
        requests_per_second: f64,
        /// How long visitors arrive, seconds.
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
    /// The pause before it, nanoseconds; before the first one only visitors who come back pause.
    pub think_ns: u64,
    /// The pauses before its steps, nanoseconds; empty when no step has one.
    pub step_think_ns: Vec<u64>,
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
        let sessions = match options.arrivals {
            Arrivals::PartlyOpen { requests_per_second, seconds } => {
                draw.poisson(Visit::Session, requests_per_second, seconds)
            }
            Arrivals::Open { requests_per_second, seconds } => {
                draw.constant(Visit::Journey, requests_per_second, seconds)
            }
            Arrivals::AsWorkload { requests_per_second, seconds } => {
                draw.as_workload(options, requests_per_second, seconds)
            }
            Arrivals::Closed { sessions } => draw.returning(options, sessions),
        };
        Self { sessions }
    }

    /// How many requests the trace plans, redirects counted.
    pub fn planned_requests(&self, workload: &Workload) -> u64 {
        let journeys = self.sessions.iter().flat_map(|session| &session.journeys);
        journeys.map(|planned| Workload::requests_of(&workload.journeys[planned.journey]) as u64).sum()
    }
}

/// What one arrival brings.
#[derive(Clone, Copy)]
enum Visit {
    Session,
    Journey,
}

struct Draw<'w> {
    workload: &'w Workload,
    random: Random,
    needed: Vec<Vec<bool>>,
    weights: Vec<f64>,
    session_number: u64,
}

impl Draw<'_> {
    fn as_workload(&mut self, options: TraceOptions, requests_per_second: f64, seconds: f64) -> Vec<PlannedSession> {
        let load = &self.workload.load;
        let visit = match load.form {
            LoadForm::PartlyOpen => Visit::Session,
            LoadForm::Open => Visit::Journey,
            LoadForm::Closed { visitors } => {
                let expected = requests_per_second * seconds / self.requests_of(Visit::Session);
                return self.returning(options, (expected * 8.0) as usize + 8 * visitors);
            }
        };
        match &load.arrivals {
            ArrivalProcess::Poisson => self.poisson(visit, requests_per_second, seconds),
            ArrivalProcess::Constant => self.constant(visit, requests_per_second, seconds),
            ArrivalProcess::Recorded(recording) => self.replayed(recording, visit, requests_per_second, seconds),
        }
    }

    fn poisson(&mut self, visit: Visit, requests_per_second: f64, seconds: f64) -> Vec<PlannedSession> {
        let mean = self.requests_of(visit) / requests_per_second;
        let mut sessions = Vec::new();
        let mut at = self.random.exponential(mean);
        while at < seconds {
            sessions.push(self.visit(visit, at));
            at += self.random.exponential(mean);
        }
        sessions
    }

    fn constant(&mut self, visit: Visit, requests_per_second: f64, seconds: f64) -> Vec<PlannedSession> {
        let gap = self.requests_of(visit) / requests_per_second;
        // One and a half gaps are one visitor and half a wait; rounding keeps a whole number of them whole.
        let count = (seconds / gap + 1e-9) as usize;
        (0..count).map(|number| self.visit(visit, number as f64 * gap)).collect()
    }

    fn returning(&mut self, options: TraceOptions, count: usize) -> Vec<PlannedSession> {
        let mut sessions: Vec<PlannedSession> = (0..count).map(|_| self.session(0)).collect();
        // From a stream of their own, so that what visitors do is the same whether they come back or not.
        let mut pauses = Random::stream(options.seed, "returns", options.number);
        let (shortest, longest) = self.workload.session.think_us;
        for journey in sessions.iter_mut().filter_map(|session| session.journeys.first_mut()) {
            journey.think_ns = pauses.between(shortest, longest) * 1000;
        }
        sessions
    }

    /// Plays the recording over and over, faster or slower than it was, so that the mean rate is what is asked for.
    fn replayed(
        &mut self,
        recording: &Recording,
        visit: Visit,
        requests_per_second: f64,
        seconds: f64,
    ) -> Vec<PlannedSession> {
        let requests: f64 = recording.sessions.iter().map(|session| self.requests_recorded(session, visit)).sum();
        let (first_ms, length_ms) = (recording.sessions[0].at_ms, recording.length_ms());
        // Seconds of the replay per millisecond of the recording.
        let pace = requests / requests_per_second / length_ms;
        let mut sessions = Vec::new();
        for pass in 0_u32.. {
            for recorded in &recording.sessions {
                let at = (f64::from(pass) * length_ms + recorded.at_ms - first_ms) * pace;
                if at >= seconds {
                    return sessions;
                }
                sessions.push(if recorded.journeys.is_empty() {
                    self.visit(visit, at)
                } else {
                    self.recorded_session(recorded, at)
                });
            }
        }
        sessions
    }

    fn recorded_session(&mut self, recorded: &RecordedSession, at: f64) -> PlannedSession {
        self.session_number += 1;
        let journeys = recorded.journeys.iter().map(|journey| {
            let think_ns = (journey.think_ms.max(0.0) * 1e6) as u64;
            self.journey_with(self.place_of(journey), think_ns, Some(journey))
        });
        PlannedSession { arrival_ns: (at * 1e9) as u64, journeys: journeys.collect() }
    }

    fn place_of(&self, recorded: &RecordedJourney) -> usize {
        let known = &self.workload.journeys;
        known.iter().position(|journey| journey.name == recorded.journey).expect("checked when the workload was read")
    }

    fn requests_recorded(&self, session: &RecordedSession, visit: Visit) -> f64 {
        if session.journeys.is_empty() {
            return self.requests_of(visit);
        }
        let requests = |journey| Workload::requests_of(&self.workload.journeys[self.place_of(journey)]);
        session.journeys.iter().map(requests).sum()
    }

    /// The mean number of requests that one arrival leads to.
    fn requests_of(&self, visit: Visit) -> f64 {
        match visit {
            Visit::Session => self.workload.requests_per_session(),
            Visit::Journey => self.workload.requests_per_journey(),
        }
    }

    fn visit(&mut self, visit: Visit, at_seconds: f64) -> PlannedSession {
        let arrival_ns = (at_seconds * 1e9) as u64;
        match visit {
            Visit::Session => self.session(arrival_ns),
            Visit::Journey => {
                let journey = self.random.weighted(&self.weights);
                self.session_number += 1;
                PlannedSession { arrival_ns, journeys: vec![self.journey(journey, 0)] }
            }
        }
    }

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
        self.journey_with(journey, think_ns, None)
    }

    fn journey_with(&mut self, journey: usize, think_ns: u64, recorded: Option<&RecordedJourney>) -> PlannedJourney {
        let mut values = Values(vec![None; self.workload.slots.len()]);
        values.0[0] = Some(self.session_number.to_string());
        for (index, variable) in self.workload.variables.iter().enumerate() {
            let slot = index + 1;
            if !self.needed[journey][slot] {
                continue;
            }
            let given = recorded.and_then(|recorded| recorded.values.get(&variable.name));
            values.0[slot] = Some(match (given, &variable.source) {
                (Some(given), _) => given.clone(),
                (None, Source::OneOf { values, cumulative }) => values[self.random.weighted(cumulative)].clone(),
                (None, Source::Range(low, high)) => self.random.between(*low, *high).to_string(),
                (None, Source::Text(template)) => template.plain(&values),
            });
        }
        PlannedJourney { journey, think_ns, step_think_ns: self.step_thinks(journey), values }
    }

    /// Draws only where a step asks for it, so that other workloads keep their traces.
    fn step_thinks(&mut self, journey: usize) -> Vec<u64> {
        let steps = &self.workload.journeys[journey].steps;
        if steps.iter().all(|step| step.think_us.is_none()) {
            return Vec::new();
        }
        let random = &mut self.random;
        steps.iter().map(|step| step.think_us.map_or(0, |(least, most)| random.between(least, most) * 1000)).collect()
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
