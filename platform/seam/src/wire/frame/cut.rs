//! Cuts a stream of chunks into frames, wherever the chunks were cut before.

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use super::{Frame, FrameKind, HEAD};

/// A frame that claims to be longer than this side accepts; its line is beyond repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a frame of {claimed} bytes, where at most {largest} are accepted")]
pub(crate) struct FrameTooLong {
    claimed: usize,
    largest: usize,
}

/// Takes chunks in and gives frames out.
///
/// Frames that lie whole in a chunk are not copied; only what a chunk's end cuts through is put together. Nothing is allocated
/// for a length before the length was checked, nor ahead of the bytes that really came.
#[derive(Debug)]
pub(crate) struct Cut {
    chunk: Bytes,
    partial: BytesMut,
    largest: usize,
}

impl Cut {
    /// Cuts frames of at most `largest` bytes.
    pub(crate) fn new(largest: usize) -> Self {
        Self { chunk: Bytes::new(), partial: BytesMut::new(), largest }
    }

    /// Takes the next chunk. The frames of the one before must have been taken out.
    pub(crate) fn feed(&mut self, chunk: Bytes) {
        debug_assert!(self.chunk.is_empty(), "the frames of the last chunk were not taken out");
        self.chunk = chunk;
    }

    /// Gives the next whole frame; `None` until another chunk comes.
    pub(crate) fn frame(&mut self) -> Result<Option<Frame>, FrameTooLong> {
        let whole = if self.partial.is_empty() {
            match self.length(&self.chunk)? {
                Some(length) if self.chunk.len() >= 4 + length => self.chunk.split_to(4 + length),
                _ => {
                    self.partial.extend_from_slice(&self.chunk);
                    self.chunk.clear();
                    return Ok(None);
                }
            }
        } else {
            while self.partial.len() < 4 && !self.chunk.is_empty() {
                let missing = (4 - self.partial.len()).min(self.chunk.len());
                self.partial.extend_from_slice(&self.chunk.split_to(missing));
            }
            let Some(length) = self.length(&self.partial)? else { return Ok(None) };
            let missing = (4 + length - self.partial.len()).min(self.chunk.len());
            self.partial.extend_from_slice(&self.chunk.split_to(missing));
            if self.partial.len() < 4 + length {
                return Ok(None);
            }
            self.partial.split().freeze()
        };
        let kind = whole.get(4).copied().and_then(FrameKind::from_wire);
        Ok(Some(Frame { kind, fields: whole.slice(HEAD.min(whole.len())..) }))
    }

    fn length(&self, bytes: &[u8]) -> Result<Option<usize>, FrameTooLong> {
        let Some(written) = bytes.first_chunk::<4>() else { return Ok(None) };
        let claimed = u32::from_le_bytes(*written) as usize;
        if claimed > self.largest {
            return Err(FrameTooLong { claimed, largest: self.largest });
        }
        Ok(Some(claimed))
    }
}
