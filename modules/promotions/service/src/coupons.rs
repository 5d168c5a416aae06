//! What a coupon is worth.

use std::{collections::BTreeMap, sync::Arc};

use promotions_contract::{Discount, PromotionsError};
use vocabulary::{Currency, Money};

/// What a coupon promises.
#[derive(Debug)]
pub(crate) struct Coupon {
    pub(crate) code: String,
    /// When it ends, in milliseconds since the epoch.
    pub(crate) ends_at: Option<i64>,
    pub(crate) worth: Worth,
}

/// What it takes off.
#[derive(Debug)]
pub(crate) enum Worth {
    /// Hundredths of the sum.
    Percent(u32),
    /// An amount per currency: round in each, so that nobody has to explain a coupon of 4.61.
    Amounts(BTreeMap<Currency, i64>),
}

impl Coupon {
    pub(crate) fn has_ended(&self, now: i64) -> bool {
        self.ends_at.is_some_and(|ends_at| ends_at <= now)
    }

    /// What it takes off a sum, never more than that.
    pub(crate) fn discount(&self, sum: Money) -> Result<Discount, PromotionsError> {
        let other_currency = || PromotionsError::OtherCurrency { code: self.code.clone(), currency: sum.currency };
        let minor = match &self.worth {
            // A percentage below 100 of what fits always fits.
            Worth::Percent(percent) => sum.percent(*percent).map_or(sum.minor, |part| part.minor),
            Worth::Amounts(amounts) => *amounts.get(&sum.currency).ok_or_else(other_currency)?,
        };
        let amount = Money::new(minor.min(sum.minor).max(0), sum.currency);
        Ok(Discount { code: self.code.clone(), amount })
    }
}

/// All coupons by their code.
pub(crate) struct Coupons(BTreeMap<String, Arc<Coupon>>);

impl Coupons {
    pub(crate) fn new(coupons: Vec<Coupon>) -> Self {
        Self(coupons.into_iter().map(|coupon| (coupon.code.clone(), Arc::new(coupon))).collect())
    }

    /// The coupon that is meant by what was typed.
    pub(crate) fn find(&self, typed: &str) -> Option<Arc<Coupon>> {
        self.0.get(&typed.trim().to_ascii_uppercase()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon(worth: Worth) -> Coupon {
        Coupon { code: "C".to_owned(), ends_at: Some(1_000), worth }
    }

    #[test]
    fn a_coupon_never_takes_off_more_than_the_sum_nor_adds_to_it() {
        let fixed = coupon(Worth::Amounts([(Currency::USD, 500)].into()));
        for (sum, off) in [(2_000, 500), (499, 499), (0, 0), (-10, 0)] {
            assert_eq!(fixed.discount(Money::new(sum, Currency::USD)).unwrap().amount.minor, off);
        }
    }

    #[test]
    fn a_percentage_is_rounded_once() {
        let tenth = coupon(Worth::Percent(10));
        assert_eq!(tenth.discount(Money::new(1_999, Currency::JPY)).unwrap().amount.minor, 200);
    }

    #[test]
    fn a_fixed_coupon_says_which_currency_it_lacks() {
        let fixed = coupon(Worth::Amounts([(Currency::USD, 500)].into()));
        let refused = PromotionsError::OtherCurrency { code: "C".to_owned(), currency: Currency::JPY };
        assert_eq!(fixed.discount(Money::new(2_000, Currency::JPY)), Err(refused));
    }

    #[test]
    fn a_coupon_ends_when_its_time_comes() {
        let coupon = coupon(Worth::Percent(10));
        assert!(!coupon.has_ended(999));
        assert!(coupon.has_ended(1_000));
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let coupons = Coupons::new(vec![coupon(Worth::Percent(10))]);
        assert!(coupons.find(" c ").is_some());
        assert!(coupons.find("D").is_none());
    }
}
