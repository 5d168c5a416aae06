//! What is suggested while too little was bought: the neighbours in the catalogue, as on a street of shops.

use std::collections::{BTreeMap, HashMap};

use vocabulary::Sku;

/// The products in the catalogue's order, and the street (the first category) each lives in.
pub(crate) struct Streets {
    catalogue: Vec<Sku>,
    addresses: HashMap<Sku, Address>,
    streets: Vec<Vec<usize>>,
}

struct Address {
    place: usize,
    street: usize,
    number: usize,
}

impl Streets {
    /// Lays out the products with their streets, in the catalogue's order.
    pub(crate) fn new(products: Vec<(Sku, String)>) -> Self {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut laid_out = Self { catalogue: Vec::new(), addresses: HashMap::new(), streets: Vec::new() };
        for (place, (sku, name)) in products.into_iter().enumerate() {
            let next = names.len();
            let street = *names.entry(name).or_insert(next);
            if street == laid_out.streets.len() {
                laid_out.streets.push(Vec::new());
            }
            laid_out.streets[street].push(place);
            let number = laid_out.streets[street].len() - 1;
            laid_out.addresses.insert(sku.clone(), Address { place, street, number });
            laid_out.catalogue.push(sku);
        }
        laid_out
    }

    /// Where a product stands in the catalogue; one that came later stands after all others.
    pub(crate) fn place(&self, sku: &Sku) -> usize {
        self.addresses.get(sku).map_or(usize::MAX, |address| address.place)
    }

    /// Adds neighbours until there are `limit` suggestions: first those next door to each of `skus` in turn, down their streets,
    /// then whatever comes after the first of them in the catalogue. Gives fewer only when the catalogue is too small.
    pub(crate) fn fill_up(&self, suggested: &mut Vec<Sku>, skus: &[Sku], limit: usize) {
        let homes: Vec<&Address> = skus.iter().filter_map(|sku| self.addresses.get(sku)).collect();
        let longest = homes.iter().map(|home| self.streets[home.street].len()).max().unwrap_or(0);
        let down_the_streets = (1..longest).flat_map(|doors| {
            homes.iter().filter_map(move |home| {
                let street = &self.streets[home.street];
                (doors < street.len()).then(|| street[(home.number + doors) % street.len()])
            })
        });
        let first = homes.first().map_or(0, |home| home.place);
        let onwards = (0..self.catalogue.len()).map(|steps| (first + steps) % self.catalogue.len());
        for place in down_the_streets.chain(onwards) {
            if suggested.len() >= limit {
                return;
            }
            let neighbour = &self.catalogue[place];
            if !skus.contains(neighbour) && !suggested.contains(neighbour) {
                suggested.push(neighbour.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streets() -> Streets {
        let products = [("M1", "kitchen"), ("W1", "wear"), ("M2", "kitchen"), ("W2", "wear"), ("M3", "kitchen")];
        Streets::new(products.map(|(sku, street)| (sku.parse().unwrap(), street.to_owned())).to_vec())
    }

    fn filled(suggested: &[&str], skus: &[&str], limit: usize) -> Vec<String> {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Sku>>();
        let mut suggested = parse(suggested);
        streets().fill_up(&mut suggested, &parse(skus), limit);
        suggested.iter().map(Sku::to_string).collect()
    }

    #[test]
    fn neighbours_of_the_same_street_come_first_and_the_rest_of_the_catalogue_after() {
        assert_eq!(filled(&[], &["M2"], 4), ["M3", "M1", "W2", "W1"]);
    }

    #[test]
    fn several_products_take_turns() {
        assert_eq!(filled(&[], &["M1", "W1"], 2), ["M2", "W2"]);
    }

    #[test]
    fn what_is_suggested_already_stays_first_and_is_not_repeated() {
        assert_eq!(filled(&["M3"], &["M2"], 3), ["M3", "M1", "W2"]);
    }

    #[test]
    fn unknown_products_and_none_at_all_get_the_beginning_of_the_catalogue() {
        assert_eq!(filled(&[], &["NEW"], 2), ["M1", "W1"]);
        assert_eq!(filled(&[], &[], 2), ["M1", "W1"]);
    }

    #[test]
    fn an_empty_catalogue_suggests_nothing() {
        let mut suggested = Vec::new();
        Streets::new(Vec::new()).fill_up(&mut suggested, &["M1".parse().unwrap()], 4);
        assert!(suggested.is_empty());
    }
}
