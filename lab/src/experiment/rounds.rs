//! The rounds: every side has one block in each, in an order drawn anew, until there are enough.

use std::time::Instant;

use super::Experiment;
use super::block::Extent;
use crate::analysis::{Company, widths};
use crate::protocol::Stopped;
use crate::random::Random;
use crate::statistics::StopReason;

impl Experiment {
    /// Measures rounds until the protocol says that they are enough, and records why they ended.
    pub(super) fn rounds(&mut self) -> anyhow::Result<()> {
        self.display.begin_rounds(&self.run.protocol, &self.run.sides);
        let began = Instant::now();
        let mut rounds = 0;
        let ended = self.measure_rounds(began, &mut rounds);
        let reason = *ended.as_ref().unwrap_or(&StopReason::Interrupted);
        let stopped = Stopped { rounds, seconds: began.elapsed().as_secs_f64(), reason, widths: widths(&self.run) };
        self.display.end_rounds();
        self.display.say(&stopped.in_words());
        self.run.protocol.stopped = Some(stopped);
        ended.map(|_| ())
    }

    fn measure_rounds(&mut self, began: Instant, rounds: &mut u32) -> anyhow::Result<StopReason> {
        for round in 1.. {
            // Further rounds make the headline's intervals narrower, which is all that they are for.
            let extent = if round <= self.run.protocol.rounds { Extent::Whole } else { Extent::Headline };
            if !self.round(round, extent)? {
                break;
            }
            *rounds = round;
            self.keep();
            let widths = widths(&self.run);
            let first = self.run.compared().next().map_or("", |side| side.name.as_str());
            self.display.end_round(&self.run.protocol, round, first, &widths);
            let of_round = self.run.blocks.iter().filter(|block| block.round == round);
            if let Some(taken) = Company::of(of_round).in_words() {
                self.display.say(&format!("round {round}: other work took {taken}; a quiet machine tells more"));
            }
            let reason = match &self.run.protocol.stopping {
                Some(rule) => rule.decide(round, began.elapsed().as_secs_f64(), &widths),
                None => (round >= self.run.protocol.rounds).then_some(StopReason::Fixed),
            };
            if let Some(reason) = reason {
                return Ok(reason);
            }
        }
        Ok(StopReason::Interrupted)
    }

    /// Measures a round; says whether it is whole.
    fn round(&mut self, round: u32, extent: Extent) -> anyhow::Result<bool> {
        let mut order: Vec<usize> = (0..self.run.sides.len()).collect();
        Random::stream(self.run.seed, "order", u64::from(round)).shuffle(&mut order);
        self.display.begin_round(&self.run.protocol, round, extent);
        let together = self.at_once(order.len());
        for (number, together_now) in order.chunks(together).enumerate() {
            if self.stopped() {
                return Ok(false);
            }
            let sides: Vec<_> = together_now.iter().map(|side| &self.run.sides[*side]).collect();
            let blocks = self.blocks(round, (number * together) as u32 + 1, &sides, extent)?;
            // A block that was cut short is not a block; one that came to its check is whole.
            let are_whole = blocks.iter().all(|block| block.verification.is_some());
            self.run.blocks.extend(blocks.into_iter().filter(|block| block.verification.is_some()));
            if !are_whole {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
