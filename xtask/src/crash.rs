//! The long form of the crash tests: many rounds, on request.

use anyhow::Result;

use crate::{house::TESTS_FROM_OUTSIDE, step::Step};

/// Kills the shop `rounds` times in each shape.
pub(crate) fn crash(rounds: u32, seed: u64) -> Result<()> {
    Step::cargo(
        "kill the shop under load, and verify what is left each time",
        &format!("test {TESTS_FROM_OUTSIDE} -- --nocapture faults::crash"),
    )
    .with("CLEAVE_CRASH_ROUNDS", &rounds.to_string())
    .with("CLEAVE_CRASH_SEED", &seed.to_string())
    .run()
}
