//! The nine products whose ids published load scripts know; the words about them are ours.

use catalog_contract::{Picture, Product};
use vocabulary::{Currency, Money};

/// How many there are.
pub(super) const COUNT: usize = 9;

struct Known {
    sku: &'static str,
    name: &'static str,
    description: &'static str,
    cents: i64,
    categories: &'static [&'static str],
    shape: &'static str,
    hue: u16,
}

const KNOWN: [Known; COUNT] = [
    Known {
        sku: "OLJCESPC7Z",
        name: "Sunglasses",
        description: "Round frames, dark lenses and a bridge that does not pinch. They block all of the light that harms \
                      and most of the light that annoys. A soft case comes with them, because they will be sat on.",
        cents: 1_999,
        categories: &["accessories"],
        shape: "sunglasses",
        hue: 36,
    },
    Known {
        sku: "66VCHSJNUP",
        name: "Tank Top",
        description: "A light cotton top with a wide neck, cut straight so that it hangs rather than clings. It is washed \
                      before it is sewn, so the size you buy is the size you keep.",
        cents: 1_899,
        categories: &["clothing"],
        shape: "tank-top",
        hue: 200,
    },
    Known {
        sku: "1YMWWN1N4O",
        name: "Watch",
        description: "A slim steel case, three hands and a date that knows about February. The movement runs for two years \
                      on one cell, and the strap changes without a tool. It looks as right with a jacket as with a rucksack.",
        cents: 10_999,
        categories: &["accessories"],
        shape: "watch",
        hue: 45,
    },
    Known {
        sku: "L9ECAV7KIM",
        name: "Loafers",
        description: "Soft leather loafers that need no breaking in and no laces. The sole is stitched, not glued, and can \
                      be replaced by any cobbler. Wear them without socks in summer and with loud ones in winter.",
        cents: 8_999,
        categories: &["footwear"],
        shape: "loafers",
        hue: 24,
    },
    Known {
        sku: "2ZYFJ3GM2N",
        name: "Hairdryer",
        description: "A light dryer with three heats, two speeds and a button for cold air. It folds to the size of a book \
                      and is quiet enough to hear the kettle over it.",
        cents: 2_499,
        categories: &["beauty"],
        shape: "hairdryer",
        hue: 340,
    },
    Known {
        sku: "0PUK6V6EV0",
        name: "Candle Holder",
        description: "A small turned holder for one dinner candle, heavy enough to stay where it stands. The wide rim \
                      catches what drips. It looks best in threes.",
        cents: 1_899,
        categories: &["home"],
        shape: "candle-holder",
        hue: 48,
    },
    Known {
        sku: "LS4PSXUNUM",
        name: "Salt & Pepper Shakers",
        description: "A pair that leans together on the table and tells itself apart by the number of holes. The stoppers \
                      are cork, so refilling takes a moment and no tool.",
        cents: 1_849,
        categories: &["kitchen"],
        shape: "shakers",
        hue: 15,
    },
    Known {
        sku: "9SIQT8TOJO",
        name: "Bamboo Glass Jar",
        description: "A clear jar of a little under a litre with a bamboo lid that seals. Rice, coffee, biscuits or \
                      buttons: what is inside can be seen from across the room.",
        cents: 549,
        categories: &["kitchen"],
        shape: "jar",
        hue: 40,
    },
    Known {
        sku: "6E92ZMYYFZ",
        name: "Mug",
        description: "A plain mug that holds a third of a litre and fits the hand. It survives the dishwasher, the \
                      microwave and Monday mornings.",
        cents: 899,
        categories: &["kitchen"],
        shape: "mug",
        hue: 160,
    },
];

/// The nine, in the order in which they are shown.
pub(super) fn products() -> Vec<Product> {
    KNOWN.iter().map(product).collect()
}

fn product(known: &Known) -> Product {
    Product {
        sku: known.sku.parse().expect("the ids above are written as ids are"),
        name: known.name.to_owned(),
        description: known.description.to_owned(),
        price: Money::new(known.cents, Currency::USD),
        categories: known.categories.iter().map(|slug| (*slug).to_owned()).collect(),
        picture: Picture { shape: known.shape.to_owned(), hue: known.hue, variant: 0 },
    }
}
