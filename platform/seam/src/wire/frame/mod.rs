//! What travels on a line: frames, each with its length before it.
//!
//! A frame is a length (four bytes, little-endian, of what follows), a kind and the kind's own fields. The two sides announce
//! themselves with one frame of JSON each, which is read once and may grow; calls and answers are packed by hand, because they
//! are the price of a hop.

mod call;
mod cut;
mod opening;

use bytes::{BufMut, Bytes, BytesMut};

pub(crate) use call::{CallFrame, number_of_call, patch_time_left, split_frame, write_call};
pub(crate) use cut::Cut;
pub(crate) use opening::{Opened, Opening, contract_fingerprint};

use super::{Body, Codec, ReplyKind};

/// Length and kind.
pub(crate) const HEAD: usize = 5;

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FrameKind {
    /// The caller announces itself; the first frame of a line.
    Opening = 1,
    /// A call.
    Call = 2,
    /// The caller wants a sign of life.
    Ping = 3,
    /// A module that will ask on this line, and the number it has here from now on.
    Caller = 4,
    /// The callee accepts the line.
    Opened = 16,
    /// A reply to a call.
    Answer = 17,
    /// The answer is too large for a line: ask again by a plain POST.
    AskPlainly = 18,
    /// The sign of life.
    Pong = 19,
    /// The callee will end soon: ask elsewhere from now on, and end this line.
    GoingAway = 20,
}

impl FrameKind {
    fn from_wire(number: u8) -> Option<Self> {
        use FrameKind::{Answer, AskPlainly, Call, Caller, GoingAway, Opened, Opening, Ping, Pong};
        [Opening, Call, Ping, Caller, Opened, Answer, AskPlainly, Pong, GoingAway]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

/// One frame as it was read: its kind, and its fields still in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// `None` for a kind this side does not know yet; such frames are passed over.
    pub(crate) kind: Option<FrameKind>,
    /// What follows the kind.
    pub(crate) fields: Bytes,
}

/// Writes a frame without fields, or with fields that are already bytes.
pub(crate) fn write_plain_frame(kind: FrameKind, fields: &[u8], out: &mut impl BufMut) {
    out.put_u32_le(length(1 + fields.len()));
    out.put_u8(kind as u8);
    out.put_slice(fields);
}

/// Writes the reply to the call with this number.
pub(crate) fn write_answer(call: u32, kind: ReplyKind, codec: Codec, body: &[u8], out: &mut BytesMut) {
    out.reserve(HEAD + 6 + body.len());
    out.put_u32_le(length(7 + body.len()));
    out.put_u8(FrameKind::Answer as u8);
    out.put_u32_le(call);
    out.put_u8(kind as u8);
    out.put_u8(codec as u8);
    out.put_slice(body);
}

/// Writes that the call with this number is to be repeated by a plain POST.
pub(crate) fn write_ask_plainly(call: u32, out: &mut BytesMut) {
    write_plain_frame(FrameKind::AskPlainly, &call.to_le_bytes(), out);
}

/// Writes that a module has this number on the line from now on.
pub(crate) fn write_caller(number: u8, name: &str, out: &mut Vec<u8>) {
    out.put_u32_le(length(2 + name.len()));
    out.put_u8(FrameKind::Caller as u8);
    out.put_u8(number);
    out.put_slice(name.as_bytes());
}

/// Reads the number of the call that a frame answers, and leaves the rest.
pub(crate) fn read_call_number(fields: &mut Bytes) -> Option<u32> {
    use bytes::Buf;
    (fields.len() >= 4).then(|| fields.get_u32_le())
}

/// Reads the reply that follows the number of its call.
pub(crate) fn read_answer(mut fields: Bytes) -> Option<super::Reply> {
    use bytes::Buf;
    if fields.len() < 2 {
        return None;
    }
    let (kind, codec) = (ReplyKind::from_wire(fields.get_u8())?, Codec::from_wire(fields.get_u8())?);
    Some(super::Reply { kind, codec, body: Body::Came(fields) })
}

/// A length as it is written. Bodies are bounded far below four gigabytes before they come here.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("frames are bounded by `largest_frame`, which is itself four bytes")
}

#[cfg(test)]
mod tests;
