//! What the shop sells when it opens: nine products that other shops of its kind sell too, and as many more as are wanted.

mod boutique;
mod generated;
mod kinds;
mod looks;
mod materials;

use catalog_contract::Product;
use runtime::Database;
use sea_orm::DbErr;

use crate::table;

/// The shelves, in the order they are shown: slug and name.
pub(crate) const CATEGORIES: [(&str, &str); 12] = [
    ("clothing", "Clothing"),
    ("accessories", "Accessories"),
    ("footwear", "Footwear"),
    ("beauty", "Beauty & Bath"),
    ("home", "Home"),
    ("kitchen", "Kitchen"),
    ("office", "Office"),
    ("outdoors", "Outdoors"),
    ("garden", "Garden"),
    ("toys", "Toys & Games"),
    ("sports", "Sports"),
    ("travel", "Travel"),
];

/// The first `count` products of the shop, always the same ones, in the catalogue's order.
///
/// The first nine have the ids that published load scripts for this kind of shop ask for.
pub fn products(count: usize) -> Vec<Product> {
    let generated = (0..count.saturating_sub(boutique::COUNT)).map(generated::product);
    boutique::products().into_iter().take(count).chain(generated).collect()
}

/// Fills an empty catalogue with the first `count` products; one with products is left as it is.
///
/// # Errors
/// When the database refuses.
pub async fn seed(database: &Database, count: usize) -> Result<(), DbErr> {
    let products = products(count);
    database
        .store(move |tx| {
            Box::pin(async move {
                if table::is_stocked(tx).await? {
                    return Ok(());
                }
                table::insert_categories(tx, &CATEGORIES).await?;
                table::insert_products(tx, &products).await
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use vocabulary::Currency;

    use super::*;
    use crate::check::check;

    #[test]
    fn the_same_products_come_every_time_and_a_shorter_list_begins_the_longer() {
        let longer = products(1_000);

        assert_eq!(longer, products(1_000));
        assert_eq!(longer[..300], products(300));
        assert_eq!(products(4).len(), 4);
    }

    #[test]
    fn the_nine_well_known_ids_come_first_at_their_well_known_prices() {
        let known: Vec<(String, i64)> =
            products(9).iter().map(|product| (product.sku.to_string(), product.price.minor)).collect();

        let expected = [
            ("OLJCESPC7Z", 1999),
            ("66VCHSJNUP", 1899),
            ("1YMWWN1N4O", 10_999),
            ("L9ECAV7KIM", 8_999),
            ("2ZYFJ3GM2N", 2_499),
            ("0PUK6V6EV0", 1_899),
            ("LS4PSXUNUM", 1_849),
            ("9SIQT8TOJO", 549),
            ("6E92ZMYYFZ", 899),
        ];
        assert_eq!(known, expected.map(|(sku, cents)| (sku.to_owned(), cents)));
    }

    #[test]
    fn no_two_products_share_an_id_or_a_name_however_many_there_are() {
        let products = products(60_000);

        let skus: BTreeSet<_> = products.iter().map(|product| &product.sku).collect();
        let names: BTreeSet<_> = products.iter().map(|product| &product.name).collect();
        assert_eq!(skus.len(), products.len());
        assert_eq!(names.len(), products.len());
        assert!(products.iter().all(|product| product.sku.as_str().len() == 10));
    }

    #[test]
    fn every_product_could_have_been_put_in_by_a_merchant() {
        let slugs: BTreeSet<&str> = CATEGORIES.iter().map(|(slug, _)| *slug).collect();
        for product in products(3_000) {
            check(&product, |slug| slugs.contains(slug)).unwrap();
            assert_eq!(product.price.currency, Currency::USD);
            assert!(product.price.minor >= 200, "{} for {}", product.name, product.price);
        }
    }

    #[test]
    fn every_description_is_two_to_four_finished_sentences() {
        for product in products(3_000) {
            let sentences = product.description.split_inclusive(['.', '!', '?']).count();
            assert!((2..=4).contains(&sentences), "{}: {}", product.name, product.description);
            assert!(product.description.ends_with('.'), "{}", product.description);
            assert!(!product.description.contains(['{', '}']), "{}", product.description);
        }
    }

    #[test]
    fn a_shop_of_the_usual_size_fills_every_shelf_and_draws_every_shape() {
        let mut shelves: BTreeMap<String, usize> = BTreeMap::new();
        let mut shapes = BTreeSet::new();
        for product in products(1_000) {
            shapes.insert(product.picture.shape);
            for slug in product.categories {
                *shelves.entry(slug).or_default() += 1;
            }
        }

        assert_eq!(shelves.len(), CATEGORIES.len());
        assert!(shelves.values().all(|&products| products >= 20), "{shelves:?}");
        assert_eq!(shapes.len(), 42);
    }
}
