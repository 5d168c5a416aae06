//! The remote half of the seam: how a call becomes bytes, who carries them, and who answers them.
//!
//! Two small traits hold it together: a [`Carrier`] makes calls, [`Routes`] answer them. Lines, plain POSTs and the in-memory
//! rung are carriers; the attribute generates the routes. [`Peers`] are the other processes as a caller sees them, a [`Server`] is
//! this process as they see it, and an [`Identity`] is how either knows the other.
//!
//! - Between two processes stand a few *lines*: long-lived, full-duplex POSTs whose request body is a stream of call frames and
//!   whose response body is a stream of answer frames. Calls that wait at the same moment leave in one write, a call that finds
//!   its line idle leaves at once, and nothing is delayed to make a batch.
//! - Each thread with a runtime of its own owns its lines; all other callers share one thread that owns theirs.
//! - `POST /seam/<module>/<method>` stays, for strangers, for large answers and for where a proxy stands between.

mod codec;
mod frame;
mod headers;
mod hop;
mod identity;
mod line;
mod memory;
mod peers;
mod plain;
mod server;
mod stream;
#[cfg(feature = "tls")]
mod tls;

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
pub use codec::{Codec, Encode};
pub use hop::Hop;
pub use identity::{Identity, IdentityError, Refused, Secret};
pub use memory::InMemory;
pub use peers::{CarriedBy, PeerFigures, PeerOptions, PeerState, Peers};
use serde::{Serialize, de::DeserializeOwned};
pub use server::{Server, ServerBuilder, ServerOptions};
#[cfg(feature = "tls")]
pub use tls::{Authority, Credentials, CredentialsError, Tls};

use crate::{Breakdown, Call, Descriptor, Failure, Fault, MayHaveExecuted, spans::Recording};

/// What seals connections; nothing does in a program that was built without the feature `tls`.
#[cfg(not(feature = "tls"))]
#[derive(Clone, Debug)]
pub enum Tls {}

/// Makes calls to one module, wherever it is.
pub trait Carrier: Send + Sync + 'static {
    /// Carries one attempt there and its reply back, and ends the wait when the call's deadline has come.
    ///
    /// Fails with what went wrong on the way; what the callee itself reports (a domain error, a breakdown) is a [`Reply`].
    fn carry<'a>(
        &'a self,
        question: Question<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Breakdown>> + Send + 'a>>;

    /// Is told, before the first question, that a contract will be asked.
    fn will_ask(&self, contract: &'static Descriptor) {
        let _ = contract;
    }
}

/// One attempt of a call, before it is bytes.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The contract that is asked.
    pub contract: &'static Descriptor,
    /// The index of the method in the contract's list.
    pub method: usize,
    /// The method's number on the wire: see [`method_number`].
    pub number: u32,
    /// The circumstances.
    pub call: &'a Call,
    /// The arguments, which encode themselves straight into the carrier's buffer.
    pub arguments: &'a (dyn Encode + Sync),
    /// The span of the call, when one is recorded: the carrier notes when the question left and its answer came.
    pub recording: Option<&'a Arc<Recording>>,
}

/// Answers calls for one module.
pub trait Routes: Send + Sync + 'static {
    /// What may be asked.
    fn descriptor(&self) -> &'static Descriptor;

    /// Answers one call of the `method`-th method. Never panics: a panic of the service is a reply.
    ///
    /// The arguments are read before this returns, so the future borrows nothing of the carrier's buffer.
    fn answer(
        &self,
        method: usize,
        call: Call,
        codec: Codec,
        arguments: &[u8],
    ) -> Pin<Box<dyn Future<Output = Reply> + Send>>;
}

/// An answer on its way back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What the body holds.
    pub kind: ReplyKind,
    /// How the body is written.
    pub codec: Codec,
    /// The answer, the domain error or the breakdown.
    pub body: Body,
}

/// The bytes of a reply: of its own where it is written, a part of what came in where it is read.
#[derive(Clone, Debug)]
pub enum Body {
    /// Written here.
    Written(Vec<u8>),
    /// Came from elsewhere.
    Came(Bytes),
}

impl std::ops::Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Written(bytes) => bytes,
            Self::Came(bytes) => bytes,
        }
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        match body {
            Body::Written(bytes) => bytes.into(),
            Body::Came(bytes) => bytes,
        }
    }
}

/// What the body of a reply holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReplyKind {
    /// The answer.
    Answer = 0,
    /// The contract's own error.
    Refusal = 1,
    /// A [`Breakdown`].
    Breakdown = 2,
}

impl ReplyKind {
    /// The kind with this number on the wire.
    pub fn from_wire(number: u8) -> Option<Self> {
        [Self::Answer, Self::Refusal, Self::Breakdown].into_iter().find(|kind| *kind as u8 == number)
    }
}

impl Reply {
    /// Writes what a contract method returned.
    pub fn of<T: Serialize, E: Serialize>(codec: Codec, answer: &Result<T, Fault<E>>) -> Self {
        let written = match answer {
            Ok(answer) => codec.encode(answer).map(|body| (ReplyKind::Answer, body)),
            Err(Fault::Domain(error)) => codec.encode(error).map(|body| (ReplyKind::Refusal, body)),
            Err(Fault::Breakdown(breakdown)) => return Self::of_breakdown(codec, breakdown),
        };
        match written {
            Ok((kind, body)) => Self { kind, codec, body: Body::Written(body) },
            Err(what) => Self::of_breakdown(codec, &Breakdown::Broken { what, executed: MayHaveExecuted::Maybe }),
        }
    }

    /// Writes a breakdown that the callee reports.
    pub fn of_breakdown(codec: Codec, breakdown: &Breakdown) -> Self {
        let body = codec.encode(breakdown).expect("a breakdown is a plain enum of numbers and text");
        Self { kind: ReplyKind::Breakdown, codec, body: Body::Written(body) }
    }

    /// Says that the caller asks for a method this side does not have.
    pub fn unknown_method(codec: Codec) -> Self {
        let what = "this side does not know the method: the two processes are of different versions".to_owned();
        Self::of_breakdown(codec, &Breakdown::Broken { what, executed: MayHaveExecuted::No })
    }

    /// Reads what a contract method returned.
    ///
    /// What cannot be read is [`Breakdown::Broken`]: a variant this side does not know yet breaks one call and nothing else.
    pub fn read<T: DeserializeOwned, E: DeserializeOwned>(&self) -> Result<T, Fault<E>> {
        let broken = |what| Fault::Breakdown(Breakdown::Broken { what, executed: MayHaveExecuted::Maybe });
        match self.kind {
            ReplyKind::Answer => self.codec.decode(&self.body).map_err(broken),
            ReplyKind::Refusal => Err(self.codec.decode(&self.body).map_or_else(broken, Fault::Domain)),
            ReplyKind::Breakdown => Err(self.codec.decode(&self.body).map_or_else(broken, Fault::Breakdown)),
        }
    }
}

/// Reads the arguments of a call; what cannot be read was not executed.
pub fn read_arguments<A: DeserializeOwned>(codec: Codec, arguments: &[u8]) -> Result<A, Breakdown> {
    codec.decode(arguments).map_err(|what| Breakdown::Broken { what, executed: MayHaveExecuted::No })
}

/// How many bytes the arguments of a call would be: what a client writes, which names every one of them.
#[doc(hidden)]
pub fn question_bytes(arguments: &[(&str, &dyn Encode)]) -> usize {
    let mut written = Vec::with_capacity(256);
    // A map's head has one byte for up to 15 entries, which is more than a method may have arguments.
    for (name, argument) in arguments {
        let encoded = Codec::Binary
            .encode_into(*name, &mut written)
            .and_then(|()| argument.encode_into(Codec::Binary, &mut written));
        if encoded.is_err() {
            return 0;
        }
    }
    1 + written.len()
}

/// How many bytes an answer would be; a breakdown is none, because the callee does not write it.
#[doc(hidden)]
pub fn answer_bytes<T: Serialize, E: Serialize>(answer: &Result<Result<T, Failure<E>>, Breakdown>) -> usize {
    let encoded = match answer {
        Ok(Ok(answer)) => Codec::Binary.encode(answer),
        Ok(Err(Failure::Domain(error))) => Codec::Binary.encode(error),
        Ok(Err(Failure::Unavailable(_))) | Err(_) => return 0,
    };
    let Ok(written) = encoded else { return 0 };
    let bytes = written.len();
    codec::give_back(written);
    bytes
}

/// The number by which a method goes on the wire: a hash of its full name, so that both sides know it without agreeing first.
///
/// That no two methods of a process share one is checked when its [`Server`] is built.
pub fn method_number(module: &str, method: &str) -> u32 {
    let mut hash = Fnv::default();
    hash.add(module);
    hash.add(method);
    hash.finish()
}

/// FNV-1a over words: short, well spread, and the same on every machine and in every version.
struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Fnv {
    fn add(&mut self, word: &str) {
        for byte in word.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn finish(self) -> u32 {
        self.0
    }
}
