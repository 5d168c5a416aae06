//! How a process asks its peers, in numbers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::{Codec, Tls};

/// What carries calls to other processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarriedBy {
    /// Lines; where one does not come to life although the peer answers, one POST per call.
    #[default]
    Lines,
    /// One POST per call from the start, for where a proxy or a mesh stands between.
    Plain,
}

/// How a process asks its peers. The defaults suit one machine or one data centre.
#[derive(Clone, Debug)]
pub struct PeerOptions {
    /// What carries calls.
    pub carried_by: CarriedBy,
    /// How values are written.
    pub codec: Codec,
    /// What seals the connections; in the open without it.
    pub tls: Option<Tls>,
    /// How long a connection may take to come about.
    pub connecting: Duration,
    /// How long a peer may take to answer the opening of a line.
    pub opening: Duration,
    /// How long a call's answer may be overdue before the peer counts as hung and its line is cut.
    pub patience: Duration,
    /// How long a line may be silent before a sign of life is asked for, and how long that may take.
    pub silence: Duration,
    /// How soon a peer that is down is tried again; doubles up to a second.
    pub probing: Duration,
    /// Calls on one line that are not answered yet; one more is `Overloaded`.
    pub calls_per_line: usize,
    /// Bytes of calls on one line that are not sent yet; more is `Overloaded`.
    pub waiting_bytes: usize,
    /// Questions of more bytes than this go by a plain POST.
    pub large_question: usize,
    /// Answers to reads of more bytes than this come by a plain POST, so that small ones need not wait behind them.
    pub large_answer: usize,
    /// The longest answer that is accepted at all, in bytes.
    pub largest_frame: usize,
}

impl Default for PeerOptions {
    fn default() -> Self {
        Self {
            carried_by: CarriedBy::default(),
            codec: Codec::default(),
            tls: None,
            connecting: Duration::from_millis(500),
            opening: Duration::from_secs(1),
            patience: Duration::from_secs(2),
            silence: Duration::from_secs(5),
            probing: Duration::from_millis(50),
            calls_per_line: 4_096,
            waiting_bytes: 4 * 1024 * 1024,
            large_question: 64 * 1024,
            large_answer: 64 * 1024,
            largest_frame: 16 * 1024 * 1024,
        }
    }
}
