//! The best way to divide modules among processes when the price may not exceed a budget: a partition of the weighted call graph.
//!
//! Thirteen modules can be divided in 27,644,437 ways, so not all are looked at. What makes the search exact is that dividing further
//! never costs less and never isolates less: as soon as the modules placed so far cost more than the budget, or cannot isolate more than
//! what was found already even if every other module stood alone, whatever follows is left out. A greedy division, improved by moving
//! single modules, is found first, so that most is left out. Where the search has to be given up, the result says so.

/// What a division is judged by. Both must never fall when a group is divided further.
pub trait Division {
    /// How many modules there are.
    fn modules(&self) -> usize;

    /// What the division costs. `groups[m]` is the group of module `m`; modules from `groups.len()` on are not placed yet and cost nothing.
    fn cost(&self, groups: &[usize]) -> f64;

    /// How much of the shop goes on when a group breaks down, in the mean; modules that are not placed count as if they stood alone.
    fn isolation(&self, groups: &[usize]) -> f64;
}

/// A division of all modules.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The group of each module; groups are numbered by their first module.
    pub groups: Vec<usize>,
    /// What it costs.
    pub cost: f64,
    /// How much goes on when a group breaks down.
    pub isolation: f64,
    /// Whether every other division within the budget is known not to be better.
    pub proven: bool,
}

/// Differences below this are rounding.
const ROUNDING: f64 = 1e-9;

/// Finds the division that isolates most within the budget, and of several such the one that costs least.
///
/// Looks at `most_steps` places of the search tree at most; beyond that the best one found is returned, not proven. None when even one
/// process for all costs more than the budget.
pub fn best(division: &dyn Division, budget: f64, most_steps: u64) -> Option<Grouping> {
    let together = vec![0; division.modules()];
    if division.modules() == 0 || division.cost(&together) > budget + ROUNDING {
        return None;
    }
    let greedy = improved(division, budget, &together);
    let mut search = Search { division, budget, best: judged(division, greedy), steps: 0, most_steps };
    search.place(&mut Vec::new(), 0);
    let Search { mut best, steps, .. } = search;
    best.proven = steps <= most_steps;
    Some(best)
}

fn judged(division: &dyn Division, groups: Vec<usize>) -> Grouping {
    let groups = numbered(&groups);
    Grouping { cost: division.cost(&groups), isolation: division.isolation(&groups), groups, proven: false }
}

/// Moves single modules, to another group or to one of their own, for as long as that isolates more or costs less.
fn improved(division: &dyn Division, budget: f64, start: &[usize]) -> Vec<usize> {
    let mut now = judged(division, start.to_vec());
    loop {
        let mut next = None;
        for module in 0..now.groups.len() {
            let fresh = now.groups.iter().max().map_or(0, |last| last + 1);
            for group in (0..=fresh).filter(|group| *group != now.groups[module]) {
                let mut groups = now.groups.clone();
                groups[module] = group;
                let other = judged(division, groups);
                if other.cost <= budget + ROUNDING && is_better(&other, next.as_ref().unwrap_or(&now)) {
                    next = Some(other);
                }
            }
        }
        match next {
            Some(better) => now = better,
            None => return now.groups,
        }
    }
}

fn is_better(one: &Grouping, other: &Grouping) -> bool {
    one.isolation > other.isolation + ROUNDING
        || (one.isolation > other.isolation - ROUNDING && one.cost < other.cost - ROUNDING)
}

/// The same groups, numbered by their first module.
fn numbered(groups: &[usize]) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    groups
        .iter()
        .map(|group| {
            seen.iter().position(|known| known == group).unwrap_or_else(|| {
                seen.push(*group);
                seen.len() - 1
            })
        })
        .collect()
}

struct Search<'d> {
    division: &'d dyn Division,
    budget: f64,
    best: Grouping,
    steps: u64,
    most_steps: u64,
}

impl Search<'_> {
    /// Places the next module into each group there is and into a new one, so that every division is met exactly once.
    fn place(&mut self, placed: &mut Vec<usize>, groups: usize) {
        self.steps += 1;
        if self.steps > self.most_steps {
            return;
        }
        let cost = self.division.cost(placed);
        if cost > self.budget + ROUNDING {
            return;
        }
        let isolation = self.division.isolation(placed);
        let best_case = Grouping { groups: Vec::new(), cost, isolation, proven: false };
        if !is_better(&best_case, &self.best) {
            return;
        }
        if placed.len() == self.division.modules() {
            self.best = Grouping { groups: placed.clone(), ..best_case };
            return;
        }
        // A group of its own first: that isolates most, and what is found early leaves out most.
        for group in (0..=groups).rev() {
            placed.push(group);
            self.place(placed, groups.max(group + 1));
            placed.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Calls between pairs, each at a price, and which modules the requests of each kind need.
    #[derive(Debug, Clone)]
    struct Small {
        modules: usize,
        calls: Vec<f64>,
        needs: Vec<Vec<bool>>,
    }

    impl Division for Small {
        fn modules(&self) -> usize {
            self.modules
        }

        fn cost(&self, groups: &[usize]) -> f64 {
            let pairs = (0..groups.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
            pairs.filter(|(a, b)| groups[*a] != groups[*b]).map(|(a, b)| self.calls[a * self.modules + b]).sum()
        }

        fn isolation(&self, groups: &[usize]) -> f64 {
            let falls = |broken: usize, module: usize| {
                broken == module || (groups.get(broken).is_some() && groups.get(broken) == groups.get(module))
            };
            let survives = |broken: usize, needs: &Vec<bool>| {
                !(0..self.modules).any(|module| needs[module] && falls(broken, module))
            };
            let count: usize =
                (0..self.modules).map(|broken| self.needs.iter().filter(|needs| survives(broken, needs)).count()).sum();
            count as f64
        }
    }

    fn all_divisions(modules: usize) -> Vec<Vec<usize>> {
        (0..modules).fold(vec![Vec::new()], |shorter, _| {
            shorter
                .into_iter()
                .flat_map(|groups: Vec<usize>| {
                    let fresh = groups.iter().max().map_or(0, |last| last + 1);
                    (0..=fresh).map(move |group| groups.iter().copied().chain([group]).collect())
                })
                .collect()
        })
    }

    fn small() -> impl Strategy<Value = (Small, f64)> {
        (2_usize..=6).prop_flat_map(|modules| {
            let calls = proptest::collection::vec(0.0..10.0_f64, modules * modules);
            let needs = proptest::collection::vec(proptest::collection::vec(any::<bool>(), modules), 1..5);
            (calls, needs, 0.0..60.0_f64)
                .prop_map(move |(calls, needs, budget)| (Small { modules, calls, needs }, budget))
        })
    }

    proptest! {
        #[test]
        fn no_division_within_the_budget_is_better_than_the_one_that_is_found((small, budget) in small()) {
            let found = best(&small, budget, u64::MAX - 1).unwrap();
            prop_assert!(found.proven && found.cost <= budget + ROUNDING);
            for groups in all_divisions(small.modules) {
                let other = judged(&small, groups);
                prop_assert!(
                    other.cost > budget + ROUNDING || !is_better(&other, &found),
                    "{other:?} is better than {found:?}"
                );
            }
        }

        #[test]
        fn a_search_that_was_given_up_keeps_to_the_budget_and_does_not_say_that_it_is_proven((small, budget) in small()) {
            let found = best(&small, budget, 0).unwrap();
            prop_assert!(!found.proven && found.cost <= budget + ROUNDING);
        }
    }

    #[test]
    fn every_division_is_met_once() {
        assert_eq!([1, 2, 3, 4, 5].map(|modules| all_divisions(modules).len()), [1, 2, 5, 15, 52]);
    }
}
