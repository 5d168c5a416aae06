//! What the sides' CPUs did for others while the sides were timed.

use crate::archive::Block;

/// Shares of the time that was timed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Company {
    /// What went to other programs, to other machines of the same host, and to the kernel's work for nobody in particular.
    pub taken: f64,
    /// What of it the host gave to other machines.
    pub by_host: f64,
}

impl Company {
    /// The share from which on it is pointed out.
    pub(crate) const LIMIT: f64 = 0.05;

    /// Over all loads of these blocks.
    pub(crate) fn of<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Self {
        let (mut taken, mut by_host, mut seconds) = (0.0, 0.0, 0.0);
        for point in blocks.into_iter().flat_map(|block| &block.points) {
            taken += point.foreign_cpu_share * point.seconds;
            by_host += point.stolen_cpu_share * point.seconds;
            seconds += point.seconds;
        }
        let share = |of: f64| if seconds > 0.0 { of / seconds } else { 0.0 };
        Self { taken: share(taken), by_host: share(by_host) }
    }

    /// `12 % of the sides' CPUs, most of it for other machines of the same host`, when it is worth to be said.
    pub(crate) fn in_words(self) -> Option<String> {
        let whose =
            if self.by_host > self.taken / 2.0 { ", most of it for other machines of the same host" } else { "" };
        (self.taken > Self::LIMIT).then(|| format!("{:.0} % of the sides' CPUs{whose}", self.taken * 100.0))
    }
}
