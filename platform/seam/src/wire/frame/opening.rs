//! The first frame in each direction: what each accepts, and what both believe the contracts to be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Descriptor;

/// What a caller says first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// The longest frame the caller accepts, in bytes.
    pub(crate) largest_frame: u32,
    /// Answers to reads that are longer than this are asked for by a plain POST, in bytes.
    pub(crate) large_answer: u32,
    /// The modules that have asked on this line before, in the order of their numbers.
    #[serde(default)]
    pub(crate) callers: Vec<String>,
    /// The contracts the caller asks, each with its fingerprint.
    #[serde(default)]
    pub(crate) contracts: BTreeMap<String, u32>,
}

/// What the callee says to an opening it accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// The longest frame the callee accepts, in bytes.
    pub(crate) largest_frame: u32,
    /// Contracts the caller named that the callee does not answer, or knows in another version.
    #[serde(default)]
    pub(crate) differing: Vec<String>,
}

/// A short form of all that two versions of a contract must agree on.
///
/// Types count as they are written: a difference is worth a line in the log, not a refusal, because both codecs tolerate added
/// fields and variants.
pub(crate) fn contract_fingerprint(contract: &Descriptor) -> u32 {
    let mut hash = super::super::Fnv::default();
    for method in contract.methods {
        hash.add(method.name);
        for (name, of) in method.arguments {
            hash.add(name);
            hash.add(of);
        }
        hash.add(method.answer);
        hash.add(method.error);
    }
    hash.finish()
}
