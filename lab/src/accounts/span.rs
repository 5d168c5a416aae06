//! Reading spans: JSON lines of several processes, put together call by call.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// What is known of one call, by all who wrote of it. Moments are nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The span it is a part of; none for a visitor's request.
    pub parent: Option<u64>,
    /// The module that asks; none for a visitor's request.
    pub caller: Option<String>,
    /// The module that is asked.
    pub callee: Option<String>,
    /// The method; none for a visitor's request.
    pub method: Option<String>,
    /// When it happened, in the order of [`MOMENTS`].
    pub moments: [Option<u64>; MOMENTS.len()],
    /// Bytes of question and answer.
    pub bytes: [u64; 2],
    /// Attempts made, where the caller says.
    pub attempts: u64,
}

/// The moments of a call that leaves its process, in the order in which they come. A call within its process has the first, the handler's
/// two and the last; a visitor's request has the handler's two.
pub const MOMENTS: [&str; 12] = [
    "start",
    "asked",
    "serialised",
    "sent",
    "received",
    "taken",
    "handler_start",
    "handler_end",
    "answered",
    "arrived",
    "woken",
    "end",
];

const START: usize = 0;
const SERIALISED: usize = 2;
const SENT: usize = 3;
const HANDLER_START: usize = 6;
const HANDLER_END: usize = 7;
const END: usize = 11;

/// All spans of a stopped side, by trace and id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    /// The spans.
    pub by_id: BTreeMap<(u128, u64), Span>,
    /// Lines that could not be read; the last line of a process that was killed is not counted.
    pub unread: usize,
}

/// One line as a process wrote it.
#[derive(Debug, Deserialize)]
struct Line {
    trace: String,
    span: String,
    parent: Option<String>,
    caller: Option<String>,
    callee: Option<String>,
    method: Option<String>,
    #[serde(default)]
    question_bytes: u64,
    #[serde(default)]
    answer_bytes: u64,
    #[serde(default)]
    attempts: u64,
    #[serde(flatten)]
    moments: BTreeMap<String, serde_json::Value>,
}

impl Spans {
    /// Reads every `*.jsonl` of a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut spans = Self::default();
        let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                let file = std::fs::File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
                spans.take_in(BufReader::new(file)).with_context(|| format!("{} cannot be read", path.display()))?;
            }
        }
        Ok(spans)
    }

    /// Takes in the lines of one process. A last line without its end is passed over: the process was killed while it wrote.
    pub fn take_in(&mut self, mut lines: impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 || line.last() != Some(&b'\n') {
                return Ok(());
            }
            match serde_json::from_slice::<Line>(&line).ok().and_then(|line| self.put(line)) {
                Some(()) => {}
                None => self.unread += 1,
            }
        }
    }

    /// When the first of the requests began whose traces are `wanted`, nanoseconds.
    pub fn first_request(&self, wanted: impl Fn(u128) -> bool) -> Option<u64> {
        let requests = self.by_id.iter().filter(|((trace, _), span)| span.is_request() && wanted(*trace));
        requests.filter_map(|(_, span)| Some(span.whole()?.0)).min()
    }

    fn put(&mut self, line: Line) -> Option<()> {
        let trace = u128::from_str_radix(&line.trace, 16).ok()?;
        let id = u64::from_str_radix(&line.span, 16).ok()?;
        let parent = match line.parent {
            Some(written) => Some(u64::from_str_radix(&written, 16).ok()?),
            None => None,
        };
        let by_caller = line.moments.contains_key(MOMENTS[START]);
        let span = self.by_id.entry((trace, id)).or_default();
        span.parent = parent.or(span.parent);
        for (known, said) in
            [(&mut span.caller, line.caller), (&mut span.callee, line.callee), (&mut span.method, line.method)]
        {
            // Who asks knows best whom it means: several may answer one contract.
            *known = if by_caller { said.or(known.take()) } else { known.take().or(said) };
        }
        for (moment, name) in span.moments.iter_mut().zip(MOMENTS) {
            // Said by several, as the attempts of a call are: the last one is what the caller got.
            *moment = (*moment).max(line.moments.get(name).and_then(serde_json::Value::as_u64));
        }
        span.bytes = [span.bytes[0].max(line.question_bytes), span.bytes[1].max(line.answer_bytes)];
        span.attempts = span.attempts.max(line.attempts);
        Some(())
    }
}

impl Span {
    /// Whether the call left its process.
    pub fn is_hop(&self) -> bool {
        self.moments[SERIALISED].is_some() || self.moments[SENT].is_some()
    }

    /// Whether it is a visitor's request.
    pub fn is_request(&self) -> bool {
        self.caller.is_none() && self.callee.is_some()
    }

    /// From its begin to its end, as its caller saw it; none when too little is known of it.
    pub fn whole(&self) -> Option<(u64, u64)> {
        let start = self.moments[START].or(self.moments[HANDLER_START])?;
        let end = self.moments[END].or(self.moments[HANDLER_END])?;
        Some((start, end.max(start)))
    }

    /// What its service took, within [`Self::whole`].
    pub fn handler(&self) -> Option<(u64, u64)> {
        let moments = self.in_order()?;
        Some((moments[HANDLER_START], moments[HANDLER_END]))
    }

    /// All moments, each no earlier than the one before it and no later than the end, so that what lies between them adds up to the
    /// whole. What nobody said falls together with its neighbour on the outer side; a callee that says nothing is all handler.
    pub fn in_order(&self) -> Option<[u64; MOMENTS.len()]> {
        let (start, end) = self.whole()?;
        let mut moments = [start; MOMENTS.len()];
        let mut latest = start;
        for (index, moment) in moments.iter_mut().enumerate().take(HANDLER_START + 1) {
            latest = self.moments[index].unwrap_or(latest).clamp(latest, end);
            *moment = latest;
        }
        // The callee's clock starts no earlier than its own first word.
        let mut earliest = end;
        for index in (HANDLER_END..MOMENTS.len()).rev() {
            earliest = self.moments[index].unwrap_or(earliest).clamp(latest, earliest);
            moments[index] = earliest;
        }
        Some(moments)
    }
}
