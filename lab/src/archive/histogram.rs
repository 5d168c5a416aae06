//! Histograms in HdrHistogram's V2 encoding (compressed, base64), which other tools read too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as HistogramReader, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

/// A histogram as it is kept in `run.json`; values are microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredHistogram(String);

impl StoredHistogram {
    /// Encodes a histogram.
    pub fn encode(histogram: &Histogram<u64>) -> Self {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram, &mut bytes)
            .expect("a histogram of u64 counts below 2^63 can be written to memory");
        Self(STANDARD.encode(bytes))
    }

    /// Decodes the histogram.
    pub fn decode(&self) -> anyhow::Result<Histogram<u64>> {
        let bytes = STANDARD.decode(&self.0).map_err(|error| anyhow::anyhow!("a histogram is not base64: {error}"))?;
        HistogramReader::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| anyhow::anyhow!("a histogram cannot be decoded: {error:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::new_histogram;

    #[test]
    fn a_histogram_comes_back_with_every_count_and_looks_as_other_tools_expect() {
        let mut histogram = new_histogram();
        for value in [1, 2, 3, 1_000, 1_000, 59_000_000] {
            histogram.record(value).unwrap();
        }
        let stored = StoredHistogram::encode(&histogram);
        assert!(stored.0.starts_with("HIST"), "the marker of compressed V2 histograms: {}", stored.0);
        let back = stored.decode().unwrap();
        assert_eq!((back.len(), back.value_at_quantile(0.5)), (6, histogram.value_at_quantile(0.5)));
        assert_eq!(back.max(), histogram.max());
    }

    #[test]
    fn a_broken_histogram_is_an_error() {
        assert!(StoredHistogram("HIST!".to_owned()).decode().is_err());
        assert!(StoredHistogram("AAAA".to_owned()).decode().is_err());
    }
}
