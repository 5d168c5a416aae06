//! How long the rounds will still take: from the rounds that were measured, each after its kind.

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
    sides: u64,
    /// What a round takes according to the protocol, a whole one and one of headlines, seconds.
    planned: (f64, f64),
    /// Rounds of whole blocks.
    whole_rounds: u32,
    /// All rounds that are expected.
    rounds: u32,
    /// How many rounds of each extent were measured, and how long they took together, seconds.
    measured: BTreeMap<Extent, (u32, f64)>,
    measured_blocks: u64,
    now: Option<(Extent, Instant)>,
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
            Part::KnownDelay => (least, least),
            Part::KnownBurn => (least + at(true), least + at(true)),
        };
        let planned = sides.iter().map(seconds).fold((0.0, 0.0), |sum, side| (sum.0 + side.0, sum.1 + side.1));
        Self {
            sides: sides.len() as u64,
            planned,
            whole_rounds: protocol.rounds,
            rounds: protocol.rounds,
            ..Self::default()
        }
    }

    pub(super) fn begin_round(&mut self, extent: Extent) {
        self.now = Some((extent, Instant::now()));
    }

    pub(super) fn end_block(&mut self) {
        self.measured_blocks += 1;
    }

    pub(super) fn end_round(&mut self) {
        if let Some((extent, began)) = self.now.take() {
            self.book(extent, began.elapsed().as_secs_f64());
        }
    }

    fn book(&mut self, extent: Extent, seconds: f64) {
        let entry = self.measured.entry(extent).or_default();
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
        self.measured_blocks
    }

    pub(super) fn planned_blocks(&self) -> u64 {
        (u64::from(self.rounds) * self.sides).max(self.measured_blocks)
    }

    /// What the rounds that are still to come will take.
    pub(super) fn left(&self) -> Duration {
        let further = self.rounds - self.whole_rounds;
        let of = |(extent, planned, rounds): (Extent, f64, u32)| {
            let (count, seconds) = self.measured.get(&extent).copied().unwrap_or_default();
            let each = if count == 0 { planned } else { seconds / f64::from(count) };
            each * f64::from(rounds.saturating_sub(count))
        };
        let left =
            of((Extent::Whole, self.planned.0, self.whole_rounds)) + of((Extent::Headline, self.planned.1, further));
        let begun = self.now.as_ref().map_or(0.0, |(_, began)| began.elapsed().as_secs_f64());
        Duration::from_secs_f64((left - begun).max(0.0))
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
    fn time_left_follows_the_rounds_that_were_measured_and_the_rounds_that_are_expected() {
        let sides = [side("a", Part::Compared), side("a (again)", Part::Again)];
        let mut forecast = Forecast::of(&Protocol::of(Thoroughness::Full), &sides);
        assert_eq!(forecast.planned_blocks(), 20);
        assert!(forecast.left() > Duration::from_secs(60), "before the first round the protocol tells");
        for _ in 0..10 {
            forecast.book(Extent::Whole, 50.0);
            forecast.end_block();
            forecast.end_block();
        }
        assert_eq!(forecast.left().as_secs(), 0);
        forecast.expect_rounds(15);
        forecast.book(Extent::Headline, 20.0);
        forecast.end_block();
        forecast.end_block();
        assert_eq!(forecast.left().as_secs(), 4 * 20);
        assert_eq!((forecast.measured_blocks(), forecast.planned_blocks()), (22, 30));
    }
}
