//! Passwords: hashed with Argon2id (RFC 9106) in the strength that OWASP asks for, off the workers.

use std::{fmt::Display, num::NonZero, sync::Arc, thread};

use accounts_contract::Password;
use argon2::{
    Argon2,
    password_hash::{Error, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task};

/// The hash of a password nobody knows, of the same strength as all others: what the password of an unknown address is
/// compared with, so that the answer takes as long.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$0w8gfc2L0MreOtlG32sigQ$vCsghdZOkZ7loJnaGXjPBKAxHZyg3V1vDPsUPP5/njg";

/// Says whether somebody may have such a password.
pub(crate) fn is_acceptable(password: &Password) -> bool {
    (8..=200).contains(&password.0.chars().count())
}

/// Hashes and compares, as many at a time as there are cores. Whoever stops waiting leaves the queue.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }
}

impl Passwords {
    /// What is stored of a password.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, impl Display + use<>> {
        let hashed = self.in_turn(move || {
            let hash: PasswordHash = Argon2::default().hash_password(password.0.as_bytes())?;
            Ok(hash.to_string())
        });
        hashed.await
    }

    /// Compares a password with what is stored of the right one; without that, does the same work and says no.
    pub(crate) async fn matches(&self, password: Password, hash: Option<String>) -> Result<bool, impl Display + use<>> {
        // Nobody has such a password, and hashing a long one would take longer.
        let hash = hash.filter(|_| is_acceptable(&password));
        let typed = if is_acceptable(&password) { password.0 } else { String::new() };
        let compared = self.in_turn(move || {
            let is_known = hash.is_some();
            let right = PasswordHash::new(hash.as_deref().unwrap_or(DECOY)).map_err(|_| Error::EncodingInvalid)?;
            match Argon2::default().verify_password(typed.as_bytes(), &right) {
                Ok(()) => Ok(is_known),
                Err(Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error),
            }
        });
        compared.await
    }

    /// Does costly work on a thread of its own when it is its turn; the turn is over when the work is, even if nobody waits
    /// for it any more.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, String> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|closed| closed.to_string())?;
        let done = task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        let done = done.await.map_err(|error| format!("hashing a password was cut off: {error}"))?;
        done.map_err(|error| format!("a password could not be hashed: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::default();
        let hash = passwords.hash(password("correct horse")).await.ok().unwrap();

        for (typed, is_right) in [("correct horse", true), ("correct horsf", false), ("", false)] {
            let matches = passwords.matches(password(typed), Some(hash.clone())).await;
            assert_eq!(matches.ok(), Some(is_right), "{typed:?}");
        }
        assert!(!hash.contains("horse"));
    }

    #[tokio::test]
    async fn an_unknown_address_is_compared_with_a_hash_as_strong_as_all_others() {
        let passwords = Passwords::default();
        let fresh = passwords.hash(password("correct horse")).await.ok().unwrap();
        let (fresh, decoy) = (PasswordHash::new(&fresh).unwrap(), PasswordHash::new(DECOY).unwrap());

        assert_eq!((fresh.algorithm, fresh.version, &fresh.params), (decoy.algorithm, decoy.version, &decoy.params));
        assert_eq!(passwords.matches(password("correct horse"), None).await.ok(), Some(false));
    }

    #[test]
    fn a_password_has_eight_to_two_hundred_characters() {
        for (length, acceptable) in [(0, false), (7, false), (8, true), (200, true), (201, false)] {
            assert_eq!(is_acceptable(&password(&"ü".repeat(length))), acceptable, "{length} characters");
        }
    }
}
