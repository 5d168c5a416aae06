//! The request body of a line: whatever calls wait when the connection has room.

use std::{
    convert::Infallible,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::task::yield_now;

use super::{Line, Phase};
use crate::wire::frame::{FrameKind, write_plain_frame};

/// The stream of call frames of one connection.
pub(super) struct CallFrames {
    line: Arc<Line>,
    opening: Option<Bytes>,
    /// Whether callers that are ready to run have been let in since there was something to send.
    others_let_in: bool,
}

impl CallFrames {
    /// Sends `opening` first, and calls once the line is open.
    pub(super) fn new(line: Arc<Line>, opening: Bytes) -> Self {
        Self { line, opening: Some(opening), others_let_in: false }
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
        let this = &mut *self;
        let mut state = this.line.state();
        match state.phase {
            Phase::Leaving | Phase::Ended => return Poll::Ready(None),
            Phase::Open => {
                // A call that finds its line idle leaves at once. Where calls are under way already, whoever is ready to run or to be
                // read runs first and shares the write: one more look at the sockets, which waits for nothing.
                let several = state.calls.outstanding() > 1 && state.calls.unsent_bytes() > 0;
                if several && !std::mem::replace(&mut this.others_let_in, true) {
                    drop(state);
                    let _ = pin!(yield_now()).poll(context);
                    return Poll::Pending;
                }
                this.others_let_in = false;
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
