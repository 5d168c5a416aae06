//! A small seeded generator of our own, so that a trace recorded today can be made again by any later version.

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): 64 bits of state, every seed is a good one.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Starts from a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Starts a stream that belongs to `purpose` and `number`, independent of other streams from the same seed.
    pub(crate) fn stream(seed: u64, purpose: &str, number: u64) -> Self {
        // FNV-1a keeps the purpose readable in the code and stable across versions, which std's hasher is not.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in purpose.bytes().chain(seed.to_le_bytes()).chain(number.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut random = Self::new(hash);
        random.next();
        random
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A fraction in `[0, 1)`.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        debug_assert!(low <= high);
        let span = (high - low).wrapping_add(1);
        // The bias of the multiplication is below 2^-32 for the spans that workloads use.
        if span == 0 { self.next() } else { low + ((u128::from(self.next()) * u128::from(span)) >> 64) as u64 }
    }

    /// A draw from the exponential distribution with the given mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.fraction()).ln() * mean
    }

    /// Picks an index by cumulative weights, whose last entry is their sum.
    pub(crate) fn weighted(&mut self, cumulative: &[f64]) -> usize {
        let Some(sum) = cumulative.last() else { return 0 };
        let draw = self.fraction() * sum;
        cumulative.partition_point(|edge| *edge <= draw).min(cumulative.len() - 1)
    }

    /// Puts the items into a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.between(0, last as u64) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::new(42);
        assert_eq!([random.next(), random.next()], [13_679_457_532_755_275_413, 2_949_826_092_126_892_291]);
        let draw = |purpose| Random::stream(7, purpose, 1).next();
        assert_eq!(draw("arrivals"), draw("arrivals"));
        assert_ne!(draw("arrivals"), draw("order"));
    }

    #[test]
    fn draws_have_the_mean_and_the_range_they_promise() {
        let mut random = Random::new(1);
        let n = 200_000;
        let mean = (0..n).map(|_| random.exponential(3.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 3.0).abs() < 0.05, "{mean}");
        assert!((0..1000).all(|_| (5..=7).contains(&random.between(5, 7))));
        let picks = (0..n).filter(|_| random.weighted(&[1.0, 1.0, 4.0]) == 2).count();
        assert!((picks as f64 / f64::from(n) - 0.75).abs() < 0.01);
        assert!((0..1000).all(|_| random.weighted(&[1.0, 1.0, 4.0]) != 1), "a weight of nothing is never picked");
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..50).collect();
        Random::new(3).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
