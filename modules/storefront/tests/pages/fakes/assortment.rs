//! The goods of the shop in memory.

use catalog_contract::{Picture, Product};
use vocabulary::{Currency, Money};

/// The nine products of Online Boutique, then one of every other shape.
pub(super) fn assortment() -> impl Iterator<Item = Product> {
    let nine = [
        ("OLJCESPC7Z", "Riviera Sunglasses", "sunglasses", 24, 1_999, "accessories"),
        ("66VCHSJNUP", "Harbour Tank Top", "tank-top", 352, 1_899, "clothing"),
        ("1YMWWN1N4O", "Meridian Watch", "watch", 214, 10_999, "accessories"),
        ("L9ECAV7KIM", "Sunday Loafers", "loafers", 18, 8_999, "clothing"),
        ("2ZYFJ3GM2N", "Whisper Hairdryer", "hairdryer", 330, 2_499, "home"),
        ("0PUK6V6EV0", "Taper Candle Holder", "candle-holder", 45, 1_899, "home"),
        ("LS4PSXUNUM", "Salt & Pepper Shakers", "shakers", 160, 1_849, "kitchen"),
        ("9SIQT8TOJO", "Bamboo Lid Glass Jar", "jar", 90, 549, "kitchen"),
        ("6E92ZMYYFZ", "Morning Mug", "mug", 200, 899, "kitchen"),
    ];
    let rest = [
        "backpack",
        "ball",
        "basket",
        "blanket",
        "board",
        "bottle",
        "bowl",
        "candle",
        "chair",
        "clock",
        "cushion",
        "hat",
        "kite",
        "knife",
        "lamp",
        "mirror",
        "notebook",
        "pan",
        "pen",
        "plant-pot",
        "plate",
        "puzzle",
        "scarf",
        "shirt",
        "soap",
        "socks",
        "stool",
        "sweater",
        "teapot",
        "tote",
        "towel",
        "umbrella",
        "vase",
    ];
    let description = "Made to be used every day: it sits well in the hand, ages well, and comes in paper and card. \
                       Wipe it clean with a soft cloth, and it will be with you for years.";
    let product = move |sku: &str, name: String, shape: &str, hue, variant, minor, category: &str| Product {
        sku: sku.parse().unwrap(),
        name,
        description: description.to_owned(),
        price: Money::new(minor, Currency::USD),
        categories: vec![category.to_owned()],
        picture: Picture { shape: shape.to_owned(), hue, variant },
    };
    let nine = nine.into_iter().enumerate().map(move |(index, (sku, name, shape, hue, minor, category))| {
        product(sku, name.to_owned(), shape, hue, u16::try_from(index).unwrap(), minor, category)
    });
    let rest = rest.into_iter().enumerate().map(move |(index, shape)| {
        let number = u16::try_from(index).unwrap();
        let (sku, name) = (format!("C-{:05}", number + 1), format!("Everyday {}", shape.replace('-', " ")));
        product(&sku, name, shape, number * 47 % 360, number, 900 + i64::from(number) * 370, "home")
    });
    nine.chain(rest)
}
