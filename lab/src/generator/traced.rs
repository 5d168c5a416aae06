//! Trace contexts that the generator sends, made so that a trace tells which request began it.

use std::fmt::Write as _;

/// The first half of the trace ids of one stretch, by which its traces are told from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracePrefix(u64);

/// The request that began a trace, as its id tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracedRequest {
    /// The name of the request: a place in [`Workload::requests`](crate::workload::Workload::requests).
    pub request: u16,
    /// The journey it is part of: a place in [`Workload::journeys`](crate::workload::Workload::journeys).
    pub journey: u16,
    /// How many requests the generator had sent before it in this stretch.
    pub number: u32,
}

impl TracePrefix {
    /// Takes any number that no other stretch has; 0 is taken as 1, because a trace id of zeros is not one.
    pub fn new(stretch: u64) -> Self {
        Self(stretch.max(1))
    }

    /// The id of a request's trace: the prefix, then name, journey and number.
    pub fn trace_id(self, of: TracedRequest) -> u128 {
        u128::from(self.0) << 64 | u128::from(of.request) << 48 | u128::from(of.journey) << 32 | u128::from(of.number)
    }

    /// Which request began a trace; `None` when it was not one of this stretch.
    pub fn request_of(self, trace_id: u128) -> Option<TracedRequest> {
        ((trace_id >> 64) as u64 == self.0).then_some(TracedRequest {
            request: (trace_id >> 48) as u16,
            journey: (trace_id >> 32) as u16,
            number: trace_id as u32,
        })
    }

    /// The header's value after W3C Trace Context, with the flag that asks for spans.
    pub(super) fn traceparent(self, of: TracedRequest) -> String {
        let mut value = String::with_capacity(55);
        // The generator's own span is the number of the request, from 1: a span of zeros is not one.
        write!(value, "00-{:032x}-{:016x}-01", self.trace_id(of), u64::from(of.number) + 1)
            .expect("writing to a string does not fail");
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_tells_which_request_began_it_and_a_stranger_is_not_taken_for_one() {
        let prefix = TracePrefix::new(77);
        let sent = TracedRequest { request: 3, journey: 65_535, number: u32::MAX };
        assert_eq!(prefix.request_of(prefix.trace_id(sent)), Some(sent));
        assert_eq!(TracePrefix::new(78).request_of(prefix.trace_id(sent)), None);
        let first = TracedRequest { request: 0, journey: 0, number: 0 };
        assert_eq!(TracePrefix::new(0).traceparent(first), "00-00000000000000010000000000000000-0000000000000001-01");
    }
}
