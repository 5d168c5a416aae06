//! Signs what a browser keeps, so that it comes back as it was or not at all.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs with HMAC-SHA256 under one key. What is sealed for one purpose does not open for another.
pub(crate) struct Seal(Hmac<Sha256>);

/// A signature is 32 bytes, 43 characters without padding.
const SIGNATURE_BYTES: usize = 32;

impl Seal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The value with its signature behind a dot.
    pub(crate) fn close(&self, purpose: &str, value: &str) -> String {
        let signature = self.over(purpose, value).finalize().into_bytes();
        let mut sealed = String::with_capacity(value.len() + 1 + 43);
        sealed.push_str(value);
        sealed.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut sealed);
        sealed
    }

    /// The value inside, when its signature holds; compared in constant time.
    pub(crate) fn open<'a>(&self, purpose: &str, sealed: &'a str) -> Option<&'a str> {
        let (value, signature) = sealed.rsplit_once('.')?;
        let mut claimed = [0_u8; SIGNATURE_BYTES + 1];
        let written = URL_SAFE_NO_PAD.decode_slice(signature, &mut claimed).ok()?;
        self.over(purpose, value).verify_slice(&claimed[..written]).ok()?;
        Some(value)
    }

    fn over(&self, purpose: &str, value: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac
    }
}

/// Says that there is a key, and not which.
impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.close("session", "a.value.with.dots");
        assert_eq!(seal.open("session", &sealed), Some("a.value.with.dots"));
    }

    #[test]
    fn what_was_tampered_with_stays_shut() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.close("session", "alice");
        let (_, signature) = sealed.rsplit_once('.').unwrap();
        let wrong = [
            (format!("mallory.{signature}"), "another value"),
            ("alice.".to_owned(), "no signature"),
            ("alice".to_owned(), "no dot"),
            (format!("alice.{}", &signature[..40]), "a shortened signature"),
            (format!("alice.{signature}AAAA"), "a lengthened signature"),
            (format!("alice.{}", "A".repeat(4_000)), "a very long signature"),
            ("alice.!!!".to_owned(), "no base64"),
        ];
        for (text, reason) in wrong {
            assert_eq!(seal.open("session", &text), None, "{reason}");
        }
        assert_eq!(seal.open("account", &sealed), None, "another purpose");
        assert_eq!(Seal::new(&[8; 32]).open("session", &sealed), None, "another key");
    }
}
