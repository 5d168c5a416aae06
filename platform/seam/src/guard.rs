//! Bounds a call by its deadline and contains its panics, at no cost for a call that is answered at once.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::{Breakdown, MayHaveExecuted, clock::Deadline};

/// Polls `answer` until it is ready or the deadline has come; a panic inside becomes [`Breakdown::Panicked`].
///
/// A timer is made only for an answer that is not ready when first asked.
#[inline]
pub fn guarded<F: Future>(deadline: Deadline, answer: F) -> Guarded<F> {
    Guarded { answer, deadline, timer: None }
}

pin_project! {
    /// An answer that comes before its deadline, or does not.
    #[must_use = "an answer comes only to those who wait"]
    pub struct Guarded<F> {
        #[pin]
        answer: F,
        deadline: Deadline,
        // Boxed, because few answers need a timer and all of them would carry its room.
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = Result<F::Output, Breakdown>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match catch_unwind(AssertUnwindSafe(|| this.answer.poll(context))) {
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Ok(Poll::Pending) => wait(*this.deadline, this.timer, context).map(Err),
            Err(panic) => Poll::Ready(Err(panicked(panic.as_ref()))),
        }
    }
}

/// Ready when the deadline has come.
#[expect(clippy::disallowed_methods, reason = "deadlines are the seam's business")]
fn wait(deadline: Deadline, timer: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) -> Poll<Breakdown> {
    if timer.is_none() {
        let Some(left) = deadline.left() else { return Poll::Pending };
        *timer = Some(Box::pin(tokio::time::sleep(left)));
    }
    match timer {
        Some(timer) => {
            timer.as_mut().poll(context).map(|()| Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe })
        }
        None => Poll::Pending,
    }
}

#[cold]
fn panicked(panic: &(dyn Any + Send)) -> Breakdown {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
    tracing::error!(panic = text, "a contract method panicked");
    Breakdown::Panicked
}
