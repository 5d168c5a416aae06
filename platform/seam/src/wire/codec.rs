//! The two ways values are written: JSON for people and strangers, MessagePack with field names between our own processes.
//!
//! Both name their fields, so that either side may learn a new field or variant before the other does.

use std::cell::RefCell;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Codec {
    /// JSON: readable anywhere.
    Json = 0,
    /// MessagePack with field names: smaller, and half the time.
    #[default]
    Binary = 1,
}

impl Codec {
    /// The codec with this number on the wire.
    pub fn from_wire(number: u8) -> Option<Self> {
        [Self::Json, Self::Binary].into_iter().find(|codec| *codec as u8 == number)
    }

    /// Writes a value; the error says what cannot be written.
    pub fn encode<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, String> {
        let mut written = spare();
        self.encode_into(value, &mut written)?;
        Ok(written)
    }

    /// Appends a value to `buffer`; the error says what cannot be written.
    pub fn encode_into<T: Serialize + ?Sized>(self, value: &T, buffer: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Json => serde_json::to_writer(buffer, value).map_err(|error| error.to_string()),
            Self::Binary => {
                let mut serializer = rmp_serde::Serializer::new(buffer).with_struct_map();
                value.serialize(&mut serializer).map_err(|error| error.to_string())
            }
        }
    }

    /// Reads a value; the error says where it stops making sense.
    pub fn decode<T: DeserializeOwned>(self, written: &[u8]) -> Result<T, String> {
        match self {
            Self::Json => serde_json::from_slice(written).map_err(|error| error.to_string()),
            Self::Binary => rmp_serde::from_slice(written).map_err(|error| error.to_string()),
        }
    }
}

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers a thread keeps for the next answers, and how large they may have grown.
const SPARE_BUFFERS: usize = 16;
const SPARE_BYTES: usize = 64 * 1024;

/// A buffer that has already grown, when there is one: an answer would otherwise grow its own three times over.
fn spare() -> Vec<u8> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| Vec::with_capacity(1_024))
}

/// Keeps a buffer for the next answer.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() > SPARE_BYTES {
        return;
    }
    SPARE.with_borrow_mut(|spare| {
        if spare.len() < SPARE_BUFFERS {
            buffer.clear();
            spare.push(buffer);
        }
    });
}

/// A value that can be written without knowing its type.
pub trait Encode {
    /// Appends the value to `buffer`.
    fn encode_into(&self, codec: Codec, buffer: &mut Vec<u8>) -> Result<(), String>;
}

impl<T: Serialize> Encode for T {
    fn encode_into(&self, codec: Codec, buffer: &mut Vec<u8>) -> Result<(), String> {
        codec.encode_into(self, buffer)
    }
}
