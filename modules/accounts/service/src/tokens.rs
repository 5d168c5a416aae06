//! What a browser keeps to be known again: 256 random bits, of which only a hash is stored.

use std::fmt::Write as _;

use accounts_contract::Token;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

/// Bytes of a token.
const BYTES: usize = 32;

/// A token nobody had before, and nobody guesses.
pub(crate) fn fresh() -> Token {
    let mut bytes = [0; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    Token(hexadecimal(&bytes))
}

/// Says whether this could be a token at all.
pub(crate) fn is_possible(token: &Token) -> bool {
    token.0.len() == 2 * BYTES && token.0.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is stored of a token. There is nothing to guess in 256 random bits, so a fast hash without salt will do.
pub(crate) fn hash(token: &Token) -> String {
    hexadecimal(&Sha256::digest(token.0.as_bytes()))
}

/// Bytes as small hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_another_and_its_hash_does_not_show_it() {
        let (one, other) = (fresh(), fresh());

        assert!(is_possible(&one) && is_possible(&other));
        assert!(one != other && hash(&one) != hash(&other));
        assert!(!hash(&one).contains(&one.0));
    }

    #[test]
    fn what_cannot_be_a_token_is_told_apart() {
        for (text, reason) in [
            (String::new(), "nothing"),
            ("0".repeat(63), "too short"),
            ("0".repeat(65), "too long"),
            ("G".repeat(64), "no digits"),
            ("ü".repeat(32), "not ASCII"),
        ] {
            assert!(!is_possible(&Token(text)), "{reason}");
        }
    }
}
