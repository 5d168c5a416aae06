//! The request body of a line: whatever calls wait when the connection has room.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::{Line, Phase};
use crate::wire::frame::{FrameKind, write_plain_frame};

/// The stream of call frames of one connection.
pub(super) struct CallFrames {
    line: Arc<Line>,
    opening: Option<Bytes>,
}

impl CallFrames {
    /// Sends `opening` first, and calls once the line is open.
    pub(super) fn new(line: Arc<Line>, opening: Bytes) -> Self {
        Self { line, opening: Some(opening) }
    }
}

impl Body for CallFrames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(opening) = self.opening.take() {
            return Poll::Ready(Some(Ok(Frame::data(opening))));
        }
        let mut state = self.line.state();
        match state.phase {
            Phase::Leaving | Phase::Ended => return Poll::Ready(None),
            Phase::Open => {
                let mut frames = state.calls.take_unsent();
                if std::mem::take(&mut state.ping) {
                    write_plain_frame(FrameKind::Ping, &[], frames.get_or_insert_default());
                }
                if let Some(frames) = frames {
                    return Poll::Ready(Some(Ok(Frame::data(frames.into()))));
                }
            }
            Phase::Closed => {}
        }
        state.driver = Some(context.waker().clone());
        Poll::Pending
    }
}
