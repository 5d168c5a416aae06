//! Bounds a call by its deadline and contains its panics, at no cost for a call that is answered at once.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use crate::{Breakdown, MayHaveExecuted, clock::Deadline};

/// Polls `answer` until it is ready or the deadline has come; a panic inside becomes [`Breakdown::Panicked`].
///
/// A timer is made only for an answer that is not ready when first asked.
pub async fn guarded<F: Future>(deadline: Deadline, answer: F) -> Result<F::Output, Breakdown> {
    let mut answer = pin!(answer);
    let mut polled = move |context: &mut std::task::Context<'_>| match catch_unwind(AssertUnwindSafe(|| {
        answer.as_mut().poll(context)
    })) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => {
            tracing::error!(panic = panic_text(panic.as_ref()), "a contract method panicked");
            Poll::Ready(Err(Breakdown::Panicked))
        }
    };
    let mut first = None;
    poll_fn(|context| {
        if let Poll::Ready(ready) = polled(context) {
            first = Some(ready);
        }
        Poll::Ready(())
    })
    .await;
    if let Some(ready) = first {
        return ready;
    }
    let Some(left) = deadline.left() else {
        return poll_fn(polled).await;
    };
    // Boxed, because few answers need a timer and all of them would carry its room.
    let mut over = Box::pin(timer(left));
    poll_fn(|context| match polled(context) {
        Poll::Ready(ready) => Poll::Ready(ready),
        Poll::Pending => {
            over.as_mut().poll(context).map(|()| Err(Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe }))
        }
    })
    .await
}

#[expect(clippy::disallowed_methods, reason = "deadlines are the seam's business")]
fn timer(left: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(left)
}

#[cold]
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
