//! Which banner fits what is being looked at.

use promotions_contract::Banner;

/// How many banners are given at most.
const MOST: u32 = 20;

/// A banner and the category it fits; without one it fits everywhere.
pub(crate) struct Placed {
    pub(crate) category: Option<String>,
    pub(crate) banner: Banner,
}

/// All banners, in the order of their rank.
pub(crate) struct Banners(Vec<Placed>);

impl Banners {
    pub(crate) fn new(placed: Vec<Placed>) -> Self {
        Self(placed)
    }

    /// The banners of the first category, of the second, ..., and then those that fit everywhere; all when nothing in particular
    /// is being looked at. No product twice.
    pub(crate) fn fitting(&self, categories: &[String], limit: u32) -> Vec<Banner> {
        let everywhere = self.0.iter().filter(|placed| placed.category.is_none());
        let mut ranked: Vec<&Placed> = Vec::new();
        for category in categories {
            ranked.extend(self.0.iter().filter(|placed| placed.category.as_ref() == Some(category)));
        }
        ranked.extend(everywhere);
        if categories.is_empty() {
            ranked.extend(self.0.iter().filter(|placed| placed.category.is_some()));
        }
        let mut fitting: Vec<Banner> = Vec::new();
        for placed in ranked {
            if fitting.len() == limit.min(MOST) as usize {
                break;
            }
            if fitting.iter().all(|banner| banner.sku != placed.banner.sku) {
                fitting.push(placed.banner.clone());
            }
        }
        fitting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(category: Option<&str>, sku: &str) -> Placed {
        let banner = Banner { text: format!("buy {sku}"), sku: sku.parse().unwrap() };
        Placed { category: category.map(str::to_owned), banner }
    }

    fn fitting(categories: &[&str], limit: u32) -> Vec<String> {
        let banners = Banners::new(vec![
            placed(Some("home"), "VASE"),
            placed(None, "MUG"),
            placed(Some("kitchen"), "PAN"),
            placed(Some("kitchen"), "MUG"),
            placed(None, "WATCH"),
        ]);
        let categories: Vec<String> = categories.iter().map(|category| (*category).to_owned()).collect();
        banners.fitting(&categories, limit).into_iter().map(|banner| banner.sku.to_string()).collect()
    }

    #[test]
    fn the_first_category_comes_first_and_the_general_last() {
        assert_eq!(fitting(&["kitchen", "home"], 9), ["PAN", "MUG", "VASE", "WATCH"]);
    }

    #[test]
    fn without_categories_all_banners_fit() {
        assert_eq!(fitting(&[], 9), ["MUG", "WATCH", "VASE", "PAN"]);
    }

    #[test]
    fn an_unknown_category_gets_what_fits_everywhere() {
        assert_eq!(fitting(&["nowhere"], 9), ["MUG", "WATCH"]);
    }

    #[test]
    fn no_more_are_given_than_asked_for() {
        assert_eq!(fitting(&["kitchen"], 1), ["PAN"]);
        assert_eq!(fitting(&["kitchen"], 0), Vec::<String>::new());
    }
}
