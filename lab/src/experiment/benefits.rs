//! The benefit side: what a split may buy.

use super::Experiment;

impl Experiment {
    /// Breaks, floods, grows and restarts modules, when that is asked for.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "comes next")]
    pub(super) fn look_for_benefits(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
