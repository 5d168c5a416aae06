//! The call frame: the circumstances of a call packed into a few bytes, and its arguments after them.
//!
//! | bytes | field |
//! |---|---|
//! | 4 | number of the call on its line |
//! | 4 | milliseconds left until the deadline; all ones when it never comes |
//! | 4 | method, by the hash of its name |
//! | 1 | flags: codec, criticality (two bits), and which of the fields below are there |
//! | 1 | attempt |
//! | 1 | caller, by its number on this line, which a frame of its own has introduced |
//! | 25 | trace: id, span, sampled |
//! | 2 + n | principal, as MessagePack |
//! | 2 + n | idempotency key |
//! | rest | arguments |

use std::{sync::Arc, time::Duration};

use bytes::{Buf, BufMut, Bytes};
use thiserror::Error;

use super::{FrameKind, HEAD, length};
use crate::{
    Call, Criticality, ModuleName, Principal, Trace,
    clock::Deadline,
    wire::{Codec, Encode},
};

const BINARY: u8 = 1;
const CRITICALITY_SHIFT: u8 = 1;
const TRACED: u8 = 1 << 3;
const ON_BEHALF: u8 = 1 << 4;
const KEYED: u8 = 1 << 5;

const NEVER: u32 = u32::MAX;
const TIME_LEFT_AT: usize = HEAD + 4;
const FIXED_FIELDS: usize = 15;

/// A call as it was read from its frame, except for the caller's name, which only the line can look up.
#[derive(Clone, Debug)]
pub(crate) struct CallFrame {
    pub(crate) number: u32,
    pub(crate) method: u32,
    pub(crate) codec: Codec,
    pub(crate) caller: u8,
    pub(crate) deadline: Deadline,
    pub(crate) trace: Trace,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) criticality: Criticality,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) attempt: u8,
    pub(crate) arguments: Bytes,
}

/// Why a call frame makes no sense; its line is beyond repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a call frame whose {0} cannot be read")]
pub(crate) struct CallFrameError(pub(crate) &'static str);

/// Appends a call to `out` and says how many of its bytes are arguments. On failure `out` holds half a frame, which the caller must take back.
pub(crate) fn write_call(
    number: u32,
    method: u32,
    codec: Codec,
    caller: u8,
    call: &Call,
    arguments: &(dyn Encode + Sync),
    out: &mut Vec<u8>,
) -> Result<usize, String> {
    let start = out.len();
    let mut flags = (call.criticality as u8) << CRITICALITY_SHIFT;
    for (bit, set) in [
        (BINARY, codec == Codec::Binary),
        (TRACED, call.trace != Trace::default()),
        (ON_BEHALF, call.principal.is_some()),
        (KEYED, call.idempotency_key.is_some()),
    ] {
        flags |= if set { bit } else { 0 };
    }
    let mut fixed = [0_u8; HEAD + FIXED_FIELDS];
    fixed[4] = FrameKind::Call as u8;
    fixed[5..9].copy_from_slice(&number.to_le_bytes());
    fixed[9..13].copy_from_slice(&time_left(call.deadline).to_le_bytes());
    fixed[13..17].copy_from_slice(&method.to_le_bytes());
    fixed[17..20].copy_from_slice(&[flags, call.attempt, caller]);
    out.extend_from_slice(&fixed);
    if flags & TRACED != 0 {
        out.put_u128_le(call.trace.id);
        out.put_u64_le(call.trace.span);
        out.put_u8(u8::from(call.trace.sampled));
    }
    if let Some(principal) = &call.principal {
        let at = out.len();
        out.put_u16_le(0);
        Codec::Binary.encode_into(&**principal, out)?;
        let written =
            u16::try_from(out.len() - at - 2).map_err(|_| "the principal is longer than 64 KiB".to_owned())?;
        out[at..at + 2].copy_from_slice(&written.to_le_bytes());
    }
    if let Some(key) = &call.idempotency_key {
        let written = u16::try_from(key.len()).map_err(|_| "the idempotency key is longer than 64 KiB".to_owned())?;
        out.put_u16_le(written);
        out.put_slice(key.as_bytes());
    }
    let arguments_at = out.len();
    arguments.encode_into(codec, out)?;
    let written = out.len() - start - 4;
    if u32::try_from(written).is_err() {
        return Err("the arguments are longer than four gigabytes".to_owned());
    }
    out[start..start + 4].copy_from_slice(&length(written).to_le_bytes());
    Ok(out.len() - arguments_at)
}

/// Splits the first frame off a buffer of frames that this side wrote.
pub(crate) fn split_frame(frames: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let written = u32::from_le_bytes(*frames.first_chunk::<4>()?);
    frames.split_at_mut_checked(4 + written as usize)
}

/// The number of the call in a whole frame; `None` when it is no call.
pub(crate) fn number_of_call(frame: &[u8]) -> Option<u32> {
    let number = frame.get(HEAD..)?.first_chunk::<4>()?;
    (frame[4] == FrameKind::Call as u8).then(|| u32::from_le_bytes(*number))
}

/// Writes the time that is left now into a call frame that has waited to be sent.
pub(crate) fn patch_time_left(frame: &mut [u8], deadline: Deadline) {
    frame[TIME_LEFT_AT..TIME_LEFT_AT + 4].copy_from_slice(&time_left(deadline).to_le_bytes());
}

fn time_left(deadline: Deadline) -> u32 {
    deadline.left().map_or(NEVER, |left| u32::try_from(left.as_millis()).unwrap_or(NEVER - 1).min(NEVER - 1))
}

impl CallFrame {
    /// Reads the fields of a frame of the kind [`FrameKind::Call`].
    pub(crate) fn read(mut fields: Bytes) -> Result<Self, CallFrameError> {
        if fields.len() < FIXED_FIELDS {
            return Err(CallFrameError("fixed part"));
        }
        let (number, left, method) = (fields.get_u32_le(), fields.get_u32_le(), fields.get_u32_le());
        let (flags, attempt, caller) = (fields.get_u8(), fields.get_u8(), fields.get_u8());
        let criticality = match (flags >> CRITICALITY_SHIFT) & 0b11 {
            0 => Criticality::Sheddable,
            1 => Criticality::Normal,
            2 => Criticality::Critical,
            _ => return Err(CallFrameError("criticality")),
        };
        let trace = if flags & TRACED == 0 {
            Trace::default()
        } else if fields.len() < 25 {
            return Err(CallFrameError("trace"));
        } else {
            Trace { id: fields.get_u128_le(), span: fields.get_u64_le(), sampled: fields.get_u8() != 0 }
        };
        let principal = if flags & ON_BEHALF == 0 {
            None
        } else {
            let length = fields.try_get_u16_le().map_err(|_| CallFrameError("principal"))?;
            let written = take(&mut fields, length.into()).ok_or(CallFrameError("principal"))?;
            Some(Arc::new(Codec::Binary.decode(&written).map_err(|_| CallFrameError("principal"))?))
        };
        let idempotency_key = if flags & KEYED == 0 {
            None
        } else {
            let length = fields.try_get_u16_le().map_err(|_| CallFrameError("idempotency key"))?;
            let written = take(&mut fields, length.into()).ok_or(CallFrameError("idempotency key"))?;
            Some(std::str::from_utf8(&written).map_err(|_| CallFrameError("idempotency key"))?.into())
        };
        Ok(Self {
            number,
            method,
            codec: if flags & BINARY == 0 { Codec::Json } else { Codec::Binary },
            caller,
            deadline: match left {
                NEVER => Deadline::NEVER,
                left => Deadline::after(Duration::from_millis(left.into())),
            },
            trace,
            principal,
            criticality,
            idempotency_key,
            attempt,
            arguments: fields,
        })
    }

    /// The circumstances, for the callee's side of the call.
    pub(crate) fn call(&self, caller: ModuleName) -> Call {
        Call {
            deadline: self.deadline,
            trace: self.trace,
            caller,
            principal: self.principal.clone(),
            criticality: self.criticality,
            idempotency_key: self.idempotency_key.clone(),
            attempt: self.attempt,
        }
    }
}

fn take(fields: &mut Bytes, length: usize) -> Option<Bytes> {
    (fields.len() >= length).then(|| fields.split_to(length))
}
