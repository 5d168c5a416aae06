//! The figures of a report: vector, drawn by us, each with the one sentence that it shows as its title.
//!
//! Each is drawn twice, for a desk and for a phone, because a scaled-down drawing has text that nobody can read. Sides differ in
//! colour, in the dashes of their lines and in the shape of their marks, so that a black-and-white print loses nothing.

mod canvas;
mod change;
mod forecast;
mod forest;
mod frontier;
mod goodput;
mod growth;
mod heat;
mod ladder;
mod load;
mod percentiles;
mod rungs;
mod scale;
mod shares;

pub(crate) use change::change;
pub(crate) use forecast::forecast;
pub(crate) use forest::forest;
pub(crate) use frontier::frontier;
pub(crate) use goodput::goodput;
pub(crate) use growth::{grown_words, growth};
pub(crate) use heat::{fault_words, heat};
pub(crate) use ladder::{duration, ladder};
pub(crate) use load::latency_against_load;
pub(crate) use percentiles::percentiles;
pub(crate) use rungs::rungs_under_workload;
pub(crate) use shares::shares;

/// A figure in both widths.
pub(crate) struct Figure {
    /// Its number in the report's plan of figures, with a letter where a number has several.
    pub(crate) number: &'static str,
    /// The sentence that it shows.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) caption: String,
    /// For screens from 600 px, and print.
    pub(crate) wide: String,
    /// For phones.
    pub(crate) narrow: String,
}

/// The widths that figures are drawn for, CSS pixels.
pub(crate) const FULL: f64 = 1046.0;
/// See [`FULL`].
pub(crate) const WIDE: f64 = 498.0;
/// See [`FULL`].
pub(crate) const NARROW: f64 = 346.0;

impl Figure {
    /// Draws a figure for half of a desk's width, and for a phone.
    fn draw(number: &'static str, title: String, caption: &str, draw: impl Fn(f64) -> String) -> Self {
        Self { number, title, caption: caption.to_owned(), wide: draw(WIDE), narrow: draw(NARROW) }
    }

    /// Draws a figure for the whole of a desk's width, and for a phone.
    fn draw_full(number: &'static str, title: String, caption: &str, draw: impl Fn(f64) -> String) -> Self {
        Self { number, title, caption: caption.to_owned(), wide: draw(FULL), narrow: draw(NARROW) }
    }
}
