//! How the currency module answers: from a handful of rates in memory, with integers alone.
//!
//! An amount goes from one currency to another through the euro in one exact step and is rounded once, at the end.

pub mod seed;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use currency_contract::{CurrencyError, CurrencyService};
use runtime::Database;
use sea_orm::DbErr;
use seam::{Call, Outcome};
use vocabulary::{Currency, Money};

/// The exchange office. Cheap to clone.
#[derive(Clone)]
pub struct CurrencyModule {
    rates: Arc<Rates>,
}

/// What a euro is worth.
struct Rates {
    /// The currencies in the order they are shown.
    shown: Vec<Currency>,
    /// Millionths of a currency for one euro.
    micros_per_euro: BTreeMap<Currency, i64>,
}

impl CurrencyModule {
    /// Loads the rates from the migrated database.
    ///
    /// # Errors
    /// When the database refuses, or holds a code that is none.
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        let rates = table::load(database.reader()).await?;
        let shown = rates.iter().map(|(currency, _)| *currency).collect();
        Ok(Self { rates: Arc::new(Rates { shown, micros_per_euro: rates.into_iter().collect() }) })
    }
}

impl Rates {
    fn of(&self, currency: Currency) -> Result<i64, CurrencyError> {
        self.micros_per_euro.get(&currency).copied().ok_or(CurrencyError::Unsupported { currency })
    }

    fn convert(&self, amount: Money, to: Currency) -> Result<Money, CurrencyError> {
        let (numerator, denominator) = (self.of(to)?, self.of(amount.currency)?);
        amount.exchange(to, numerator, denominator).map_err(|_| CurrencyError::TooLarge)
    }
}

impl CurrencyService for CurrencyModule {
    async fn supported(&self, _call: &Call) -> Outcome<Vec<Currency>, CurrencyError> {
        Ok(self.rates.shown.clone())
    }

    async fn convert_many(
        &self,
        _call: &Call,
        amounts: Vec<Money>,
        to: Currency,
    ) -> Outcome<Vec<Money>, CurrencyError> {
        self.rates.of(to)?;
        let converted: Result<Vec<Money>, CurrencyError> =
            amounts.into_iter().map(|amount| self.rates.convert(amount, to)).collect();
        Ok(converted?)
    }
}

#[cfg(test)]
mod tests;
