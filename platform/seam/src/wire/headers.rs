//! The circumstances of a call as HTTP headers, for the plain POST.
//!
//! | header | holds | without it |
//! |---|---|---|
//! | `cleave-caller` | the module that asks | `anyone`, which only an open process accepts |
//! | `cleave-deadline-ms` | milliseconds left | 10,000 |
//! | `traceparent` | the trace, after W3C Trace Context | not traced |
//! | `cleave-principal` | the person, as JSON `{"subject": "...", "roles": [...]}` | nobody |
//! | `cleave-criticality` | `sheddable`, `normal` or `critical` | `normal` |
//! | `idempotency-key` | the key by which a repetition is known | none |
//! | `cleave-attempt` | which attempt this is, from 1 | 1 |
//! | `cleave-group` | the calling group, where nobody needs to prove it | `anyone` |
//! | `authorization` | `Cleave <proof>` or `Bearer <token>` | refused, unless the process is open |
//! | `content-type` | `application/json` or `application/msgpack`, also of the answer | JSON |

use std::{sync::Arc, time::Duration};

use crate::{Call, Criticality, ModuleName, Principal, Trace, clock::Deadline, wire::Codec};

pub(crate) const CALLER: &str = "cleave-caller";
pub(crate) const DEADLINE: &str = "cleave-deadline-ms";
pub(crate) const TRACE: &str = "traceparent";
pub(crate) const PRINCIPAL: &str = "cleave-principal";
pub(crate) const CRITICALITY: &str = "cleave-criticality";
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
pub(crate) const ATTEMPT: &str = "cleave-attempt";
pub(crate) const GROUP: &str = "cleave-group";
pub(crate) const AUTHORIZATION: &str = "authorization";
pub(crate) const CONTENT_TYPE: &str = "content-type";
/// Tells an answer of the seam (`answer`, `refusal`, `breakdown`) from one of whatever stands between.
pub(crate) const REPLY: &str = "cleave-reply";

/// How long a stranger waits who does not say how long.
const STRANGERS_WAIT: Duration = Duration::from_secs(10);

/// Gives each header of a call to `set`.
pub(crate) fn write_call(call: &Call, mut set: impl FnMut(&'static str, &[u8])) {
    set(CALLER, call.caller.as_str().as_bytes());
    if let Some(left) = call.deadline.left() {
        set(DEADLINE, left.as_millis().to_string().as_bytes());
    } else {
        set(DEADLINE, b"never");
    }
    if call.trace != Trace::default() {
        set(TRACE, call.trace.to_string().as_bytes());
    }
    if let Some(principal) = &call.principal {
        set(PRINCIPAL, &serde_json::to_vec(&**principal).expect("a principal is text"));
    }
    set(CRITICALITY, criticality_name(call.criticality).as_bytes());
    if let Some(key) = &call.idempotency_key {
        set(IDEMPOTENCY_KEY, key.as_bytes());
    }
    set(ATTEMPT, call.attempt.to_string().as_bytes());
}

/// Reads a call from its headers; the error says which one makes no sense.
pub(crate) fn read_call<'a>(caller: ModuleName, get: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Call, String> {
    let text = |name: &str| match get(name).map(std::str::from_utf8) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim())),
        Some(Err(_)) => Err(format!("the header `{name}` is not UTF-8")),
    };
    let deadline = match text(DEADLINE)? {
        None => Deadline::after(STRANGERS_WAIT),
        Some("never") => Deadline::NEVER,
        Some(left) => match left.parse() {
            Ok(left) => Deadline::after(Duration::from_millis(left)),
            Err(_) => return Err(format!("`{DEADLINE}: {left}`: write milliseconds, such as 500, or `never`")),
        },
    };
    let principal = match get(PRINCIPAL) {
        None => None,
        Some(written) => match serde_json::from_slice::<Principal>(written) {
            Ok(principal) => Some(Arc::new(principal)),
            Err(error) => return Err(format!("`{PRINCIPAL}`: {error}")),
        },
    };
    let criticality = match text(CRITICALITY)? {
        None => Criticality::Normal,
        Some(written) => {
            match CRITICALITIES.into_iter().find(|criticality| criticality_name(*criticality) == written) {
                Some(criticality) => criticality,
                None => return Err(format!("`{CRITICALITY}: {written}`: write `sheddable`, `normal` or `critical`")),
            }
        }
    };
    let attempt = match text(ATTEMPT)? {
        None => 1,
        Some(written) => {
            written.parse().map_err(|_| format!("`{ATTEMPT}: {written}`: write a number from 1 to 255"))?
        }
    };
    Ok(Call {
        deadline,
        // Whoever sends an unreadable trace is not traced, as the recommendation has it.
        trace: text(TRACE)?.and_then(Trace::parse).unwrap_or_default(),
        caller,
        principal,
        criticality,
        idempotency_key: text(IDEMPOTENCY_KEY)?.map(Into::into),
        attempt,
    })
}

/// The codec that a content type names; `None` for one that nobody here reads.
pub(crate) fn codec(content_type: Option<&str>) -> Option<Codec> {
    match content_type.map(|written| written.split(';').next().unwrap_or_default().trim()) {
        None | Some("" | "application/json" | "application/x-www-form-urlencoded") => Some(Codec::Json),
        Some("application/msgpack" | "application/x-msgpack") => Some(Codec::Binary),
        Some(_) => None,
    }
}

pub(crate) fn content_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Json => "application/json",
        Codec::Binary => "application/msgpack",
    }
}

const CRITICALITIES: [Criticality; 3] = [Criticality::Sheddable, Criticality::Normal, Criticality::Critical];

fn criticality_name(criticality: Criticality) -> &'static str {
    match criticality {
        Criticality::Sheddable => "sheddable",
        Criticality::Normal => "normal",
        Criticality::Critical => "critical",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const STOREFRONT: ModuleName = ModuleName::new("storefront");

    #[test]
    fn a_call_reads_back_as_it_was_written() {
        let principal = Principal { subject: "Zoë".into(), roles: vec!["merchant".into()] };
        let call = Call::new(STOREFRONT, Duration::from_secs(7))
            .traced(Trace { id: 5, span: 6, sampled: true })
            .on_behalf_of(Arc::new(principal))
            .with_criticality(Criticality::Critical)
            .with_idempotency_key("again".into())
            .with_attempt(2);
        let mut headers = HashMap::new();
        write_call(&call, |name, value| _ = headers.insert(name, value.to_vec()));
        let read = read_call(STOREFRONT, |name| headers.get(name).map(Vec::as_slice)).unwrap();
        assert!(read.deadline.left() <= call.deadline.left());
        assert_eq!(format!("{:?}", Call { deadline: call.deadline, ..read }), format!("{call:?}"));
    }

    #[test]
    fn a_stranger_need_say_nothing() {
        let call = read_call(STOREFRONT, |_| None).unwrap();
        assert!(call.deadline.left().is_some());
        assert_eq!((call.attempt, call.criticality), (1, Criticality::Normal));
    }

    #[test]
    fn a_wrong_header_is_named() {
        for (name, value) in [(DEADLINE, "soon"), (CRITICALITY, "vital"), (ATTEMPT, "first"), (PRINCIPAL, "me")] {
            let error = read_call(STOREFRONT, |asked| (asked == name).then_some(value.as_bytes())).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }
}
