//! The picture of who asks whom.

use anyhow::Result;

use crate::{house::TESTS_FROM_OUTSIDE, step::Step};

/// Draws `docs/modules.mmd`. The test that compares it is the one that draws it, so the two cannot differ.
pub(crate) fn draw() -> Result<()> {
    Step::cargo(
        "read the graph from the code, draw it, and check the house",
        &format!("test --quiet {TESTS_FROM_OUTSIDE} -- architecture::the_house_keeps_its_rules"),
    )
    .with("CLEAVE_DRAW", "1")
    .run()
}
