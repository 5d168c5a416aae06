//! A seeded discrete-event simulation of requests that share the cores of one machine.
//!
//! Work is served by processor sharing: at every moment all pieces of work that run get the same share of the cores, none more than
//! one core. Each process runs so many pieces at once as it has slots; others wait in line. Between processes a message takes its
//! delay and no CPU. Time is in nanoseconds. The same seed gives the same result on every machine.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

/// The machine and its processes.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The cores that all processes share.
    pub cores: usize,
    /// For each process, how many pieces of work it runs at once.
    pub slots: Vec<usize>,
}

/// What a request does, one step after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Takes CPU in a process.
    Work {
        /// The process.
        process: usize,
        /// The CPU time, nanoseconds.
        ns: f64,
    },
    /// Waits for something that is no CPU of this machine: a disk, somebody else's program.
    Wait {
        /// The time, nanoseconds.
        ns: f64,
    },
    /// Asks several processes at once and goes on when all have answered.
    Ask(Vec<Question>),
}

/// What one process is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The process.
    pub process: usize,
    /// Its CPU time, nanoseconds.
    pub ns: f64,
    /// The way there, and the same again back, nanoseconds.
    pub delay_ns: f64,
}

/// A visitor: requests one after the other, each after a pause.
#[derive(Debug, Clone, PartialEq)]
pub struct Visitor {
    /// When the first request begins, if there is no pause before it; nanoseconds.
    pub arrival_ns: f64,
    /// Pause before the request, its kind, and its steps.
    pub requests: Vec<(f64, usize, Vec<Step>)>,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// Its kind.
    pub kind: usize,
    /// When it began.
    pub began_ns: f64,
    /// How long it took.
    pub took_ns: f64,
}

/// Serves all visitors.
pub fn simulate(machine: &Machine, visitors: &[Visitor]) -> Vec<Served> {
    let mut simulation = Simulation {
        cores: machine.cores.max(1) as f64,
        slots: machine.slots.clone(),
        lines: machine.slots.iter().map(|_| VecDeque::new()).collect(),
        running: Vec::new(),
        at: visitors.iter().map(|_| Place::default()).collect(),
        visitors,
        events: BinaryHeap::new(),
        number: 0,
        now: 0.0,
        served: Vec::new(),
    };
    for (visitor, plan) in visitors.iter().enumerate() {
        if let Some((pause, ..)) = plan.requests.first() {
            simulation.later(plan.arrival_ns + pause, What::Begin(visitor));
        }
    }
    simulation.run();
    simulation.served
}

/// How far a visitor is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    request: usize,
    step: usize,
    began: f64,
    /// How many answers are still out.
    open: usize,
}

struct Piece {
    visitor: usize,
    process: usize,
    left: f64,
    /// The way back of an answer; none for the visitor's own step.
    back: Option<f64>,
}

#[derive(Clone, Copy)]
enum What {
    Begin(usize),
    Resume(usize),
    Arrive { visitor: usize, question: usize },
    Return(usize),
}

struct Event {
    at: f64,
    number: u64,
    what: What,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    /// The earliest is the greatest, as the heap gives the greatest first; of two at once, the one that was planned first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.total_cmp(&self.at).then_with(|| other.number.cmp(&self.number))
    }
}

struct Simulation<'v> {
    cores: f64,
    slots: Vec<usize>,
    lines: Vec<VecDeque<Piece>>,
    running: Vec<Piece>,
    at: Vec<Place>,
    visitors: &'v [Visitor],
    events: BinaryHeap<Event>,
    number: u64,
    now: f64,
    served: Vec<Served>,
}

impl Simulation<'_> {
    fn later(&mut self, at: f64, what: What) {
        self.number += 1;
        self.events.push(Event { at, number: self.number, what });
    }

    fn run(&mut self) {
        loop {
            let share = (self.cores / self.running.len() as f64).min(1.0);
            let first = self.running.iter().map(|piece| piece.left).fold(f64::INFINITY, f64::min);
            let done_at = self.now + first / share;
            let event_at = self.events.peek().map_or(f64::INFINITY, |event| event.at);
            if done_at.is_infinite() && event_at.is_infinite() {
                return;
            }
            let until = done_at.min(event_at);
            let served = (until - self.now) * share;
            self.now = until;
            for piece in &mut self.running {
                piece.left -= served;
            }
            if done_at <= event_at {
                self.finish_pieces(first - served);
            } else if let Some(event) = self.events.pop() {
                self.happen(event.what);
            }
        }
    }

    /// Ends every piece that has no more left than the first one.
    fn finish_pieces(&mut self, least: f64) {
        let mut place = 0;
        let mut done = Vec::new();
        while place < self.running.len() {
            // Half a picosecond is rounding.
            if self.running[place].left <= least.max(0.0) + 5e-4 {
                done.push(self.running.remove(place));
            } else {
                place += 1;
            }
        }
        for piece in &done {
            if let Some(next) = self.lines[piece.process].pop_front() {
                self.running.push(next);
            } else {
                self.slots[piece.process] += 1;
            }
        }
        for piece in done {
            match piece.back {
                None => self.advance(piece.visitor),
                Some(way) if way > 0.0 => self.later(self.now + way, What::Return(piece.visitor)),
                Some(_) => self.answered(piece.visitor),
            }
        }
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Begin(visitor) => {
                self.at[visitor].began = self.now;
                self.at[visitor].step = 0;
                self.perform(visitor);
            }
            What::Resume(visitor) => self.advance(visitor),
            What::Arrive { visitor, question } => self.ask(visitor, question),
            What::Return(visitor) => self.answered(visitor),
        }
    }

    fn start(&mut self, piece: Piece) {
        let slots = &mut self.slots[piece.process];
        if *slots > 0 {
            *slots -= 1;
            self.running.push(piece);
        } else {
            self.lines[piece.process].push_back(piece);
        }
    }

    fn ask(&mut self, visitor: usize, question: usize) {
        let place = self.at[visitor];
        if let Some(Step::Ask(questions)) = self.visitors[visitor].requests[place.request].2.get(place.step) {
            let Question { process, ns, delay_ns } = questions[question];
            self.start(Piece { visitor, process, left: ns, back: Some(delay_ns) });
        }
    }

    fn answered(&mut self, visitor: usize) {
        self.at[visitor].open -= 1;
        if self.at[visitor].open == 0 {
            self.advance(visitor);
        }
    }

    fn advance(&mut self, visitor: usize) {
        self.at[visitor].step += 1;
        self.perform(visitor);
    }

    /// Begins the visitor's step.
    fn perform(&mut self, visitor: usize) {
        let place = self.at[visitor];
        let plan = self.visitors;
        let (_, kind, steps) = &plan[visitor].requests[place.request];
        match steps.get(place.step) {
            Some(Step::Work { process, ns }) => {
                self.start(Piece { visitor, process: *process, left: *ns, back: None });
            }
            Some(Step::Wait { ns }) => self.later(self.now + ns, What::Resume(visitor)),
            Some(Step::Ask(questions)) if questions.is_empty() => self.advance(visitor),
            Some(Step::Ask(questions)) => {
                self.at[visitor].open = questions.len();
                for (question, asked) in questions.iter().enumerate() {
                    self.later(self.now + asked.delay_ns, What::Arrive { visitor, question });
                }
            }
            None => {
                self.served.push(Served { kind: *kind, began_ns: place.began, took_ns: self.now - place.began });
                let next = place.request + 1;
                self.at[visitor].request = next;
                if let Some((pause, ..)) = plan[visitor].requests.get(next) {
                    self.later(self.now + pause, What::Begin(visitor));
                }
            }
        }
    }
}
