//! The traced pass: what every edge carries, and what each request waits for.

use super::Experiment;

impl Experiment {
    /// Traces every call of each compared side for a while.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "comes next")]
    pub(super) fn keep_accounts(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
