//! How groups know one another: pairwise keys, and proofs that only their holders can make.
//!
//! Whoever starts a topology draws one [`Secret`]. From it follows a key for each ordered pair of groups,
//! `key(caller, callee) = HMAC-SHA256(secret, caller ‖ 0 ‖ callee)`, and each process is given only the keys of the pairs it is
//! part of: a process that is taken over can pretend to be nobody else. A proof names its caller, the time and a nonce, and is
//! bound to the path it was made for. It proves who calls; it does not hide or seal what is said, which is TLS's work.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

/// How far the clocks of two machines may differ, and how long a proof can be used: two minutes.
const PROOF_HOLDS: Duration = Duration::from_secs(120);

/// How many openings are remembered against replay; beyond that the oldest window is forgotten early.
const REMEMBERED: usize = 65_536;

/// What all keys of a topology follow from. It never leaves the process that draws it.
pub struct Secret([u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl Secret {
    /// Draws a secret.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A secret that was drawn elsewhere, for groups that are started apart from one another.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What `group` needs to be known by, and to know, each of `groups`. To ask itself, it must be among them.
    pub fn identity<G: AsRef<str>>(&self, group: &str, groups: &[G]) -> Identity {
        let pairs = groups.iter().map(|other| {
            let other = other.as_ref();
            (other.to_owned(), Pair { to: self.key(group, other), from: self.key(other, group) })
        });
        Identity(Arc::new(Held { group: group.to_owned(), open: false, pairs: pairs.collect() }))
    }

    fn key(&self, caller: &str, callee: &str) -> Key {
        Key(mac(&self.0, &[caller.as_bytes(), b"\0", callee.as_bytes()]).finalize().into_bytes().into())
    }
}

/// Who a process is, and the keys that prove it. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Held>);

#[derive(Serialize, Deserialize)]
struct Held {
    group: String,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    pairs: BTreeMap<String, Pair>,
}

#[derive(Serialize, Deserialize)]
struct Pair {
    to: Key,
    from: Key,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Key([u8; 32]);

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held { group, open, pairs } = &*self.0;
        write!(formatter, "Identity({group}, {} keys{})", pairs.len(), if *open { ", open" } else { "" })
    }
}

/// Why a text is no identity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is not an identity as `up` writes it: {0}")]
pub struct IdentityError(String);

/// Why a caller is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// No proof came, and this process is not open.
    #[error("no proof of who calls: send `authorization: Cleave ...` or `authorization: Bearer ...`")]
    NoProof,
    /// A proof came that cannot be read.
    #[error("the proof of who calls cannot be read")]
    Unreadable,
    /// The proof names a group this process shares no key with.
    #[error("the proof names a group that is not part of this topology")]
    UnknownGroup,
    /// The proof was not made with the group's key, or for another path or callee.
    #[error("the proof was not made with that group's key for this callee and path")]
    Forged,
    /// The proof is too old, or the clocks of the two machines differ by more than two minutes.
    #[error("the proof is older than two minutes, or the two clocks differ by more")]
    Stale,
    /// The proof has been used before.
    #[error("the proof has been used before")]
    Replayed,
    /// The group may not speak in the name of that module.
    #[error("the caller named is no module of the calling group")]
    NotItsModule,
}

impl Identity {
    /// A process that proves nothing and lets everybody in, for a topology that says `open = true`.
    pub fn open(group: &str) -> Self {
        Self(Arc::new(Held { group: group.to_owned(), open: true, pairs: BTreeMap::new() }))
    }

    /// The group's name.
    pub fn group(&self) -> &str {
        &self.0.group
    }

    /// Whether everybody is let in.
    pub fn is_open(&self) -> bool {
        self.0.open
    }

    /// The identity as one line of text, for the environment of a child. It holds keys.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&*self.0).expect("an identity is names and hexadecimal text")
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    pub fn from_text(text: &str) -> Result<Self, IdentityError> {
        serde_json::from_str(text).map(|held| Self(Arc::new(held))).map_err(|error| IdentityError(error.to_string()))
    }

    /// The token with which a person may ask `callee` in this group's name by curl: `authorization: Bearer <token>`.
    ///
    /// Unlike a proof it does not expire. `None` when the two share no key.
    pub fn bearer(&self, callee: &str) -> Option<String> {
        let pair = self.0.pairs.get(callee)?;
        Some(format!("{}:{}", self.group(), hexadecimal(&bearer_mac(&pair.to).finalize().into_bytes())))
    }

    /// The header that proves this group to `callee` for one request to `path`; `None` when the two share no key.
    pub fn authorization(&self, callee: &str, path: &str) -> Option<(&'static str, String)> {
        self.proof(callee, path).map(|proof| ("authorization", proof))
    }

    pub(crate) fn proof(&self, callee: &str, path: &str) -> Option<String> {
        let pair = self.0.pairs.get(callee)?;
        let mut nonce = [0; 16];
        rand::rng().fill_bytes(&mut nonce);
        let issued = unix_seconds();
        let proof = proof_mac(&pair.to, self.group(), callee, path, issued, &nonce).finalize().into_bytes();
        Some(format!("Cleave {}:{issued}:{}:{}", self.group(), hexadecimal(&nonce), hexadecimal(&proof)))
    }

    /// Checks the proof of a caller and gives its group.
    ///
    /// An open process lets everybody in under the name `claimed`.
    pub(crate) fn check(&self, proof: Option<&str>, path: &str, claimed: Option<&str>) -> Result<Proven, Refused> {
        if self.is_open() {
            return Ok(Proven { group: claimed.unwrap_or("anyone").to_owned(), nonce: None });
        }
        let proof = proof.ok_or(Refused::NoProof)?;
        if let Some(token) = proof.strip_prefix("Bearer ") {
            return self.check_bearer(token.trim());
        }
        let mut parts = proof.strip_prefix("Cleave ").ok_or(Refused::Unreadable)?.rsplitn(4, ':');
        let mut part = || parts.next().ok_or(Refused::Unreadable);
        let (proof, nonce, issued, group) = (part()?, part()?, part()?, part()?);
        let proof = from_hexadecimal::<32>(proof).ok_or(Refused::Unreadable)?;
        let nonce = from_hexadecimal::<16>(nonce).ok_or(Refused::Unreadable)?;
        let issued: u64 = issued.parse().map_err(|_| Refused::Unreadable)?;
        let pair = self.0.pairs.get(group).ok_or(Refused::UnknownGroup)?;
        proof_mac(&pair.from, group, self.group(), path, issued, &nonce)
            .verify_slice(&proof)
            .map_err(|_| Refused::Forged)?;
        if unix_seconds().abs_diff(issued) > PROOF_HOLDS.as_secs() {
            return Err(Refused::Stale);
        }
        Ok(Proven { group: group.to_owned(), nonce: Some(nonce) })
    }

    fn check_bearer(&self, token: &str) -> Result<Proven, Refused> {
        let (group, written) = token.rsplit_once(':').ok_or(Refused::Unreadable)?;
        let written = from_hexadecimal::<32>(written).ok_or(Refused::Unreadable)?;
        let pair = self.0.pairs.get(group).ok_or(Refused::UnknownGroup)?;
        bearer_mac(&pair.from).verify_slice(&written).map_err(|_| Refused::Forged)?;
        Ok(Proven { group: group.to_owned(), nonce: None })
    }
}

/// A caller whose group is certain.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) group: String,
    pub(crate) nonce: Option<[u8; 16]>,
}

/// The openings of the last minutes, so that a line cannot be opened twice with one proof.
#[derive(Debug, Default)]
pub(crate) struct UsedProofs(Mutex<HashMap<[u8; 16], u64>>);

impl UsedProofs {
    /// Notes a proof; fails when it has been used before.
    pub(crate) fn note(&self, proven: &Proven) -> Result<(), Refused> {
        let Some(nonce) = proven.nonce else { return Ok(()) };
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = unix_seconds();
        if used.len() >= REMEMBERED {
            used.retain(|_, seen| now.abs_diff(*seen) <= 2 * PROOF_HOLDS.as_secs());
            if used.len() >= REMEMBERED {
                used.clear();
            }
        }
        match used.insert(nonce, now) {
            None => Ok(()),
            Some(_) => Err(Refused::Replayed),
        }
    }
}

type Sealing = Hmac<Sha256>;

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Sealing {
    let mut mac = Sealing::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn bearer_mac(key: &Key) -> Sealing {
    mac(&key.0, &[b"cleave bearer"])
}

fn proof_mac(key: &Key, caller: &str, callee: &str, path: &str, issued: u64, nonce: &[u8; 16]) -> Sealing {
    let issued = issued.to_le_bytes();
    mac(
        &key.0,
        &[
            b"cleave proof\0",
            caller.as_bytes(),
            b"\0",
            callee.as_bytes(),
            b"\0",
            path.as_bytes(),
            b"\0",
            &issued,
            nonce,
        ],
    )
}

/// Time of day, which two machines can compare; never used for waiting.
#[expect(clippy::disallowed_methods, reason = "a proof is bound to the time of day; tests of proofs do not move it")]
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hexadecimal<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    if text.len() != 2 * LENGTH || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        hexadecimal(&key.0)
    }
}

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        from_hexadecimal(&text).map(Self).ok_or("a key is 64 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests;
