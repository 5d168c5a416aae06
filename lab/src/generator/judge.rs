//! Whether an answer is what the workload expects.

use super::Drive;
use super::visitor::Visitor;
use crate::workload::{Capture, Step, Workload};

/// How many redirects one step may follow.
const MOST_REDIRECTS: u8 = 5;

/// What is wrong with an exchange.
pub(super) enum Trouble {
    /// The connection failed; the text says how.
    Connection(String),
    /// The generator itself could not send.
    Local(String),
    /// The answer is not what the workload expects.
    Answer(String),
}

/// Checks a whole answer and keeps what the step captures; returns the path to follow when it redirects.
pub(super) fn judge(visitor: &mut Visitor, step: &Step, drive: &Drive<'_>) -> Result<Option<String>, Trouble> {
    let head = visitor.reader.head();
    let follows = (300..400).contains(&head.status) && !(300..400).contains(&step.expect.status);
    if let (true, Some(location)) = (follows, &head.location) {
        if visitor.redirects >= MOST_REDIRECTS {
            return Err(Trouble::Answer("redirects in a circle".to_owned()));
        }
        let Some(path) = drive.target.path_of(location) else {
            return Err(Trouble::Answer(format!("redirects to another host: {location}")));
        };
        if let (0, Some(expected)) = (visitor.redirects, &step.expect.redirect) {
            let expected = expected.path(&visitor.values);
            if !path.starts_with(&expected) {
                return Err(Trouble::Answer(format!("redirects to {path}, expected {expected}")));
            }
        }
        return Ok(Some(path.to_owned()));
    }
    if head.status != step.expect.status {
        return Err(Trouble::Answer(format!("status {}, expected {}", head.status, step.expect.status)));
    }
    if visitor.redirects == 0 && step.expect.redirect.is_some() {
        return Err(Trouble::Answer("answers with a page, expected a redirect".to_owned()));
    }
    check_body(visitor, step)?;
    capture(visitor, step, drive.workload)?;
    Ok(None)
}

fn check_body(visitor: &Visitor, step: &Step) -> Result<(), Trouble> {
    let body = visitor.reader.body();
    for marker in &step.expect.contains {
        let marker = marker.plain(&visitor.values);
        if memchr::memmem::find(body, marker.as_bytes()).is_none() {
            return Err(Trouble::Answer(format!("the answer lacks `{marker}`")));
        }
    }
    for marker in &step.expect.lacks {
        let marker = marker.plain(&visitor.values);
        if memchr::memmem::find(body, marker.as_bytes()).is_some() {
            return Err(Trouble::Answer(format!("the answer holds `{marker}`")));
        }
    }
    Ok(())
}

fn capture(visitor: &mut Visitor, step: &Step, workload: &Workload) -> Result<(), Trouble> {
    for (value_slot, capture) in &step.captures {
        let found = match capture {
            Capture::Location => (visitor.redirects > 0).then(|| visitor.path.clone()),
            Capture::Body(between) => {
                between.find(&String::from_utf8_lossy(visitor.reader.body())).map(ToOwned::to_owned)
            }
        };
        let Some(found) = found else {
            return Err(Trouble::Answer(format!("nothing to capture for `{}`", workload.slots[*value_slot])));
        };
        visitor.captured.0[*value_slot] = Some(found);
    }
    Ok(())
}
