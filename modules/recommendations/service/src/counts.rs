//! How often products were bought together, in memory.

use std::{cmp::Reverse, collections::HashMap};

use vocabulary::Sku;

/// With several products in question, so many of the best partners of each are put together: who is behind them in every list
/// does not come to the front of the sum.
const CONSIDERED: usize = 100;

/// For each product, what was bought with it, the best first.
#[derive(Default)]
pub(crate) struct Counts {
    partners: HashMap<Sku, Vec<Partner>>,
}

/// What was bought with a product, how often, and where it stands in the catalogue.
#[derive(Clone)]
struct Partner {
    sku: Sku,
    place: usize,
    times: u64,
}

impl Partner {
    /// The more often, the better; equals keep the catalogue's order.
    fn rank(&self) -> (Reverse<u64>, usize, &Sku) {
        (Reverse(self.times), self.place, &self.sku)
    }
}

impl Counts {
    /// Counts that two products were bought together; `place` tells where a product stands in the catalogue.
    pub(crate) fn add(&mut self, one: &Sku, other: &Sku, times: u64, place: impl Fn(&Sku) -> usize) {
        self.add_partner(one, Partner { sku: other.clone(), place: place(other), times });
        self.add_partner(other, Partner { sku: one.clone(), place: place(one), times });
    }

    fn add_partner(&mut self, sku: &Sku, partner: Partner) {
        let partners = self.partners.entry(sku.clone()).or_default();
        let mut index = match partners.iter().position(|known| known.sku == partner.sku) {
            Some(index) => {
                partners[index].times += partner.times;
                index
            }
            None => {
                partners.push(partner);
                partners.len() - 1
            }
        };
        while index > 0 && partners[index].rank() < partners[index - 1].rank() {
            partners.swap(index - 1, index);
            index -= 1;
        }
    }

    /// What was bought most often with any of `skus` and is not among them, the best first.
    pub(crate) fn best_with(&self, skus: &[Sku], limit: usize) -> Vec<Sku> {
        let best_of = |sku: &Sku| self.partners.get(sku).map_or(&[][..], Vec::as_slice);
        if let [sku] = skus {
            return best_of(sku).iter().take(limit).map(|partner| partner.sku.clone()).collect();
        }
        let mut together: HashMap<&Sku, Partner> = HashMap::new();
        for (index, sku) in skus.iter().enumerate() {
            if skus[..index].contains(sku) {
                continue;
            }
            for partner in best_of(sku).iter().take(CONSIDERED).filter(|partner| !skus.contains(&partner.sku)) {
                together
                    .entry(&partner.sku)
                    .and_modify(|known| known.times += partner.times)
                    .or_insert_with(|| partner.clone());
            }
        }
        let mut best: Vec<Partner> = together.into_values().collect();
        best.sort_unstable_by(|one, other| one.rank().cmp(&other.rank()));
        best.into_iter().take(limit).map(|partner| partner.sku).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Sku {
        text.parse().unwrap()
    }

    /// A shop whose catalogue is the alphabet backwards, so that its order is not that of the ids.
    fn bought(pairs: &[(&str, &str)]) -> Counts {
        let mut counts = Counts::default();
        for (one, other) in pairs {
            let place = |sku: &Sku| usize::from(b'Z' - sku.as_str().as_bytes()[0]);
            counts.add(&sku(one), &sku(other), 1, place);
        }
        counts
    }

    fn best_with(counts: &Counts, skus: &[&str], limit: usize) -> Vec<String> {
        let skus: Vec<Sku> = skus.iter().map(|text| sku(text)).collect();
        counts.best_with(&skus, limit).into_iter().map(|sku| sku.to_string()).collect()
    }

    #[test]
    fn what_was_bought_together_most_often_comes_first() {
        let counts = bought(&[("A", "B"), ("A", "C"), ("C", "A"), ("B", "C")]);
        assert_eq!(best_with(&counts, &["A"], 5), ["C", "B"]);
        assert_eq!(best_with(&counts, &["A"], 1), ["C"]);
        assert_eq!(best_with(&counts, &["D"], 5), Vec::<String>::new());
    }

    #[test]
    fn equals_keep_the_order_of_the_catalogue_whatever_the_order_of_the_orders() {
        let pairs = [("A", "B"), ("A", "C"), ("A", "D")];
        let mut backwards = pairs;
        backwards.reverse();
        assert_eq!(best_with(&bought(&pairs), &["A"], 5), ["D", "C", "B"]);
        assert_eq!(best_with(&bought(&backwards), &["A"], 5), ["D", "C", "B"]);
    }

    #[test]
    fn counts_with_several_products_add_up_and_leave_those_out() {
        let counts = bought(&[("A", "B"), ("A", "C"), ("A", "C"), ("B", "D"), ("B", "D"), ("A", "D"), ("B", "C")]);
        assert_eq!(best_with(&counts, &["A", "B"], 5), ["D", "C"]);
        assert_eq!(best_with(&counts, &["A", "A", "B"], 5), ["D", "C"], "naming a product twice changes nothing");
    }
}
