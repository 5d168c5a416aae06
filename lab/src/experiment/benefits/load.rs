//! Load beside which something happens: single journeys of visitors who are patient for half a second.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::{Experiment, TRACES};
use crate::generator::{Drive, Measured, Pacing, Progress, Think, drive_unobserved};
use crate::side::{RunningSide, prefer_generator};
use crate::workload::{Arrivals, Trace, TraceOptions, Workload};

/// An answer that takes longer is not in time.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// The generator looks for those who have lost patience this often, and a little later on a machine that is busy elsewhere.
pub(super) const SLACK: Duration = Duration::from_millis(100);
/// How often a shop is asked whether it is well again.
const ASK_EVERY: Duration = Duration::from_millis(100);

impl Experiment {
    /// Single journeys by weight at a constant rate: each is a visitor of its own, so that a failure takes nothing else with it.
    pub(super) fn single_journeys(&self, workload: &Workload, number: u64, rate: f64, seconds: f64) -> Trace {
        let arrivals = Arrivals::Open { requests_per_second: rate, seconds };
        Trace::draw(workload, TraceOptions { seed: self.run.seed, number: TRACES + number, arrivals })
    }

    /// Drives a trace while something else happens on this thread, which is told when the drive began.
    pub(super) fn drive_beside<T>(
        &self,
        side: &RunningSide,
        (workload, trace, pacing): (&Workload, &Trace, Pacing),
        beside: impl FnOnce(Instant) -> T,
    ) -> anyhow::Result<(Measured, T)> {
        let progress = Progress::default();
        let drive = Drive {
            target: &side.target,
            workload,
            trace,
            pacing,
            think: Think::Never,
            timed_from_ns: 0,
            request_limit: PATIENCE,
            drain_limit: PATIENCE + Duration::from_millis(200),
            traced: None,
            log: None,
            stop: &self.stop,
            progress: &progress,
        };
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            let drive = &drive;
            let driving = scope.spawn(move || {
                prefer_generator();
                let _ = sender.send(Instant::now());
                drive_unobserved(drive)
            });
            let happened = beside(receiver.recv().unwrap_or_else(|_| Instant::now()));
            let measured = driving.join().map_err(|_| anyhow::anyhow!("the generator's thread panicked"))??;
            Ok((measured, happened))
        })
    }

    /// Lets caches and pools fill.
    pub(super) fn warm_modestly(&self, side: &RunningSide) -> anyhow::Result<()> {
        let seconds = self.run.protocol.warm_up_seconds;
        let trace = self.single_journeys(&self.workload, 0, self.modest_rps(), seconds);
        self.drive_beside(side, (&self.workload, &trace, Pacing::Arrivals), |_| ())?;
        Ok(())
    }

    /// Whether a visitor is served rightly again within the time: asked by whole sessions, one after another.
    pub(super) fn is_well_within(&self, side: &RunningSide, within: Duration) -> anyhow::Result<bool> {
        let until = Instant::now() + within;
        let options =
            TraceOptions { seed: self.run.seed, number: TRACES + 1, arrivals: Arrivals::Closed { sessions: 1 } };
        let trace = Trace::draw(&self.workload, options);
        while !self.stopped() {
            let pacing = Pacing::Returning { visitors: 1, until: None };
            let (measured, ()) = self.drive_beside(side, (&self.workload, &trace, pacing), |_| ())?;
            if measured.failed == 0 && measured.answered > 0 {
                return Ok(true);
            }
            if Instant::now() > until {
                return Ok(false);
            }
            self.pause(ASK_EVERY);
        }
        Ok(false)
    }
}
