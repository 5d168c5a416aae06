//! Every request as a line of a compressed table, written beside the generator's thread.
//!
//! The generator hands over batches and never waits: when the writer is too far behind, a batch is left out and counted. Memory is
//! bounded by the batches on their way, some megabytes, however long the run.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::Context;

use crate::workload::Workload;

/// The file of a run folder.
pub const REQUESTS_FILE: &str = "requests.csv.zst";
/// The columns: times are microseconds from the start of the stretch, to the nanosecond; a request without an answer has neither
/// `answered_us` nor a status.
pub const REQUEST_COLUMNS: &str =
    "round,side,load,session,journey,request,intended_us,sent_us,answered_us,status,ok,bytes";
/// How many lines are handed over at once, and how many batches may be on their way.
const BATCH: usize = 512;
const BATCHES: usize = 256;
/// zstd's own default: a hundred times faster than requests come.
const LEVEL: i32 = 3;
/// The writer gives way to everything else on the generator's CPU.
const WRITER_NICENESS: i32 = 19;

/// The table of a run while it is written.
#[derive(Debug)]
pub struct RequestLog {
    sender: SyncSender<Batch>,
    writer: JoinHandle<anyhow::Result<u64>>,
    lost: Arc<AtomicU64>,
    /// The round and the side of the block that is being measured, with the commas after them.
    block: Mutex<Option<String>>,
}

/// What a finished table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedRequests {
    /// Lines written.
    pub written: u64,
    /// Lines left out, because the writer was too far behind.
    pub lost: u64,
}

/// The lines of one stretch on their way into the table.
#[derive(Debug)]
pub struct StretchLog {
    sender: SyncSender<Batch>,
    lost: Arc<AtomicU64>,
    names: Arc<Names>,
    lines: Mutex<Vec<RequestLine>>,
}

/// The words of a stretch's lines, ready to be written.
#[derive(Debug)]
struct Names {
    /// Round, side and load, with the commas after them.
    stretch: String,
    journeys: Vec<String>,
    requests: Vec<String>,
}

#[derive(Debug)]
struct Batch {
    names: Arc<Names>,
    lines: Vec<RequestLine>,
    /// Whether the stretch ends here: what came so far is then readable whatever becomes of the run.
    is_last: bool,
}

/// One request, times in nanoseconds from the start of the stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestLine {
    pub session: u32,
    pub journey: u32,
    pub request: u32,
    pub intended_ns: u64,
    pub sent_ns: u64,
    pub answered_ns: Option<u64>,
    pub status: u16,
    pub right: bool,
    pub bytes: u64,
}

impl RequestLog {
    /// Begins a table; the file must not exist.
    pub fn create(file: &Path) -> anyhow::Result<Self> {
        let out = File::create_new(file).with_context(|| format!("{} cannot be made", file.display()))?;
        let (sender, receiver) = sync_channel(BATCHES);
        let name = file.display().to_string();
        let lost = Arc::new(AtomicU64::new(0));
        let missed = Arc::clone(&lost);
        let writer = std::thread::Builder::new().name("requests".to_owned()).spawn(move || {
            // On Linux a niceness is a thread's own; where it cannot be set, lateness shows whether it mattered.
            let _ = rustix::process::setpriority_process(None, WRITER_NICENESS);
            let written = write(out, &receiver).with_context(|| format!("{name} cannot be written"));
            // Whatever still comes has nowhere to go, and nobody may wait for it.
            for batch in receiver {
                missed.fetch_add(batch.lines.len() as u64, Ordering::Relaxed);
            }
            written
        })?;
        Ok(Self { sender, writer, lost, block: Mutex::new(None) })
    }

    /// Says whose requests come from now on.
    pub fn begin_block(&self, round: u32, side: &str) {
        if let Ok(mut block) = self.block.lock() {
            *block = Some(format!("{round},{},", cell(side)));
        }
    }

    /// Says that what comes from now on is no block's.
    pub fn end_block(&self) {
        if let Ok(mut block) = self.block.lock() {
            *block = None;
        }
    }

    /// The lines of one load of the block; `None` outside of blocks.
    pub fn stretch(&self, load: &str, workload: &Workload) -> Option<StretchLog> {
        let block = self.block.lock().ok()?.clone()?;
        let names = Names {
            stretch: format!("{block}{},", cell(load)),
            journeys: workload.journeys.iter().map(|journey| cell(&journey.name)).collect(),
            requests: workload.requests.iter().map(|name| cell(name)).collect(),
        };
        Some(StretchLog {
            sender: self.sender.clone(),
            lost: Arc::clone(&self.lost),
            names: Arc::new(names),
            lines: Mutex::new(Vec::with_capacity(BATCH)),
        })
    }

    /// Waits until everything is written. Every stretch must have been dropped.
    ///
    /// An error means that the table is cut short; nothing else of the run depends on it.
    pub fn finish(self) -> anyhow::Result<LoggedRequests> {
        let Self { sender, writer, lost, block: _ } = self;
        drop(sender);
        let written = writer.join().map_err(|_| anyhow::anyhow!("the writer of {REQUESTS_FILE} panicked"))??;
        Ok(LoggedRequests { written, lost: lost.load(Ordering::Relaxed) })
    }
}

impl StretchLog {
    pub(super) fn push(&self, line: RequestLine) {
        // The lock is the generator's own; it makes the log usable through a shared reference and costs nothing.
        let Ok(mut lines) = self.lines.lock() else { return };
        lines.push(line);
        if lines.len() == BATCH {
            let full = std::mem::replace(&mut *lines, Vec::with_capacity(BATCH));
            let batch = Batch { names: Arc::clone(&self.names), lines: full, is_last: false };
            if self.sender.try_send(batch).is_err() {
                self.lost.fetch_add(BATCH as u64, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for StretchLog {
    fn drop(&mut self) {
        let lines = self.lines.get_mut().map(std::mem::take).unwrap_or_default();
        let count = lines.len() as u64;
        // Nothing is being timed any more, so this one may wait for its turn.
        if self.sender.send(Batch { names: Arc::clone(&self.names), lines, is_last: true }).is_err() {
            self.lost.fetch_add(count, Ordering::Relaxed);
        }
    }
}

fn write(out: File, batches: &Receiver<Batch>) -> std::io::Result<u64> {
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(REQUEST_COLUMNS.as_bytes())?;
    encoder.write_all(b"\n")?;
    let (mut text, mut written) = (String::new(), 0);
    for batch in batches {
        text.clear();
        for line in &batch.lines {
            line.write(&batch.names, &mut text);
        }
        encoder.write_all(text.as_bytes())?;
        written += batch.lines.len() as u64;
        if batch.is_last {
            encoder.flush()?;
        }
    }
    encoder.finish()?.sync_all()?;
    Ok(written)
}

impl RequestLine {
    fn write(&self, names: &Names, text: &mut String) {
        let Self { session, journey, request, right, bytes, .. } = *self;
        let (journey, request) = (&names.journeys[journey as usize], &names.requests[request as usize]);
        text.push_str(&names.stretch);
        let mut put = |arguments: std::fmt::Arguments<'_>| {
            text.write_fmt(arguments).expect("writing to a string does not fail");
        };
        put(format_args!("{session},{journey},{request},"));
        for time in [Some(self.intended_ns), Some(self.sent_ns), self.answered_ns] {
            match time {
                Some(time) => put(format_args!("{}.{:03},", time / 1000, time % 1000)),
                None => put(format_args!(",")),
            }
        }
        match self.status {
            0 => put(format_args!(",")),
            status => put(format_args!("{status},")),
        }
        put(format_args!("{right},{bytes}\n"));
    }
}

/// A cell after RFC 4180: quoted when it holds a comma, a quote or a line break.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
