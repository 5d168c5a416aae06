//! How often a password may be guessed: a bucket of attempts per address, in memory.
//!
//! An attempt is taken before the password is looked at, so that guessing at once gains nothing, and all are given back
//! when one was right. Addresses are forgotten when their bucket is full again. Each replica counts for itself.

use std::{
    collections::{HashMap, hash_map::RandomState},
    fmt,
    hash::BuildHasher as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Of how many addresses attempts are remembered. Beyond, those are forgotten that would have to wait least.
const MOST_ADDRESSES: usize = 10_000;

pub(crate) struct Attempts {
    at_once: u32,
    every: Duration,
    /// When the bucket of an address will be full again, by a keyed hash of the address.
    full_at: Mutex<HashMap<u64, Instant>>,
    key: RandomState,
}

impl Attempts {
    /// Lets so many attempts through at once, and one more each time so much time has passed.
    pub(crate) fn new(at_once: u32, every: Duration) -> Self {
        Self { at_once: at_once.max(1), every, full_at: Mutex::default(), key: RandomState::new() }
    }

    /// Takes an attempt, or says how long to wait for the next.
    pub(crate) fn begin(&self, address: &str, now: Instant) -> Result<(), Duration> {
        let mut addresses = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let address = self.key.hash_one(address);
        let full_at = addresses.get(&address).copied().unwrap_or(now).max(now) + self.every;
        let wait = full_at.duration_since(now).saturating_sub(self.every * self.at_once);
        if !wait.is_zero() {
            return Err(wait);
        }
        if addresses.len() >= MOST_ADDRESSES && !addresses.contains_key(&address) {
            make_room(&mut addresses, now);
        }
        addresses.insert(address, full_at);
        Ok(())
    }

    /// Forgets the attempts for an address whose password was right.
    pub(crate) fn succeeded(&self, address: &str) {
        let mut addresses = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.remove(&self.key.hash_one(address));
    }
}

/// Forgets addresses whose buckets are full again, and at least a tenth: those whose are soonest.
fn make_room(addresses: &mut HashMap<u64, Instant>, now: Instant) {
    addresses.retain(|_, full_at| *full_at > now);
    if addresses.len() < MOST_ADDRESSES {
        return;
    }
    let mut soonest: Vec<(Instant, u64)> = addresses.iter().map(|(address, full_at)| (*full_at, *address)).collect();
    soonest.sort_unstable();
    for (_, address) in soonest.into_iter().take(MOST_ADDRESSES / 10) {
        addresses.remove(&address);
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Attempts")
            .field("at_once", &self.at_once)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn after_so_many_attempts_one_has_to_wait() {
        let (attempts, now) = (Attempts::new(3, MINUTE), Instant::now());

        for _ in 0..3 {
            assert_eq!(attempts.begin("one", now), Ok(()));
        }
        assert_eq!(attempts.begin("one", now), Err(MINUTE));
        assert_eq!(attempts.begin("one", now + MINUTE / 2), Err(MINUTE / 2), "a refused attempt costs nothing");
        assert_eq!(attempts.begin("other", now), Ok(()), "somebody else");
        assert_eq!(attempts.begin("one", now + MINUTE), Ok(()));
        assert_eq!(attempts.begin("one", now + MINUTE), Err(MINUTE));
    }

    #[test]
    fn who_was_right_has_all_attempts_again() {
        let (attempts, now) = (Attempts::new(2, MINUTE), Instant::now());
        attempts.begin("one", now).unwrap();
        attempts.begin("one", now).unwrap();

        attempts.succeeded("one");

        assert_eq!(attempts.begin("one", now), Ok(()));
        assert_eq!(attempts.begin("one", now), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_keeps_those_who_guessed_most() {
        let (attempts, now) = (Attempts::new(2, MINUTE), Instant::now());
        attempts.begin("guessed", now).unwrap();
        attempts.begin("guessed", now).unwrap();

        for number in 0..3 * MOST_ADDRESSES {
            attempts.begin(&number.to_string(), now).unwrap();
        }

        assert!(attempts.full_at.lock().unwrap().len() <= MOST_ADDRESSES);
        assert_eq!(attempts.begin("guessed", now), Err(MINUTE));
    }
}
