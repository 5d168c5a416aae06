//! The ladder: one more thing between caller and service on each rung.

use super::Experiment;
use crate::archive::LadderRecord;

impl Experiment {
    /// Asks the program for the price of a call on each rung.
    pub(super) fn climb_the_ladder(&mut self) -> anyhow::Result<()> {
        self.display.say("asking the program for the price of a call on each rung");
        let (rungs, absent) = match self.executable.probe() {
            Ok(rungs) if rungs.is_empty() => (rungs, Some("`probe --json` printed no rungs".to_owned())),
            Ok(rungs) => (rungs, None),
            Err(error) => (Vec::new(), Some(format!("{error:#}"))),
        };
        self.run.ladder = LadderRecord { rungs, absent, ..LadderRecord::default() };
        Ok(())
    }
}
