//! How long the rounds will still take: from the blocks that were measured, each after its kind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::block::Extent;
use crate::archive::{Part, SideRecord};
use crate::protocol::Protocol;

/// What a block costs beside its stretches, until one was measured: starting, draining, stopping, checking; seconds.
const OVERHEAD: f64 = 1.5;

/// What is known of the rounds ahead.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    /// The sides with what their blocks take according to the protocol, seconds.
    sides: Vec<(String, f64, f64)>,
    /// Rounds of whole blocks.
    whole_rounds: u32,
    /// All rounds that are expected.
    rounds: u32,
    /// How many blocks of each side and extent were measured, and how long they took together, seconds.
    measured: BTreeMap<(String, Extent), (u32, f64)>,
    now: Option<(String, Extent, Instant)>,
}

impl Forecast {
    pub(super) fn of(protocol: &Protocol, sides: &[SideRecord]) -> Self {
        let at = |headline: bool| -> f64 {
            let wanted = protocol.loads.iter().filter(|load| (load.percent == protocol.headline_load) == headline);
            wanted.map(|load| load.seconds).sum()
        };
        let own: f64 = protocol.own_loads.iter().map(|load| load.seconds).sum();
        let search = f64::from(protocol.capacity.block_steps) * protocol.capacity.step_seconds;
        let least = protocol.warm_up_seconds + OVERHEAD;
        let seconds = |side: &SideRecord| match side.part {
            Part::Compared => (least + at(true) + at(false) + own + search, least + at(true)),
            Part::Again => (least + at(true), least + at(true)),
            Part::KnownDelay | Part::KnownBurn => (least, least),
        };
        let with_seconds = |side: &SideRecord| {
            let (whole, headline) = seconds(side);
            (side.name.clone(), whole, headline)
        };
        Self {
            sides: sides.iter().map(with_seconds).collect(),
            whole_rounds: protocol.rounds,
            rounds: protocol.rounds,
            ..Self::default()
        }
    }

    pub(super) fn begin_block(&mut self, side: &SideRecord, extent: Extent) {
        self.now = Some((side.name.clone(), extent, Instant::now()));
    }

    pub(super) fn end_block(&mut self) {
        if let Some((side, extent, began)) = self.now.take() {
            self.book(side, extent, began.elapsed().as_secs_f64());
        }
    }

    fn book(&mut self, side: String, extent: Extent, seconds: f64) {
        let entry = self.measured.entry((side, extent)).or_default();
        entry.0 += 1;
        entry.1 += seconds;
    }

    /// Takes note of how many rounds there will probably be.
    pub(super) fn expect_rounds(&mut self, rounds: u32) {
        self.rounds = rounds.max(self.whole_rounds);
    }

    pub(super) fn rounds(&self) -> u32 {
        self.rounds
    }

    pub(super) fn measured_blocks(&self) -> u64 {
        self.measured.values().map(|(count, _)| u64::from(*count)).sum()
    }

    pub(super) fn planned_blocks(&self) -> u64 {
        (u64::from(self.rounds) * self.sides.len() as u64).max(self.measured_blocks())
    }

    /// What the blocks that are still to come will take; none before anything was measured.
    pub(super) fn left(&self) -> Option<Duration> {
        if self.measured.is_empty() {
            return None;
        }
        let mut left = 0.0;
        for (side, whole, headline) in &self.sides {
            let further = self.rounds - self.whole_rounds;
            for (extent, planned, rounds) in
                [(Extent::Whole, whole, self.whole_rounds), (Extent::Headline, headline, further)]
            {
                let (count, seconds) = self.measured.get(&(side.clone(), extent)).copied().unwrap_or_default();
                let each = if count == 0 { *planned } else { seconds / f64::from(count) };
                left += each * f64::from(rounds.saturating_sub(count));
            }
        }
        let begun = self.now.as_ref().map_or(0.0, |(_, _, began)| began.elapsed().as_secs_f64());
        Some(Duration::from_secs_f64((left - begun).max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Thoroughness;

    fn side(name: &str, part: Part) -> SideRecord {
        SideRecord {
            name: name.to_owned(),
            topology: "monolith".to_owned(),
            part,
            environment: BTreeMap::new(),
            stranger: None,
        }
    }

    #[test]
    fn time_left_follows_the_blocks_that_were_measured_and_the_rounds_that_are_expected() {
        let sides = [side("a", Part::Compared), side("a (again)", Part::Again)];
        let mut forecast = Forecast::of(&Protocol::of(Thoroughness::Full), &sides);
        assert_eq!((forecast.planned_blocks(), forecast.left()), (20, None));
        for _ in 0..10 {
            forecast.book("a".to_owned(), Extent::Whole, 40.0);
            forecast.book("a (again)".to_owned(), Extent::Whole, 10.0);
        }
        assert_eq!(forecast.left().unwrap().as_secs(), 0);
        forecast.expect_rounds(15);
        forecast.book("a".to_owned(), Extent::Headline, 12.0);
        forecast.book("a (again)".to_owned(), Extent::Headline, 8.0);
        assert_eq!(forecast.left().unwrap().as_secs(), 4 * (12 + 8));
        assert_eq!((forecast.measured_blocks(), forecast.planned_blocks()), (22, 30));
    }
}
