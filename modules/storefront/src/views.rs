//! What templates show, prepared so far that they need not think.

use std::{fmt, sync::Arc};

use askama::{FastWritable, Values, filters::HtmlSafe};
use catalog_contract::Product;
use reviews_contract::Rating;
use vocabulary::Money;

use crate::{pictures::PictureAddress, prices::Price};

/// A product as it lies on a shelf.
pub(crate) struct Card {
    pub(crate) product: Arc<Product>,
    pub(crate) price: Price,
    pub(crate) rating: Option<Mean>,
}

impl Card {
    pub(crate) fn picture(&self) -> PictureAddress<'_> {
        PictureAddress(&self.product.picture)
    }
}

/// Cards for products with their prices, in the same order.
pub(crate) fn cards(
    products: Vec<Arc<Product>>,
    prices: impl IntoIterator<Item = Money>,
    rating: impl Fn(&Product) -> Option<Rating>,
) -> Vec<Card> {
    let card = |(product, price): (Arc<Product>, Money)| Card {
        rating: rating(&product).filter(|rating| rating.count > 0).map(Mean),
        price: Price(price),
        product,
    };
    products.into_iter().zip(prices).map(card).collect()
}

/// The list prices of products.
pub(crate) fn list_prices<'a>(products: impl IntoIterator<Item = &'a Arc<Product>>) -> Vec<Money> {
    products.into_iter().map(|product| product.price).collect()
}

/// The mean of a rating, written as `4.6`.
#[derive(Clone, Copy)]
pub(crate) struct Mean(pub(crate) Rating);

impl Mean {
    pub(crate) fn count(self) -> u32 {
        self.0.count
    }

    /// Whole stars, for a picture of them.
    pub(crate) fn stars(self) -> &'static str {
        stars((self.0.tenths() + 5) / 10)
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.tenths();
        write!(formatter, "{}.{}", tenths / 10, tenths % 10)
    }
}

impl FastWritable for Mean {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        write!(dest, "{self}").map_err(askama::Error::from)
    }
}

/// Digits and a point: nothing to escape.
impl HtmlSafe for Mean {}

/// So many of five stars.
pub(crate) fn stars(count: u32) -> &'static str {
    ["☆☆☆☆☆", "★☆☆☆☆", "★★☆☆☆", "★★★☆☆", "★★★★☆", "★★★★★"][count.min(5) as usize]
}

/// The day of a point in time, in UTC, as `20 November 2026`.
pub(crate) fn day(milliseconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1_000))
        .map(|moment| format!("{} {} {}", moment.day(), moment.month(), moment.year()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_people_say_it() {
        assert_eq!(day(1_795_176_000_123), "20 November 2026");
        assert_eq!(day(-1), "31 December 1969");
        assert_eq!(day(i64::MAX), "", "beyond the calendar");
    }

    #[test]
    fn a_mean_is_written_with_one_decimal() {
        assert_eq!(Mean(Rating { count: 3, stars: 14 }).to_string(), "4.7");
        assert_eq!(Mean(Rating { count: 3, stars: 14 }).stars(), "★★★★★");
        assert_eq!(Mean(Rating { count: 3, stars: 13 }).stars(), "★★★★☆");
    }
}
