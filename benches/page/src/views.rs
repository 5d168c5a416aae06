//! What the shop's templates show, written once more by hand; the names are those the templates use.

use std::{fmt, sync::Arc};

use accounts_contract::Person;
use askama::{FastWritable, Template, Values, filters::HtmlSafe};
use catalog_contract::{Category, Picture, Product};
use promotions_contract::Banner;
use reviews_contract::{Rating, Review};
use vocabulary::{Currency, Money};

use crate::assets::edition;

/// The product page, from the very file the shop's own is made of.
#[derive(Template)]
#[template(path = "storefront/product.html")]
pub(crate) struct ProductPage {
    pub(crate) around: Around,
    pub(crate) product: Arc<Product>,
    pub(crate) price: Price,
    pub(crate) stock: Stock,
    pub(crate) mean: Option<Mean>,
    pub(crate) reviews: Option<Vec<Review>>,
    pub(crate) suggestions: Vec<Card>,
    pub(crate) banner: Option<Banner>,
    pub(crate) opinion: Opinion,
    pub(crate) opinion_error: Option<String>,
}

/// What is drawn around a page.
pub(crate) struct Around {
    pub(crate) currencies: Vec<Currency>,
    pub(crate) currency: Currency,
    pub(crate) categories: Arc<Vec<Category>>,
    pub(crate) units: Option<u64>,
    pub(crate) person: Option<Person>,
    pub(crate) missing: Vec<&'static str>,
}

/// How much there is.
pub(crate) enum Stock {
    Plenty,
    Few(u32),
    None,
    #[expect(dead_code, reason = "the template knows it; here a stock room that does not answer is an error")]
    Unknown,
}

/// A review as it was typed: nothing yet.
#[derive(Default)]
pub(crate) struct Opinion {
    name: String,
    stars: String,
    text: String,
}

/// A product among the suggestions.
pub(crate) struct Card {
    pub(crate) product: Arc<Product>,
    pub(crate) price: Price,
    pub(crate) rating: Option<Mean>,
}

impl ProductPage {
    fn picture(&self) -> PictureAddress<'_> {
        PictureAddress(&self.product.picture)
    }

    fn sold_out(&self) -> bool {
        matches!(self.stock, Stock::None)
    }

    fn shelves(&self) -> impl Iterator<Item = (&str, &str)> {
        let name = |slug: &'_ str| self.around.categories.iter().find(|category| category.slug == slug);
        self.product
            .categories
            .iter()
            .map(move |slug| (slug.as_str(), name(slug).map_or(slug.as_str(), |category| category.name.as_str())))
    }
}

impl Card {
    fn picture(&self) -> PictureAddress<'_> {
        PictureAddress(&self.product.picture)
    }
}

/// An amount as a price tag.
#[derive(Clone, Copy)]
pub(crate) struct Price(pub(crate) Money);

/// The mean of a rating, written as `4.6`.
#[derive(Clone, Copy)]
pub(crate) struct Mean(pub(crate) Rating);

impl Mean {
    fn count(self) -> u32 {
        self.0.count
    }

    fn stars(self) -> &'static str {
        stars((self.0.tenths() + 5) / 10)
    }
}

/// Where a picture is.
struct PictureAddress<'a>(&'a Picture);

impl fmt::Display for Price {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.tenths();
        write!(formatter, "{}.{}", tenths / 10, tenths % 10)
    }
}

impl fmt::Display for PictureAddress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { shape, hue, variant } = self.0;
        write!(formatter, "/pictures/{}/{shape}-{hue}-{variant}.svg", edition())
    }
}

macro_rules! written_fast {
    ($($view:ty),*) => {
        $(impl FastWritable for $view {
            fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
                write!(dest, "{self}").map_err(askama::Error::from)
            }
        })*
    };
}

written_fast!(Price, Mean, PictureAddress<'_>);

/// Signs, digits, commas and points: nothing to escape.
impl HtmlSafe for Price {}

/// Digits and a point: nothing to escape.
impl HtmlSafe for Mean {}

/// So many of five stars; the template asks for it by this name.
pub(crate) fn stars(count: u32) -> &'static str {
    ["☆☆☆☆☆", "★☆☆☆☆", "★★☆☆☆", "★★★☆☆", "★★★★☆", "★★★★★"][count.min(5) as usize]
}

/// The day of a point in time, in UTC; the template asks for it by this name.
pub(crate) fn day(milliseconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1_000))
        .map(|moment| format!("{} {} {}", moment.day(), moment.month(), moment.year()))
        .unwrap_or_default()
}
