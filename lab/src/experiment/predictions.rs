//! Foretelling: what each topology will cost, from the first side and the price of a hop.

use super::Experiment;

impl Experiment {
    /// Says what each topology will cost before it is measured.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "comes next")]
    pub(super) fn predict(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
