//! What may be asked about currencies: which there are, and what an amount is worth in another.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Currency as CurrencyCode, Money};

/// What money is worth.
#[seam::contract]
pub trait Currency {
    /// The currencies a visitor may choose, in the order they are shown.
    #[read]
    async fn supported(&self, call: &Call) -> Result<Vec<CurrencyCode>, CurrencyError>;

    /// The amounts in the currency `to`, in the order given, each rounded half to even to its minor unit.
    #[read]
    async fn convert_many(
        &self,
        call: &Call,
        amounts: Vec<Money>,
        to: CurrencyCode,
    ) -> Result<Vec<Money>, CurrencyError>;
}

/// Why an amount cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CurrencyError {
    /// There is no rate for the currency.
    #[error("{currency} cannot be converted: there is no rate for it")]
    Unsupported {
        /// The currency without a rate.
        currency: CurrencyCode,
    },
    /// The result does not fit.
    #[error("the amount is too large to convert")]
    TooLarge,
}
