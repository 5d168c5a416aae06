//! What travels with every call beside its arguments.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{clock::Deadline, spans};

/// The circumstances of one call: how long it may take, on whose behalf it is made, and how to follow it.
///
/// A call is made once at the edge of the shop (a request, a job) and handed down; each edge derives its own from it, with the
/// name of the caller. Cloning copies about a hundred bytes.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) deadline: Deadline,
    pub(crate) trace: Trace,
    pub(crate) caller: ModuleName,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) criticality: Criticality,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) attempt: u8,
}

impl Call {
    /// A call that starts at `caller` and may take `within` in all.
    pub fn new(caller: ModuleName, within: Duration) -> Self {
        Self { deadline: Deadline::after(within), ..Self::without_deadline(caller) }
    }

    /// A call that starts at `caller` and has all the time it needs: for work that nobody waits for.
    pub fn without_deadline(caller: ModuleName) -> Self {
        Self {
            deadline: Deadline::NEVER,
            trace: spans::of_nobody(),
            caller,
            principal: None,
            criticality: Criticality::Normal,
            idempotency_key: None,
            attempt: 1,
        }
    }

    /// The same call as part of a trace.
    pub fn traced(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    /// The same call on behalf of a person.
    pub fn on_behalf_of(self, principal: Arc<Principal>) -> Self {
        Self { principal: Some(principal), ..self }
    }

    /// The same call with another weight when something must be shed.
    pub fn with_criticality(self, criticality: Criticality) -> Self {
        Self { criticality, ..self }
    }

    /// The same call under a key by which a repetition is known.
    pub fn with_idempotency_key(self, key: Arc<str>) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }

    /// The same call, which may take no longer than `within` from now, and never longer than it was given.
    pub fn within(self, within: Duration) -> Self {
        Self { deadline: self.deadline.min(Deadline::after(within)), ..self }
    }

    /// The same call as the `attempt`-th attempt of an edge, counted from one.
    pub fn with_attempt(self, attempt: u8) -> Self {
        Self { attempt, ..self }
    }

    /// When the caller stops waiting.
    #[inline]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The trace this call belongs to.
    #[inline]
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// The module that asks.
    pub fn caller(&self) -> ModuleName {
        self.caller
    }

    /// The person on whose behalf the call is made, when there is one.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }

    /// How much the call matters when something must be shed.
    pub fn criticality(&self) -> Criticality {
        self.criticality
    }

    /// The key by which a repetition of the whole request is known.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// Which attempt of its edge this is, counted from one.
    pub fn attempt(&self) -> u8 {
        self.attempt
    }

    /// Whether the call was made in this module's own name and for the first time.
    #[inline]
    pub(crate) fn is_first_of(&self, caller: ModuleName) -> bool {
        let (made_by, caller) = (self.caller.0, caller.0);
        // Names of one program are mostly the same text at the same place.
        self.attempt == 1 && (std::ptr::eq(made_by, caller) || made_by == caller)
    }

    /// The call as the next module gets it.
    pub(crate) fn asked_by(&self, caller: ModuleName) -> Self {
        Self { caller, attempt: 1, ..self.clone() }
    }
}

/// A trace context after W3C Trace Context: which request this belongs to, and below which span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Identifies the whole request; zero means that nobody traces.
    pub id: u128,
    /// The span of the caller.
    pub span: u64,
    /// Whether spans are recorded.
    pub sampled: bool,
}

impl fmt::Display for Trace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{:032x}-{:016x}-{:02x}", self.id, self.span, u8::from(self.sampled))
    }
}

impl Trace {
    /// Reads a `traceparent` header; `None` when it is not one.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hexadecimal = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !hexadecimal(version, 2) || version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        if !hexadecimal(id, 32) || !hexadecimal(span, 16) || !hexadecimal(flags, 2) {
            return None;
        }
        let trace = Self {
            id: u128::from_str_radix(id, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
        };
        (trace.id != 0 && trace.span != 0).then_some(trace)
    }
}

/// Who a call is made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The person's id, as the accounts module knows it.
    pub subject: String,
    /// What the person may do beyond their own things.
    #[serde(default)]
    pub roles: Vec<String>,
}

/// How much a call matters when something must be shed: the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Criticality {
    /// May be dropped without anyone noticing.
    Sheddable = 0,
    /// A visitor waits for it.
    #[default]
    Normal = 1,
    /// Money or stock hangs on it.
    Critical = 2,
}

/// The name of a module, cheap to copy and to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleName(&'static str);

impl ModuleName {
    /// How many different names a process learns from outside before it refuses more.
    const BOUND: usize = 256;

    /// A name that is known when the program is written.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// A name that came from outside; `None` for what cannot be a name, or when too many have been learned.
    pub fn learn(name: &str) -> Option<Self> {
        static LEARNED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return None;
        }
        let mut learned = LEARNED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = learned.get(name) {
            return Some(Self(known));
        }
        if learned.len() == Self::BOUND {
            return None;
        }
        let known: &'static str = Box::leak(name.into());
        learned.insert(known);
        Some(Self(known))
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_reads_back_as_it_was_written() {
        let trace = Trace { id: 0x4bf9_2f35_77b3_4da6, span: 0x00f0_67aa, sampled: true };
        assert_eq!(Trace::parse(&trace.to_string()), Some(trace));
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let wrong = [
            ("", "nothing"),
            ("00-0-0-0", "short fields"),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "a zero trace id"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "a zero span"),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "the forbidden version"),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "capitals"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "a tail in version 00"),
        ];
        for (text, reason) in wrong {
            assert_eq!(Trace::parse(text), None, "{reason}");
        }
    }

    #[test]
    fn a_call_never_gets_more_time_than_it_was_given() {
        let call = Call::new(ModuleName::new("test"), Duration::from_millis(50)).within(Duration::from_secs(60));
        assert!(call.deadline().left().unwrap() <= Duration::from_millis(50));
    }

    #[test]
    fn a_learned_name_equals_the_written_one() {
        assert_eq!(ModuleName::learn("orders"), Some(ModuleName::new("orders")));
        assert_eq!(ModuleName::learn("no spaces"), None);
    }
}
