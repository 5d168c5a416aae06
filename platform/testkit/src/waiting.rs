//! Waiting for a condition, never for a time.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

/// How long [`eventually`] waits: long enough for a busy machine, and only ever waited out by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until the condition holds, for [`PATIENCE`] at most.
///
/// # Panics
/// When it does not hold in time; `what` completes the sentence "it did not come true that ...".
pub async fn eventually<F, Fut>(what: &str, condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    eventually_within(PATIENCE, what, condition).await;
}

/// Waits until the condition holds, for `within` at most.
///
/// # Panics
/// When it does not hold in time.
#[expect(clippy::disallowed_methods, reason = "a pause between two looks at a condition")]
pub async fn eventually_within<F, Fut>(within: Duration, what: &str, mut condition: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let give_up = Instant::now() + within;
    let mut pause = Duration::from_millis(1);
    loop {
        if condition().await {
            return;
        }
        assert!(Instant::now() < give_up, "within {within:?} it did not come true that {what}");
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_condition_that_comes_true_is_waited_for() {
        let mut looks = 0;
        eventually("it was looked at three times", || {
            looks += 1;
            let looked = looks;
            async move { looked == 3 }
        })
        .await;
    }

    #[tokio::test]
    #[should_panic(expected = "it did not come true that pigs fly")]
    async fn a_condition_that_does_not_come_true_fails_the_test() {
        eventually_within(Duration::from_millis(20), "pigs fly", || async { false }).await;
    }
}
