//! The event loop of the generator.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::SockAddr;

use super::clock::{Clock, thread_cpu_ns};
use super::judge::{Trouble, judge};
use super::outcome::{Measured, RequestFigures, SessionEnd, microseconds};
use super::request_log::RequestLine;
use super::visitor::{Phase, Visitor};
use super::{Answer, Drive, Pacing, Think, TracedRequest};
use crate::workload::Step;

/// How often the visitors are looked through for requests that are overdue, nanoseconds.
const SWEEP_NS: u64 = 50_000_000;
/// How long an answer to a lone visitor is waited for awake, longer than most take, nanoseconds.
const LONGEST_AWAKE_NS: u64 = 3_000_000;
/// What a CPU that has gone to sleep may need to come back, above all a virtual one, nanoseconds.
const WAKING_NS: u64 = 200_000;
/// The timer's mark among the events; slots are far fewer.
const TIMER: u64 = u64::MAX;
/// Few events are taken at a time, so that a visitor who is due does not wait behind a long batch.
const BATCH: usize = 16;

/// The state of one drive.
pub(super) struct Engine<'d, 'o> {
    pub(super) drive: &'d Drive<'d>,
    observer: &'o mut dyn FnMut(&Answer<'_>),
    clock: Clock,
    pub(super) epoll: Epoll,
    pub(super) address: SockAddr,
    pub(super) visitors: Vec<Visitor>,
    free: Vec<usize>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
    next_session: usize,
    present: usize,
    next_sweep: u64,
    last_answer: u64,
    /// When it goes on, and until when: between two turns its time stands still.
    stands_at: u64,
    until: Option<u64>,
    cpu_ns: u64,
    pub(super) scratch: Box<[u8]>,
    /// The figures by the place of the request's name; kept as a map only in the end.
    figures: Vec<Option<RequestFigures>>,
    pub(super) out: Measured,
}

impl<'d, 'o> Engine<'d, 'o> {
    pub(super) fn new(drive: &'d Drive<'d>, observer: &'o mut dyn FnMut(&Answer<'_>)) -> anyhow::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let clock = Clock::start()?;
        epoll.add(clock.timer(), EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, TIMER))?;
        Ok(Self {
            drive,
            observer,
            clock,
            epoll,
            address: drive.target.address.into(),
            visitors: Vec::new(),
            free: Vec::new(),
            due: BinaryHeap::new(),
            next_session: 0,
            present: 0,
            next_sweep: SWEEP_NS,
            last_answer: 0,
            stands_at: 0,
            until: None,
            cpu_ns: 0,
            scratch: vec![0; 64 * 1024].into_boxed_slice(),
            figures: drive.workload.requests.iter().map(|_| None).collect(),
            out: Measured::new(),
        })
    }

    /// Goes on where it stood, to its end or for one turn; says whether it has ended. A turn is over when its time is up and the answers
    /// to what was asked until then have come.
    pub(super) fn play(&mut self, turn: Option<Duration>) -> anyhow::Result<bool> {
        let cpu_before = thread_cpu_ns();
        self.clock.set(self.stands_at);
        self.until = turn.map(|turn| self.stands_at + turn.as_nanos() as u64);
        if let (0, Pacing::Returning { visitors, .. }) = (self.stands_at, self.drive.pacing) {
            for _ in 0..visitors {
                self.admit_later(0);
            }
        }
        let mut events = [EpollEvent::empty(); BATCH];
        let ended = loop {
            let now = self.clock.now();
            let is_up = self.until.is_some_and(|until| now >= until);
            if !is_up {
                self.admit_arrivals(now);
                self.wake_due(now);
            }
            if now >= self.next_sweep {
                self.sweep(now);
                self.next_sweep = now + SWEEP_NS;
            }
            if self.is_over(now) {
                break true;
            }
            if is_up && self.visitors.iter().all(|visitor| visitor.phase != Phase::Waiting) {
                break false;
            }
            let next = if is_up { self.next_sweep } else { self.next_moment().min(self.until.unwrap_or(u64::MAX)) };
            let count = self.wait_until(next, &mut events)?;
            for event in &events[..count] {
                if event.data() != TIMER {
                    self.handle_socket(event.data());
                }
            }
        };
        self.stands_at = self.until.unwrap_or(self.stands_at);
        self.cpu_ns += thread_cpu_ns() - cpu_before;
        Ok(ended)
    }

    /// Waits for events; at most until the moment has come.
    fn wait_until(&mut self, next: u64, events: &mut [EpollEvent]) -> anyhow::Result<usize> {
        let awake = self.awake(next);
        loop {
            let now = self.clock.now();
            let timeout = if awake.contains(&now) {
                EpollTimeout::ZERO
            } else {
                self.clock.arm(if now < awake.start { awake.start } else { next })?;
                EpollTimeout::NONE
            };
            match self.epoll.wait(events, timeout) {
                Ok(0) if now < next => std::hint::spin_loop(),
                Ok(count) => return Ok(count),
                Err(nix::errno::Errno::EINTR) => return Ok(0),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// When a lone visitor is served awake: a CPU that sleeps takes the longer to come back the longer it slept, which would be added to slow
    /// answers and not to quick ones. Never for long: at the priority that the generator has, nothing else runs on its CPU meanwhile, not
    /// even what the kernel does there for a side's disk.
    fn awake(&self, next: u64) -> Range<u64> {
        let Pacing::Returning { visitors: 1, .. } = self.drive.pacing else { return 0..0 };
        match self.visitors.iter().find(|visitor| visitor.phase == Phase::Waiting) {
            Some(visitor) => visitor.sent_ns..visitor.sent_ns + LONGEST_AWAKE_NS,
            None => next.saturating_sub(WAKING_NS)..next,
        }
    }

    /// What was measured.
    pub(super) fn finish(mut self) -> Measured {
        self.close();
        self.out
    }

    /// The moment from which a visitor pauses: none begins after the turn is over.
    fn within_turn(&self, now: u64) -> u64 {
        self.until.map_or(now, |until| now.min(until))
    }

    fn session_count(&self) -> usize {
        self.drive.trace.sessions.len()
    }

    fn arrival(&self) -> Option<u64> {
        if self.drive.pacing != Pacing::Arrivals {
            return None;
        }
        self.drive.trace.sessions.get(self.next_session).map(|session| session.arrival_ns)
    }

    fn next_moment(&self) -> u64 {
        let due = self.due.peek().map(|Reverse((at, _))| *at);
        [self.arrival(), due, Some(self.next_sweep)].into_iter().flatten().min().unwrap_or(self.next_sweep)
    }

    fn is_over(&self, now: u64) -> bool {
        if self.drive.stop.load(Ordering::Relaxed) {
            return true;
        }
        let (all_admitted, last_admission) = match self.drive.pacing {
            Pacing::Arrivals => {
                let last = self.drive.trace.sessions.last().map_or(0, |session| session.arrival_ns);
                (self.next_session == self.session_count(), last)
            }
            Pacing::Returning { until: Some(until), .. } => {
                let until = until.as_nanos() as u64;
                (now >= until || self.next_session == self.session_count(), until)
            }
            Pacing::Returning { until: None, .. } => (self.next_session == self.session_count(), now),
        };
        all_admitted && (self.present == 0 || now > last_admission + self.drive.drain_limit.as_nanos() as u64)
    }

    fn admit_arrivals(&mut self, now: u64) {
        while let Some(arrival) = self.arrival() {
            if arrival > now {
                break;
            }
            self.admit_next(arrival);
        }
    }

    /// Lets the next visitor of the trace in, meant to start at `intended`.
    fn admit_next(&mut self, intended: u64) {
        if self.next_session == self.session_count() {
            return;
        }
        let slot = self.take_slot();
        self.start_step(slot, intended, true);
    }

    /// Gives the next session of the trace a place.
    fn take_slot(&mut self) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.visitors.push(Visitor::new());
            self.visitors.len() - 1
        });
        self.visitors[slot].begin(self.next_session, self.drive.workload.slots.len());
        self.next_session += 1;
        self.present += 1;
        self.out.sessions += 1;
        slot
    }

    fn wake_due(&mut self, now: u64) {
        while let Some(Reverse((at, slot))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            if self.visitors[slot].phase == Phase::Following {
                self.send(slot, at, false);
            } else if self.is_closing(at) {
                self.leave(slot, true);
            } else {
                self.start_step(slot, at, true);
            }
        }
    }

    /// Whether the time of the visitors who come back is up: what they have begun they finish, but no journey begins.
    fn is_closing(&self, at: u64) -> bool {
        matches!(self.drive.pacing, Pacing::Returning { until: Some(until), .. } if at >= until.as_nanos() as u64)
    }

    fn name_of(&self, slot: usize) -> &'d str {
        &self.drive.workload.requests[request_of(self.step_of(slot), self.visitors[slot].redirects)]
    }

    fn step_of(&self, slot: usize) -> &'d Step {
        let visitor = &self.visitors[slot];
        let planned = &self.drive.trace.sessions[visitor.session].journeys[visitor.journey];
        &self.drive.workload.journeys[planned.journey].steps[visitor.step]
    }

    /// Sends the request of the visitor's current step.
    fn start_step(&mut self, slot: usize, intended: u64, was_scheduled: bool) {
        let step = self.step_of(slot);
        let drive = self.drive;
        let traceparent = self.traceparent(slot, step.request);
        let visitor = &mut self.visitors[slot];
        visitor.take_values(&drive.trace.sessions[visitor.session].journeys[visitor.journey].values);
        visitor.write_request(step, &drive.target.authority, traceparent.as_deref());
        self.send(slot, intended, was_scheduled);
    }

    fn traceparent(&self, slot: usize, request: usize) -> Option<String> {
        let visitor = &self.visitors[slot];
        let journey = self.drive.trace.sessions[visitor.session].journeys[visitor.journey].journey;
        let (request, journey, number) = (request as u16, journey as u16, self.out.sent as u32);
        self.drive.traced.map(|prefix| prefix.traceparent(TracedRequest { request, journey, number }))
    }

    fn send(&mut self, slot: usize, intended: u64, was_scheduled: bool) {
        let now = self.clock.now();
        if was_scheduled && intended >= self.drive.timed_from_ns {
            self.out.lateness.saturating_record(microseconds(now.saturating_sub(intended)));
        }
        let visitor = &mut self.visitors[slot];
        visitor.intended_ns = intended;
        visitor.sent_ns = now;
        visitor.give_up_ns = now + self.drive.request_limit.as_nanos() as u64;
        visitor.phase = Phase::Waiting;
        visitor.answer_bytes = 0;
        visitor.reader.reset();
        self.out.sent += 1;
        if let Err(trouble) = self.connect_and_write(slot) {
            self.fail_unanswered(slot, trouble);
        }
    }

    fn handle_socket(&mut self, mark: u64) {
        let (generation, slot) = ((mark >> 32) as u32, (mark & u64::from(u32::MAX)) as usize);
        if self.visitors[slot].generation != generation || self.visitors[slot].connection.is_none() {
            return;
        }
        if self.visitors[slot].phase != Phase::Waiting {
            // Nothing is expected now: the server has closed an idle connection, or this is the edge of becoming writable.
            self.drop_if_closed(slot);
            return;
        }
        let outcome = self.write_out(slot).and_then(|()| self.read_in(slot));
        match outcome {
            Ok(false) => {}
            Ok(true) => self.take_answer(slot),
            Err(Trouble::Connection(_)) if self.may_send_again(slot) => {
                self.visitors[slot].drop_connection();
                self.visitors[slot].out_at = 0;
                self.visitors[slot].reader.reset();
                if let Err(trouble) = self.connect_and_write(slot) {
                    self.fail_unanswered(slot, trouble);
                }
            }
            Err(trouble) => self.fail_unanswered(slot, trouble),
        }
    }

    /// Books a whole answer and takes the visitor to what comes next.
    fn take_answer(&mut self, slot: usize) {
        let now = self.clock.now();
        let step = self.step_of(slot);
        self.last_answer = now;
        self.out.answered += 1;
        let request = request_of(step, self.visitors[slot].redirects);
        self.record_times(slot, now, request);
        let name = &self.drive.workload.requests[request];
        let visitor = &mut self.visitors[slot];
        let head = visitor.reader.head();
        (self.observer)(&Answer { name, status: head.status, body: visitor.reader.body() });
        for cookie in &head.set_cookies {
            visitor.cookies.store(cookie);
        }
        let closes = head.closes;
        let status = head.status;
        let next = judge(&mut self.visitors[slot], step, self.drive);
        self.log(slot, Some((now, status)), next.is_ok());
        if next.is_ok() {
            self.out.record_right(now);
        }
        if closes {
            self.visitors[slot].drop_connection();
        } else {
            self.visitors[slot].reused = true;
        }
        match next {
            Err(trouble) => self.fail(slot, trouble),
            Ok(Some(path)) => {
                let traceparent = self.traceparent(slot, step.request + 1);
                let visitor = &mut self.visitors[slot];
                visitor.write_redirect(path, &self.drive.target.authority, traceparent.as_deref());
                match self.drive.think.after(step) {
                    None => self.send(slot, now, false),
                    Some(settle_ns) => {
                        visitor.phase = Phase::Following;
                        self.due.push(Reverse((self.within_turn(now) + settle_ns, slot)));
                    }
                }
            }
            Ok(None) => self.advance(slot, step, now),
        }
    }

    fn record_times(&mut self, slot: usize, now: u64, request: usize) {
        let visitor = &self.visitors[slot];
        let timed = visitor.intended_ns >= self.drive.timed_from_ns;
        let latency = microseconds(now.saturating_sub(visitor.intended_ns));
        let fresh = || RequestFigures { count: 0, latency: super::new_histogram() };
        let figures = self.figures[request].get_or_insert_with(fresh);
        figures.count += 1;
        if timed {
            figures.latency.saturating_record(latency);
            self.out.latency.saturating_record(latency);
            self.out.service.saturating_record(microseconds(now.saturating_sub(visitor.sent_ns)));
            self.out.timed += 1;
        }
    }

    /// Takes the visitor to the next step or journey, or lets it leave.
    fn advance(&mut self, slot: usize, step: &Step, now: u64) {
        let (drive, closing) = (self.drive, self.is_closing(now));
        let visitor = &mut self.visitors[slot];
        let session = &drive.trace.sessions[visitor.session];
        let steps = drive.workload.journeys[session.journeys[visitor.journey].journey].steps.len();
        visitor.step += 1;
        let within = session.journeys[visitor.journey].step_think_ns.get(visitor.step).copied();
        let mut pause = within.filter(|_| drive.think == Think::AsPlanned).unwrap_or_default();
        if visitor.step == steps {
            visitor.step = 0;
            visitor.journey += 1;
            let Some(next) = session.journeys.get(visitor.journey).filter(|_| !closing) else {
                self.leave(slot, true);
                return;
            };
            if drive.think == Think::AsPlanned {
                pause = next.think_ns;
            }
        }
        pause = drive.think.after(step).unwrap_or(pause);
        if pause == 0 && self.until.is_none_or(|until| now < until) {
            self.start_step(slot, now, false);
        } else {
            self.visitors[slot].phase = Phase::Thinking;
            self.due.push(Reverse((self.within_turn(now) + pause, slot)));
        }
    }

    fn fail_unanswered(&mut self, slot: usize, trouble: Trouble) {
        self.log(slot, None, false);
        self.fail(slot, trouble);
    }

    /// Keeps the visitor's current request as a line, where lines are kept; `answered` is when, and with which status.
    fn log(&self, slot: usize, answered: Option<(u64, u16)>, right: bool) {
        let Some(log) = self.drive.log else { return };
        let visitor = &self.visitors[slot];
        log.push(RequestLine {
            session: visitor.session as u32,
            journey: self.drive.trace.sessions[visitor.session].journeys[visitor.journey].journey as u32,
            request: request_of(self.step_of(slot), visitor.redirects) as u32,
            intended_ns: visitor.intended_ns,
            sent_ns: visitor.sent_ns,
            answered_ns: answered.map(|(at, _)| at),
            status: answered.map_or(0, |(_, status)| status),
            right,
            bytes: visitor.answer_bytes,
        });
    }

    fn fail(&mut self, slot: usize, trouble: Trouble) {
        let name = self.name_of(slot);
        match trouble {
            Trouble::Local(what) => {
                self.out.unsent += 1;
                self.out.record_error(format!("{name}: {what}"));
            }
            Trouble::Connection(what) | Trouble::Answer(what) => self.out.record_error(format!("{name}: {what}")),
        }
        self.leave(slot, false);
    }

    fn leave(&mut self, slot: usize, whole: bool) {
        let ended_ns = self.clock.now();
        self.out.ended.push(SessionEnd { session: self.visitors[slot].session, ended_ns, whole });
        self.visitors[slot].drop_connection();
        self.visitors[slot].phase = Phase::Absent;
        self.free.push(slot);
        self.present -= 1;
        if let Pacing::Returning { .. } = self.drive.pacing {
            let now = self.clock.now();
            if !self.is_closing(now) {
                // Through the timer rather than at once: a target that refuses every connection must not recurse.
                self.admit_later(now);
            }
        }
    }

    fn admit_later(&mut self, now: u64) {
        if self.next_session == self.session_count() {
            return;
        }
        let pause = match self.drive.think {
            // Visitors who come back pause between their visits as they do within them.
            Think::AsPlanned => {
                let journeys = &self.drive.trace.sessions[self.next_session].journeys;
                journeys.first().map_or(0, |first| first.think_ns)
            }
            Think::AfterEach(pause) => pause.as_nanos() as u64,
            Think::Never | Think::AfterWrites(_) => 0,
        };
        let slot = self.take_slot();
        self.visitors[slot].phase = Phase::Thinking;
        self.due.push(Reverse((self.within_turn(now) + pause, slot)));
    }

    fn sweep(&mut self, now: u64) {
        for slot in 0..self.visitors.len() {
            let visitor = &self.visitors[slot];
            if visitor.phase == Phase::Waiting && now >= visitor.give_up_ns {
                self.book_unanswered(slot, now);
                let limit = self.drive.request_limit.as_secs_f64();
                self.fail_unanswered(slot, Trouble::Answer(format!("no answer within {limit} s")));
            }
        }
        self.drive.progress.answered.store(self.out.answered, Ordering::Relaxed);
        if let Ok(mut percentiles) = self.drive.progress.percentiles.try_lock() {
            *percentiles = (self.out.latency.value_at_quantile(0.5), self.out.latency.value_at_quantile(0.99));
        }
    }

    /// A request without an answer has at least the latency that has passed; leaving it out would flatter the side.
    fn book_unanswered(&mut self, slot: usize, now: u64) {
        let visitor = &self.visitors[slot];
        if visitor.intended_ns >= self.drive.timed_from_ns {
            self.out.latency.saturating_record(microseconds(now.saturating_sub(visitor.intended_ns)));
            self.out.service.saturating_record(microseconds(now.saturating_sub(visitor.sent_ns)));
            self.out.timed += 1;
        }
    }

    fn close(&mut self) {
        let now = self.clock.now();
        self.out.stopped = self.drive.stop.load(Ordering::Relaxed);
        if !self.out.stopped {
            for slot in 0..self.visitors.len() {
                if self.visitors[slot].phase == Phase::Waiting {
                    self.book_unanswered(slot, now);
                    self.log(slot, None, false);
                    let name = self.name_of(slot);
                    self.out.record_error(format!("{name}: still unanswered at the end of the stretch"));
                }
            }
        }
        let names = self.drive.workload.requests.iter().cloned();
        self.out.requests =
            names.zip(self.figures.drain(..)).filter_map(|(name, found)| Some((name, found?))).collect();
        // Closed pacing need not use up its trace; an open one that did not has failed to send.
        if self.drive.pacing == Pacing::Arrivals && !self.out.stopped {
            self.out.unsent += (self.session_count() - self.next_session) as u64;
        }
        self.out.wall_ns = self.last_answer.max(1);
        self.out.timed_ns = self.out.wall_ns.saturating_sub(self.drive.timed_from_ns);
        self.out.generator_cpu_ns = self.cpu_ns;
        self.drive.progress.answered.store(self.out.answered, Ordering::Relaxed);
    }
}

/// The place of the name of what a visitor asks: the step itself, or a redirect that is followed from it.
fn request_of(step: &Step, redirects: u8) -> usize {
    step.request + usize::from(redirects > 0)
}
