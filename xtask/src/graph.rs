//! The picture of who asks whom.

use anyhow::Result;

use crate::step::Step;

/// Draws `docs/modules.mmd`. The test that compares it is the one that draws it, so the two cannot differ.
pub(crate) fn draw() -> Result<()> {
    Step::cargo(
        "read the graph from the code, draw it, and check the house",
        "test --quiet --test cleave --features lab -- architecture::the_house_keeps_its_rules",
    )
    .with("CLEAVE_DRAW", "1")
    .run()
}
