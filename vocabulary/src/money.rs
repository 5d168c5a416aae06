//! Money: integer minor units with a currency, never a float.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "compact_str::CompactString", into = "compact_str::CompactString")]
pub struct Currency([u8; 3]);

/// What was given is no currency code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a currency is named by its three capital letters, such as EUR")]
pub struct CurrencyError;

impl Currency {
    /// The currency all list prices are in.
    pub const USD: Self = Self(*b"USD");
    /// The reference of the exchange rates.
    pub const EUR: Self = Self(*b"EUR");
    /// Has no minor unit.
    pub const JPY: Self = Self(*b"JPY");

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a code is made of ASCII capitals alone")
    }

    /// How many decimal places the minor unit has, after ISO 4217.
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"ISK" | b"CLP" | b"VND" | b"XAF" | b"XOF" | b"UGX" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The usual sign, or the code where there is none that everybody knows.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"USD" => "$",
            b"EUR" => "€",
            b"GBP" => "£",
            b"JPY" => "¥",
            b"TRY" => "₺",
            b"CAD" => "CA$",
            _ => self.as_str(),
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(CurrencyError),
        }
    }
}

impl TryFrom<compact_str::CompactString> for Currency {
    type Error = CurrencyError;

    fn try_from(text: compact_str::CompactString) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

impl From<Currency> for compact_str::CompactString {
    fn from(currency: Currency) -> Self {
        currency.as_str().into()
    }
}

/// An amount in the minor unit of a currency: cents, or whole yen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How many minor units; negative is owed.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Why two amounts cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Amounts of two currencies.
    #[error("{0} and {1} cannot be added")]
    Currencies(Currency, Currency),
    /// More than an `i64` of minor units.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// So many minor units of a currency.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The amount without another of the same currency.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        let negated = other.minor.checked_neg().ok_or(MoneyError::TooLarge)?;
        self.plus(Self { minor: negated, ..other })
    }

    /// The amount so many times.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The sum of amounts of one currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// So many hundredths of the amount, rounded half to even.
    pub fn percent(self, percent: u32) -> Result<Self, MoneyError> {
        let scaled = i128::from(self.minor) * i128::from(percent);
        Ok(Self { minor: divide_half_even(scaled, 100).ok_or(MoneyError::TooLarge)?, ..self })
    }

    /// The amount at a rate of `numerator / denominator` major units of `to` for one of its own, rounded half to even.
    ///
    /// Fails when the result does not fit; the denominator must be positive.
    pub fn exchange(self, to: Currency, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let wide = i128::from(self.minor) * i128::from(numerator);
        let (from_decimals, to_decimals) = (self.currency.decimals(), to.decimals());
        let (raised, lowered) = (
            10_i128.pow(to_decimals.saturating_sub(from_decimals)),
            10_i128.pow(from_decimals.saturating_sub(to_decimals)),
        );
        let scaled = wide.checked_mul(raised).ok_or(MoneyError::TooLarge)?;
        let minor = divide_half_even(scaled, i128::from(denominator) * lowered).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, currency: to })
    }
}

/// Divides by a positive number and rounds half to even, so that many roundings do not add up in one direction.
fn divide_half_even(dividend: i128, divisor: i128) -> Option<i64> {
    let (quotient, remainder) = (dividend.div_euclid(divisor), dividend.rem_euclid(divisor));
    let up = match (remainder * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    i64::try_from(quotient + i128::from(up)).ok()
}

/// As a price tag: `$1,234.50`, `¥980`, `-€0.05`.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u64.pow(self.currency.decimals());
        let (whole, fraction) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        if self.minor < 0 {
            formatter.write_str("-")?;
        }
        formatter.write_str(self.currency.sign())?;
        let digits = whole.to_string();
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                formatter.write_str(",")?;
            }
            write!(formatter, "{digit}")?;
        }
        match self.currency.decimals() {
            0 => Ok(()),
            decimals => write!(formatter, ".{fraction:0width$}", width = decimals as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_price_tag_reads_as_people_write_it() {
        let tags = [
            (Money::new(123_450, Currency::USD), "$1,234.50"),
            (Money::new(980, Currency::JPY), "¥980"),
            (Money::new(-5, Currency::EUR), "-€0.05"),
            (Money::new(100_000_000, Currency::USD), "$1,000,000.00"),
        ];
        for (money, tag) in tags {
            assert_eq!(money.to_string(), tag);
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let sum = Money::new(1, Currency::USD).plus(Money::new(1, Currency::EUR));
        assert_eq!(sum, Err(MoneyError::Currencies(Currency::USD, Currency::EUR)));
    }

    #[test]
    fn exchange_minds_the_minor_units() {
        let yen = Money::new(1_999, Currency::USD).exchange(Currency::JPY, 150, 1).unwrap();
        assert_eq!(yen, Money::new(2_998, Currency::JPY), "19.99 dollars at 150 are 2998.5 yen, and half goes to even");
        let dollars = Money::new(3_000, Currency::JPY).exchange(Currency::USD, 1, 150).unwrap();
        assert_eq!(dollars, Money::new(2_000, Currency::USD));
    }

    proptest! {
        #[test]
        fn adding_and_taking_away_gives_the_amount_back(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000) {
            let (a, b) = (Money::new(a, Currency::USD), Money::new(b, Currency::USD));
            prop_assert_eq!(a.plus(b).unwrap().minus(b).unwrap(), a);
        }

        #[test]
        fn nothing_overflows_silently(minor in any::<i64>(), quantity in any::<u32>()) {
            let times = Money::new(minor, Currency::USD).times(quantity);
            prop_assert_eq!(times.ok().map(|money| i128::from(money.minor)), Some(i128::from(minor) * i128::from(quantity)).filter(|product| i64::try_from(*product).is_ok()));
        }

        #[test]
        fn a_rounding_is_off_by_half_a_unit_at_most(minor in -1_000_000_000_i64..1_000_000_000, numerator in 1_i64..10_000_000, denominator in 1_i64..10_000_000) {
            let exchanged = Money::new(minor, Currency::USD).exchange(Currency::EUR, numerator, denominator).unwrap();
            let error = i128::from(exchanged.minor) * i128::from(denominator) - i128::from(minor) * i128::from(numerator);
            prop_assert!(error.abs() * 2 <= i128::from(denominator));
        }

        #[test]
        fn money_survives_the_wire(minor in any::<i64>()) {
            let money = Money::new(minor, Currency::JPY);
            let written = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&written).unwrap(), money);
        }
    }
}
