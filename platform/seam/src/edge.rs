//! Counts and bounds the calls of one caller to one contract.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::{
    Breakdown, Call, Descriptor, Failure, Fault, MayHaveExecuted, ModuleName,
    spans::{Moment, Recording},
    visit::{Observed, Visit},
};

/// One call in this many is timed: two reads of a precise clock cost more than the rest of an edge together.
const SAMPLED_ONE_IN: u64 = 64;

/// Stands for all callers in other processes, which name themselves in each call.
const FROM_OUTSIDE: ModuleName = ModuleName::new("(outside)");

/// All edges of a process, for metrics and accounts.
#[derive(Clone, Debug, Default)]
pub struct Edges(Arc<Mutex<Vec<Arc<Record>>>>);

impl Edges {
    /// The edge from `caller` to a contract; asking again gives the same edge.
    pub fn edge(&self, caller: ModuleName, contract: &'static Descriptor) -> Edge {
        self.edge_to(caller, contract.module, contract)
    }

    /// The same where several answer one contract, and `callee` is the one that is meant.
    pub(crate) fn edge_to(&self, caller: ModuleName, callee: &'static str, contract: &'static Descriptor) -> Edge {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = records.iter().find(|record| {
            record.caller == caller && record.callee == callee && record.contract.module == contract.module
        });
        if let Some(record) = known {
            return Edge(record.clone());
        }
        let methods = contract.methods.iter().map(|_| MethodRecord::default()).collect();
        let record = Arc::new(Record { caller, callee, from_outside: caller == FROM_OUTSIDE, contract, methods });
        records.push(record.clone());
        Edge(record)
    }

    /// The way in for calls from other processes: each keeps the caller it names.
    pub fn incoming(&self, contract: &'static Descriptor) -> Edge {
        self.edge(FROM_OUTSIDE, contract)
    }

    /// What has been counted so far, edge by edge.
    pub fn figures(&self) -> Vec<EdgeFigures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|record| record.figures()).collect()
    }
}

/// The way from one caller to one contract.
#[derive(Clone)]
pub struct Edge(Arc<Record>);

impl fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} -> {}", self.0.caller, self.0.contract.module)
    }
}

#[derive(Debug)]
struct Record {
    caller: ModuleName,
    callee: &'static str,
    from_outside: bool,
    contract: &'static Descriptor,
    methods: Box<[MethodRecord]>,
}

#[derive(Debug, Default)]
struct MethodRecord {
    calls: AtomicU64,
    refusals: AtomicU64,
    breakdowns: AtomicU64,
    retries: AtomicU64,
    timed_calls: AtomicU64,
    timed_nanoseconds: AtomicU64,
}

/// What was counted on one edge.
#[derive(Clone, Debug)]
pub struct EdgeFigures {
    /// The module that asks.
    pub caller: ModuleName,
    /// The module that is asked: the contract's own, unless several answer it.
    pub callee: &'static str,
    /// The contract that is asked.
    pub contract: &'static Descriptor,
    /// One row per method, in the contract's order.
    pub methods: Vec<MethodFigures>,
}

/// What was counted of one method on one edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MethodFigures {
    /// Calls begun.
    pub calls: u64,
    /// Answered with a domain error.
    pub refusals: u64,
    /// Not answered, for whatever reason.
    pub breakdowns: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// How many calls the time below was taken of.
    pub timed_calls: u64,
    /// Time of the timed calls together, in nanoseconds.
    pub timed_nanoseconds: u64,
}

impl Record {
    fn figures(&self) -> EdgeFigures {
        let methods = self.methods.iter().map(MethodRecord::figures).collect();
        EdgeFigures { caller: self.caller, callee: self.callee, contract: self.contract, methods }
    }
}

impl MethodRecord {
    #[cold]
    fn end(&self, observed: &Observed) {
        if let Some(recording) = observed.recording.as_ref().filter(|_| !observed.from_outside) {
            recording.note(Moment::End);
        }
        let Some(began) = observed.began else { return };
        let nanoseconds = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.timed_calls.fetch_add(1, Relaxed);
        self.timed_nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    #[cold]
    fn too_late(&self) -> Breakdown {
        self.breakdowns.fetch_add(1, Relaxed);
        Breakdown::DeadlineExceeded { executed: MayHaveExecuted::No }
    }

    fn figures(&self) -> MethodFigures {
        MethodFigures {
            calls: self.calls.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            breakdowns: self.breakdowns.load(Relaxed),
            retries: self.retries.load(Relaxed),
            timed_calls: self.timed_calls.load(Relaxed),
            timed_nanoseconds: self.timed_nanoseconds.load(Relaxed),
        }
    }
}

impl Edge {
    /// The contract at the far end.
    pub fn contract(&self) -> &'static Descriptor {
        self.0.contract
    }

    /// The module at the near end.
    pub fn caller(&self) -> ModuleName {
        self.0.caller
    }

    /// Begins a call of the `method`-th method, unless its deadline has already passed.
    #[inline(always)] // What it returns would otherwise be copied twice on every call in the own process.
    pub fn enter(&self, method: usize, call: &Call) -> Result<Visit, Breakdown> {
        let record = &self.0.methods[method];
        let count = record.calls.fetch_add(1, Relaxed);
        if call.deadline().has_passed() {
            return Err(record.too_late());
        }
        let observed = count.is_multiple_of(SAMPLED_ONE_IN).then(|| Box::new(Observed::timed_only()));
        let derived = if self.is_as_made(call) { None } else { Some(Box::new(call.asked_by(self.0.caller))) };
        Ok(Visit { derived, observed })
    }

    /// The same for a call of a sampled trace: its span begins here, if spans are recorded.
    #[cold] // Apart from the above, which is a few nanoseconds in all.
    pub fn enter_sampled(&self, method: usize, call: &Call) -> Result<Visit, Breakdown> {
        let mut visit = self.enter(method, call)?;
        let (contract, from_outside) = (self.contract(), self.0.from_outside);
        let names = |caller: ModuleName| [caller.as_str(), self.0.callee, contract.methods[method].name];
        let recording = match from_outside {
            true => Recording::of_handler(call.trace, names(call.caller)),
            false => Recording::of_call(call.trace, names(self.0.caller)),
        };
        let Some(recording) = recording else { return Ok(visit) };
        if !from_outside {
            visit.derived = Some(Box::new(call.asked_by(self.0.caller).traced(recording.trace())));
        }
        let began = visit.observed.and_then(|observed| observed.began);
        visit.observed = Some(Box::new(Observed { began, recording: Some(Arc::new(recording)), from_outside }));
        Ok(visit)
    }

    /// A module's first calls are made in its own name, and calls from outside keep the name they came with: nothing to copy.
    #[inline]
    fn is_as_made(&self, call: &Call) -> bool {
        self.0.from_outside || call.is_first_of(self.0.caller)
    }

    /// Ends a call with what a service in this process returned.
    #[inline(always)] // As above, of the answer.
    pub fn leave<T, E>(
        &self,
        method: usize,
        visit: Visit,
        answer: Result<Result<T, Failure<E>>, Breakdown>,
    ) -> Result<T, Fault<E>> {
        let fault = match answer {
            Ok(Ok(answer)) => {
                self.note_time(method, &visit);
                return Ok(answer);
            }
            Ok(Err(Failure::Domain(error))) => Fault::Domain(error),
            Ok(Err(Failure::Unavailable(why))) => Fault::Breakdown(self.unavailable(method, &why)),
            Err(breakdown) => Fault::Breakdown(breakdown),
        };
        self.end(method, visit, Err(fault))
    }

    /// Ends a call with what the caller will see.
    pub fn end<T, E>(&self, method: usize, visit: Visit, answer: Result<T, Fault<E>>) -> Result<T, Fault<E>> {
        self.note_time(method, &visit);
        let record = &self.0.methods[method];
        match &answer {
            Ok(_) => {}
            Err(Fault::Domain(_)) => _ = record.refusals.fetch_add(1, Relaxed),
            Err(Fault::Breakdown(_)) => _ = record.breakdowns.fetch_add(1, Relaxed),
        }
        answer
    }

    /// Notes an attempt beyond the first.
    pub fn count_retry(&self, method: usize) {
        self.0.methods[method].retries.fetch_add(1, Relaxed);
    }

    #[inline]
    fn note_time(&self, method: usize, visit: &Visit) {
        if let Some(observed) = &visit.observed {
            self.0.methods[method].end(observed);
        }
    }

    #[cold]
    fn unavailable(&self, method: usize, why: &str) -> Breakdown {
        let contract = self.contract();
        let method = contract.methods[method].name;
        tracing::warn!(module = contract.module, method, why, "a module cannot answer");
        Breakdown::lost()
    }
}
