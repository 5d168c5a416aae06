//! What a split may cost and what counts as a gain: the thresholds of every verdict, in one place, for the reader to change.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::UsageError;

/// The thresholds of the verdicts.
///
/// | a module is to be | when |
/// |---|---|
/// | `keep in` | taking it out is shown to cost something and gains nothing that was measured; or it costs more than `most_cpu` or `most_p99` |
/// | `split` | it gains something, and what it costs is shown to stay within `most_cpu` and `most_p99` |
/// | `no difference shown` | everything else: the run does not show enough for either |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// CPU per request that a split may take, as a multiple of the first side's.
    pub most_cpu: f64,
    /// p99 that a split may have, as a multiple of the first side's.
    pub most_p99: f64,
    /// How much larger a share of journeys must survive the module's death before that is a gain.
    pub survival: f64,
    /// The share of the time from a change to serving that must be left before that is a gain.
    pub change: f64,
    /// How many times the throughput must grow, when the module alone is multiplied, over multiplying everything, before that is a gain.
    pub scaling: f64,
    /// The share of what neighbours suffer from a flood that must be left before that is a gain.
    pub neighbours: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { most_cpu: 1.10, most_p99: 1.25, survival: 0.20, change: 0.50, scaling: 1.20, neighbours: 0.50 }
    }
}

impl Policy {
    /// Reads a TOML file in which any of the thresholds are named.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let place = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| UsageError::new(format!("{place} is not a policy that can be read: {error}")))?;
        let policy: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            UsageError::new(format!("{place}:{line}: {}", error.message()))
        })?;
        let thresholds =
            [policy.most_cpu, policy.most_p99, policy.survival, policy.change, policy.scaling, policy.neighbours];
        if thresholds.iter().any(|threshold| !threshold.is_finite() || *threshold < 0.0) {
            return Err(UsageError::new(format!("{place}: a threshold is a number from 0 up")).into());
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Policy> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, text).unwrap();
        Policy::read(&file)
    }

    #[test]
    fn what_a_policy_does_not_name_stays_as_it_is() {
        assert_eq!(read("most_cpu = 1.5\n").unwrap(), Policy { most_cpu: 1.5, ..Policy::default() });
    }

    #[test]
    fn a_wrong_word_is_named_with_its_line() {
        let told = read("most_cpu = 1.5\nmost_p95 = 2.0\n").unwrap_err().to_string();
        assert!(told.contains("policy.toml:2") && told.contains("most_p99"), "{told}");
        assert!(read("survival = -1.0\n").unwrap_err().to_string().contains("from 0 up"));
    }
}
