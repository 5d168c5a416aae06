//! The rules of a cart, apart from where it is kept.

use cart_contract::{CartContents, CartError, CartLine};
use vocabulary::Sku;

/// How many units a line holds at most: as many as a line of an order.
pub const MOST_UNITS: u32 = 1_000_000;

/// How many different products a cart holds at most, so that a page with a cart on it stays a page.
pub const MOST_LINES: usize = 200;

/// A cart as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Basket {
    /// Grows with each change; zero for a cart that never had any.
    pub(crate) version: u64,
    /// By position.
    pub(crate) lines: Vec<Line>,
}

/// A product in a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) sku: Sku,
    /// At least one.
    pub(crate) quantity: u32,
    /// Later lines have greater ones; there may be gaps.
    pub(crate) position: u64,
    /// The version of the cart since which the line is as it is.
    pub(crate) changed_version: u64,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The version before it.
    pub(crate) from_version: u64,
    /// Lines that are new or other than before.
    pub(crate) put: Vec<Line>,
    /// Products that are not in the cart any more.
    pub(crate) removed: Vec<Sku>,
}

impl Change {
    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.removed.is_empty()
    }
}

impl Basket {
    /// The cart as callers see it.
    pub(crate) fn contents(self) -> CartContents {
        let lines = self.lines.into_iter().map(|line| CartLine { sku: line.sku, quantity: line.quantity });
        CartContents { lines: lines.collect(), version: self.version }
    }

    /// Puts more units of a product in.
    pub(crate) fn add(&mut self, sku: Sku, quantity: u32) -> Result<Change, CartError> {
        if quantity == 0 {
            return Err(CartError::Quantity);
        }
        let sum = self.quantity(&sku).checked_add(quantity).ok_or(CartError::Quantity)?;
        self.put(vec![(sku, sum)])
    }

    /// Sets the units of a product; zero takes it out.
    pub(crate) fn set(&mut self, sku: Sku, quantity: u32) -> Result<Change, CartError> {
        if quantity > 0 {
            return self.put(vec![(sku, quantity)]);
        }
        Ok(self.remove(|line| line.sku == sku))
    }

    /// Takes out all lines that have not changed since `version`, or all.
    pub(crate) fn clear(&mut self, version: Option<u64>) -> Change {
        self.remove(|line| version.is_none_or(|version| line.changed_version <= version))
    }

    /// Adds everything that is in another cart.
    pub(crate) fn take(&mut self, given: &Self) -> Result<Change, CartError> {
        let sum = |line: &Line| self.quantity(&line.sku).saturating_add(line.quantity).min(MOST_UNITS);
        let wanted = given.lines.iter().map(|line| (line.sku.clone(), sum(line))).collect();
        self.put(wanted)
    }

    fn quantity(&self, sku: &Sku) -> u32 {
        self.lines.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity)
    }

    /// Sets the units of several products, each named once; leaves the cart as it was when one of them cannot be.
    fn put(&mut self, wanted: Vec<(Sku, u32)>) -> Result<Change, CartError> {
        if wanted.iter().any(|(_, quantity)| *quantity > MOST_UNITS) {
            return Err(CartError::Quantity);
        }
        let (from_version, mut lines, mut put) = (self.version, self.lines.clone(), Vec::new());
        for (sku, quantity) in wanted {
            let next = lines.last().map_or(1, |line| line.position + 1);
            let present = lines.iter_mut().find(|line| line.sku == sku);
            match present {
                Some(line) if line.quantity == quantity => {}
                Some(line) => {
                    line.quantity = quantity;
                    line.changed_version = from_version + 1;
                    put.push(line.clone());
                }
                None => {
                    let line = Line { sku, quantity, position: next, changed_version: from_version + 1 };
                    put.push(line.clone());
                    lines.push(line);
                }
            }
        }
        if lines.len() > MOST_LINES {
            return Err(CartError::Full { limit: u32::try_from(MOST_LINES).unwrap_or(u32::MAX) });
        }
        self.lines = lines;
        Ok(self.changed(Change { from_version, put, removed: Vec::new() }))
    }

    fn remove(&mut self, goes: impl Fn(&Line) -> bool) -> Change {
        let removed = self.lines.extract_if(.., |line| goes(line)).map(|line| line.sku).collect();
        self.changed(Change { from_version: self.version, put: Vec::new(), removed })
    }

    fn changed(&mut self, change: Change) -> Change {
        if !change.is_empty() {
            self.version = change.from_version + 1;
        }
        change
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sku(number: usize) -> Sku {
        format!("P-{number}").parse().unwrap()
    }

    #[test]
    fn lines_stay_in_the_order_their_products_were_first_put_in() {
        let mut basket = Basket::default();
        for number in [3, 1, 2, 3] {
            basket.add(sku(number), 1).unwrap();
        }

        let contents = basket.contents();
        assert_eq!(contents.lines.iter().map(|line| line.sku.clone()).collect::<Vec<_>>(), [sku(3), sku(1), sku(2)]);
        assert_eq!(contents.lines[0].quantity, 2);
        assert_eq!(contents.version, 4);
    }

    #[test]
    fn what_changes_nothing_keeps_the_version() {
        let mut basket = Basket::default();
        basket.set(sku(1), 5).unwrap();

        assert!(basket.set(sku(1), 5).unwrap().is_empty());
        assert!(basket.set(sku(2), 0).unwrap().is_empty());
        assert!(basket.take(&Basket::default()).unwrap().is_empty());
        assert_eq!(basket.version, 1);
    }

    #[test]
    fn a_refused_change_leaves_the_cart_as_it_was() {
        let mut basket = Basket::default();
        for number in 0..MOST_LINES {
            basket.add(sku(number), MOST_UNITS).unwrap();
        }
        let before = basket.clone();

        assert_eq!(basket.add(sku(0), 1), Err(CartError::Quantity), "one unit too many");
        assert_eq!(basket.add(sku(0), u32::MAX), Err(CartError::Quantity), "more than can be counted");
        assert_eq!(basket.set(sku(0), MOST_UNITS + 1), Err(CartError::Quantity), "too many at once");
        assert_eq!(basket.add(sku(0), 0), Err(CartError::Quantity), "nothing");
        assert_eq!(basket.add(sku(MOST_LINES), 1), Err(CartError::Full { limit: 200 }), "one product too many");
        let mut other = Basket::default();
        other.add(sku(MOST_LINES), 1).unwrap();
        assert_eq!(basket.take(&other), Err(CartError::Full { limit: 200 }), "of another cart");
        assert_eq!(basket, before);
    }

    #[test]
    fn what_was_put_in_after_a_version_stays_when_that_version_is_cleared() {
        let mut basket = Basket::default();
        basket.add(sku(1), 1).unwrap();
        basket.add(sku(2), 1).unwrap();
        let bought = basket.version;
        basket.add(sku(2), 1).unwrap();
        basket.add(sku(3), 1).unwrap();

        assert_eq!(basket.clear(Some(bought)).removed, [sku(1)]);
        assert!(basket.clear(Some(bought)).is_empty(), "again");
        let left = basket.contents().lines;
        assert_eq!(left, [CartLine { sku: sku(2), quantity: 2 }, CartLine { sku: sku(3), quantity: 1 }]);
    }

    #[test]
    fn a_line_takes_from_another_cart_what_it_can_hold() {
        let (mut basket, mut other) = (Basket::default(), Basket::default());
        basket.add(sku(1), MOST_UNITS - 1).unwrap();
        other.add(sku(1), 5).unwrap();

        basket.take(&other).unwrap();

        assert_eq!(basket.contents().units(), u64::from(MOST_UNITS));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(usize, u32),
        Set(usize, u32),
        Clear(Option<u64>),
        Take(Vec<(usize, u32)>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let line = (0..6_usize, 0..4_u32);
        prop_oneof![
            line.clone().prop_map(|(product, quantity)| Step::Add(product, quantity)),
            line.clone().prop_map(|(product, quantity)| Step::Set(product, quantity)),
            prop::option::of(0..12_u64).prop_map(Step::Clear),
            prop::collection::vec(line, 0..4).prop_map(Step::Take),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_in_the_cart(steps in prop::collection::vec(step(), 0..40)) {
            let (mut basket, mut kept) = (Basket::default(), Basket::default());
            for step in steps {
                let change = match step {
                    Step::Add(product, quantity) => basket.add(sku(product), quantity),
                    Step::Set(product, quantity) => basket.set(sku(product), quantity),
                    Step::Clear(version) => Ok(basket.clear(version)),
                    Step::Take(lines) => {
                        let mut other = Basket::default();
                        for (product, quantity) in lines {
                            let _ = other.add(sku(product), quantity);
                        }
                        basket.take(&other)
                    }
                };
                if let Ok(change) = change && !change.is_empty() {
                    prop_assert_eq!(change.from_version, kept.version);
                    kept.version += 1;
                    kept.lines.retain(|line| !change.removed.contains(&line.sku));
                    kept.lines.retain(|line| !change.put.iter().any(|put| put.sku == line.sku));
                    kept.lines.extend(change.put);
                    kept.lines.sort_by_key(|line| line.position);
                }
                prop_assert_eq!(&basket, &kept);
                prop_assert!(basket.lines.iter().all(|line| line.quantity > 0 && line.changed_version <= basket.version));
                prop_assert!(basket.lines.is_sorted_by(|one, next| one.position < next.position));
            }
        }
    }
}
