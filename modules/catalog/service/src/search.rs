//! Full-text search in memory: which products a few words mean.
//!
//! An inverted index over names, categories and descriptions. A word of the query matches the same word, or one that begins
//! with it, so that half a word finds something. Rare words count more than common ones (inverse document frequency, Spärck
//! Jones 1972), and a name counts more than a description.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use catalog_contract::Product;

/// How many words of a query are looked at: more cost time and find nothing better.
const QUERY_WORDS: usize = 8;
/// A beginning shorter than this many characters is no beginning of a word in particular.
const SHORTEST_BEGINNING: usize = 2;

const IN_NAME: u32 = 8;
const IN_CATEGORY: u32 = 4;
const IN_DESCRIPTION: u32 = 1;

/// Which words stand in which products.
pub(crate) struct Index {
    words: BTreeMap<Box<str>, Vec<Posting>>,
    products: usize,
}

/// A word stands in a product.
struct Posting {
    place: u32,
    weight: u32,
}

/// What speaks for a product: how many words of the query it has, and how well.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    words: u32,
    weight: u64,
}

impl Index {
    /// Reads all products; their places in the list are what `find` answers.
    pub(crate) fn of(products: &[Arc<Product>]) -> Self {
        let mut words: BTreeMap<Box<str>, Vec<Posting>> = BTreeMap::new();
        for (place, product) in products.iter().enumerate() {
            for (word, weight) in weigh(product) {
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                words.entry(word.into()).or_default().push(Posting { place, weight });
            }
        }
        Self { words, products: products.len() }
    }

    /// The places of the products that have all words of the query, or, where none has, of those that have most; best first.
    pub(crate) fn find(&self, query: &str, limit: usize) -> Vec<usize> {
        let mut scores: HashMap<u32, Score> = HashMap::new();
        for word in words(query).take(QUERY_WORDS) {
            for (place, weight) in self.matches(&word) {
                let score = scores.entry(place).or_default();
                score.words += 1;
                score.weight += weight;
            }
        }
        let most = scores.values().map(|score| score.words).max().unwrap_or(0);
        let mut found: Vec<(u32, Score)> = scores.into_iter().filter(|(_, score)| score.words == most).collect();
        found.sort_unstable_by(|(place, score), (other_place, other)| other.cmp(score).then(place.cmp(other_place)));
        found.into_iter().take(limit).map(|(place, _)| place as usize).collect()
    }

    /// The products that have a word or one that begins with it, each with the weight of its best match.
    fn matches(&self, word: &str) -> HashMap<u32, u64> {
        let mut best: HashMap<u32, u64> = HashMap::new();
        let mut take = |postings: &[Posting], closeness: u64| {
            let rarity = u64::from((1 + self.products / postings.len().max(1)).ilog2()) + 1;
            for posting in postings {
                let weight = u64::from(posting.weight) * rarity * closeness;
                let known = best.entry(posting.place).or_default();
                *known = weight.max(*known);
            }
        };
        if let Some(postings) = self.words.get(word) {
            take(postings, 4);
        }
        if word.chars().count() >= SHORTEST_BEGINNING {
            let after = (Bound::Excluded(word), Bound::Unbounded);
            for (_, postings) in self.words.range::<str, _>(after).take_while(|(longer, _)| longer.starts_with(word)) {
                take(postings, 1);
            }
        }
        best
    }
}

/// Each word of a product with the weight of the best place it stands in.
fn weigh(product: &Product) -> BTreeMap<String, u32> {
    let mut weights = BTreeMap::new();
    let mut weigh_text = |text: &str, weight: u32| {
        for word in words(text) {
            let known = weights.entry(word).or_default();
            *known = weight.max(*known);
        }
    };
    weigh_text(&product.name, IN_NAME);
    for slug in &product.categories {
        weigh_text(slug, IN_CATEGORY);
    }
    weigh_text(&product.description, IN_DESCRIPTION);
    weights
}

/// The words of a text in small letters, without the ending of the plural.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        let mut word = word.to_lowercase();
        if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
            word.pop();
        }
        word
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed;

    fn stocked() -> (Vec<Arc<Product>>, Index) {
        let products: Vec<_> = seed::products(500).into_iter().map(Arc::new).collect();
        let index = Index::of(&products);
        (products, index)
    }

    fn names(query: &str) -> Vec<String> {
        let (products, index) = stocked();
        index.find(query, 10).into_iter().map(|place| products[place].name.clone()).collect()
    }

    #[test]
    fn a_name_is_found_first() {
        let searched = [
            ("Sunglasses", "Sunglasses"),
            ("TANK top!", "Tank Top"),
            ("hairdryer", "Hairdryer"),
            ("bamboo glass jar", "Bamboo Glass Jar"),
            ("salt & pepper shakers", "Salt & Pepper Shakers"),
        ];
        for (query, name) in searched {
            assert_eq!(names(query)[0], name);
        }
    }

    #[test]
    fn half_a_word_and_a_plural_find_something() {
        assert!(names("sungl")[0].contains("Sunglasses"));
        assert!(names("mugs")[0].contains("Mug"));
    }

    #[test]
    fn two_words_find_what_has_both() {
        let found = names("oak board");
        assert!(!found.is_empty());
        assert!(found[..2].iter().all(|name| name.contains("Oak") && name.contains("Board")), "{found:?}");
    }

    #[test]
    fn one_unknown_word_does_not_hide_the_rest() {
        assert!(names("xyzzy mug")[0].contains("Mug"));
    }

    #[test]
    fn nothing_is_found_for_nothing() {
        for query in ["", "   ", "&&&", "xyzzy"] {
            assert_eq!(names(query), Vec::<String>::new(), "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_gets_an_answer_in_bounds(query in "\\PC{0,60}", limit in 1_usize..20) {
            let products: Vec<_> = seed::products(60).into_iter().map(Arc::new).collect();
            let found = Index::of(&products).find(&query, limit);
            prop_assert!(found.len() <= limit);
            prop_assert!(found.iter().all(|&place| place < products.len()));
        }
    }
}
