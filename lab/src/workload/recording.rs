//! Arrivals that happened once, kept in a file to be replayed: one JSON value per line and session.
//!
//! A line is either the arrival alone, in milliseconds after the start (`12.5`), or the session too:
//! `{"at_ms": 12.5, "journeys": [{"journey": "home", "think_ms": 40, "values": {"product": "X1"}}]}`.
//! What a line leaves out, the workload draws.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{PlannedSession, Trace, Workload};
use crate::{UsageError, suggest};

/// A file of recorded arrivals.
#[derive(Debug, Clone)]
pub struct Recording {
    name: String,
    digest: String,
    /// By arrival.
    pub(super) sessions: Vec<RecordedSession>,
}

/// One session of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedSession {
    pub at_ms: f64,
    #[serde(default)]
    pub journeys: Vec<RecordedJourney>,
}

/// One journey of a recorded session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedJourney {
    pub journey: String,
    #[serde(default)]
    pub think_ms: f64,
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Arrival(f64),
    Session(RecordedSession),
}

impl Recording {
    /// Reads a file.
    pub(super) fn load(path: &Path) -> Result<Self, UsageError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| UsageError::new(format!("the recording {name} cannot be read: {error}")))?;
        Self::parse(&text, &name)
    }

    /// Reads a recording from text; `name` is the file that errors name.
    pub fn parse(text: &str, name: &str) -> Result<Self, UsageError> {
        let mut sessions = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |what: &str| UsageError::new(format!("{name}:{}: {what}", index + 1));
            let session = match serde_json::from_str(line) {
                Ok(Line::Arrival(at_ms)) => RecordedSession { at_ms, journeys: Vec::new() },
                Ok(Line::Session(session)) => session,
                // The message of an untagged enum says nothing; that of a session does, unless it was no session at all.
                Err(_) if line.trim_start().starts_with('{') => {
                    let reason = serde_json::from_str::<RecordedSession>(line).err().map(|error| error.to_string());
                    return Err(wrong(&reason.unwrap_or_default()));
                }
                Err(_) => return Err(wrong("expected a number of milliseconds, or a session in braces")),
            };
            if !(session.at_ms >= 0.0 && session.at_ms.is_finite()) {
                return Err(wrong("an arrival is a number of milliseconds, 0 or more"));
            }
            sessions.push(session);
        }
        if sessions.is_empty() {
            return Err(UsageError::new(format!("{name}: a recording needs at least one arrival")));
        }
        sessions.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
        let digest = Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let name =
            Path::new(name).file_name().map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, digest, sessions })
    }

    /// Finds what a recording names and the workload does not have.
    pub(super) fn check(&self, workload: &Workload) -> Result<(), UsageError> {
        for (index, recorded) in self.sessions.iter().enumerate() {
            for journey in &recorded.journeys {
                let known = workload.journeys.iter().map(|journey| journey.name.as_str());
                if !known.clone().any(|name| name == journey.journey) {
                    let hint = suggest::did_you_mean(&journey.journey, known);
                    return Err(UsageError::new(format!(
                        "{}: session {} names no journey of the workload: `{}`{hint}",
                        self.name,
                        index + 1,
                        journey.journey
                    )));
                }
                let variables = || workload.variables.iter().map(|variable| variable.name.as_str());
                if let Some(name) = journey.values.keys().find(|name| variables().all(|known| known != name.as_str())) {
                    let hint = suggest::did_you_mean(name, variables());
                    return Err(UsageError::new(format!(
                        "{}: session {} has a value for no variable of the workload: `{name}`{hint}",
                        self.name,
                        index + 1
                    )));
                }
            }
        }
        Ok(())
    }

    /// From the first arrival to where the next would have come, milliseconds.
    pub(super) fn length_ms(&self) -> f64 {
        let (first, last) = (self.sessions[0].at_ms, self.sessions[self.sessions.len() - 1].at_ms);
        match self.sessions.len() {
            1 => 1000.0,
            // The mean gap follows the last arrival too, so that the recording can be repeated at its own rate.
            count => ((last - first) * count as f64 / (count - 1) as f64).max(1.0),
        }
    }
}

impl std::fmt::Display for Recording {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}, {} sessions, sha256 {}…", self.name, self.sessions.len(), self.digest)
    }
}

impl Trace {
    /// Writes the visitors as a recording that a workload can replay.
    pub fn record(&self, workload: &Workload, into: &mut dyn Write) -> std::io::Result<()> {
        for session in &self.sessions {
            let line = serde_json::to_string(&recorded(session, workload)).map_err(std::io::Error::other)?;
            writeln!(into, "{line}")?;
        }
        Ok(())
    }
}

fn recorded(session: &PlannedSession, workload: &Workload) -> RecordedSession {
    let journeys = session.journeys.iter().map(|planned| RecordedJourney {
        journey: workload.journeys[planned.journey].name.clone(),
        think_ms: planned.think_ns as f64 / 1e6,
        // The built-in number of the session stays out: whoever replays it is somebody else.
        values: (workload.variables.iter().zip(&planned.values.0[1..]))
            .filter_map(|(variable, value)| Some((variable.name.clone(), value.clone()?)))
            .filter(|(name, _)| !depends_on_session(workload, name))
            .collect(),
    });
    RecordedSession { at_ms: session.arrival_ns as f64 / 1e6, journeys: journeys.collect() }
}

/// Whether a variable is made of the number of the session, directly or through another.
fn depends_on_session(workload: &Workload, name: &str) -> bool {
    let Some(variable) = workload.variables.iter().find(|variable| variable.name == name) else { return false };
    let super::Source::Text(template) = &variable.source else { return false };
    template.slots().any(|slot| slot == 0 || depends_on_session(workload, &workload.slots[slot]))
}
