//! Writes amounts into templates.

use std::fmt;

use askama::{FastWritable, Values, filters::HtmlSafe};
use vocabulary::Money;

/// An amount as a price tag.
#[derive(Clone, Copy)]
pub(crate) struct Price(pub(crate) Money);

impl fmt::Display for Price {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FastWritable for Price {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        write!(dest, "{}", self.0).map_err(askama::Error::from)
    }
}

/// Signs, digits, commas and points: nothing to escape.
impl HtmlSafe for Price {}

/// A price tag for an amount that a template holds.
pub(crate) fn tag(amount: &Money) -> Price {
    Price(*amount)
}
