//! What a product must be like to be sold, and what may be asked for at once.

use catalog_contract::{CatalogError, Product};
use vocabulary::Currency;

/// Checks how many products are asked for.
pub(crate) fn limit(limit: u32) -> Result<(), CatalogError> {
    if (1..=100).contains(&limit) { Ok(()) } else { Err(CatalogError::Limit { limit }) }
}

/// Checks a product; the first field that is wrong is named.
pub(crate) fn check(product: &Product, known: impl Fn(&str) -> bool) -> Result<(), CatalogError> {
    let wrong = |field: &str, reason: String| Err(CatalogError::Product { field: field.to_owned(), reason });
    if product.name.trim().is_empty() || product.name.chars().count() > 120 {
        return wrong("name", "it has 1 to 120 characters".to_owned());
    }
    if product.name.chars().any(char::is_control) {
        return wrong("name", "it has no line breaks".to_owned());
    }
    if product.description.chars().count() > 2_000 {
        return wrong("description", "it has at most 2,000 characters".to_owned());
    }
    if product.price.currency != Currency::USD {
        return wrong("price", format!("list prices are in USD, not in {}", product.price.currency));
    }
    if product.price.minor < 0 {
        return wrong("price", "it is zero or more".to_owned());
    }
    if product.categories.is_empty() {
        return wrong("categories", "a product is in one at least".to_owned());
    }
    if let Some(slug) = product.categories.iter().find(|slug| !known(slug)) {
        return wrong("categories", format!("there is no category {slug:?}"));
    }
    if product.categories.iter().enumerate().any(|(index, slug)| product.categories[..index].contains(slug)) {
        return wrong("categories", "each is named once".to_owned());
    }
    let shape = &product.picture.shape;
    if shape.is_empty() || shape.len() > 40 || !shape.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return wrong("picture", "a shape is named by small letters and dashes, such as tank-top".to_owned());
    }
    if product.picture.hue > 359 {
        return wrong("picture", format!("a hue has 0 to 359 degrees, not {}", product.picture.hue));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vocabulary::Money;

    use super::*;
    use crate::seed;

    type Spoil = fn(&mut Product);

    #[test]
    fn the_first_field_that_is_wrong_is_named() {
        let sound = seed::products(1).remove(0);
        let spoiled: [(&str, Spoil); 8] = [
            ("name", |product| product.name = " ".to_owned()),
            ("name", |product| product.name = "x".repeat(121)),
            ("description", |product| product.description = "x".repeat(2_001)),
            ("price", |product| product.price = Money::new(100, Currency::EUR)),
            ("price", |product| product.price.minor = -1),
            ("categories", |product| product.categories.clear()),
            ("categories", |product| product.categories.push("nowhere".to_owned())),
            ("picture", |product| product.picture.hue = 360),
        ];

        assert_eq!(check(&sound, |slug| slug == "accessories"), Ok(()));
        for (expected, spoil) in spoiled {
            let mut product = sound.clone();
            spoil(&mut product);
            match check(&product, |slug| slug == "accessories") {
                Err(CatalogError::Product { field, .. }) => assert_eq!(field, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
