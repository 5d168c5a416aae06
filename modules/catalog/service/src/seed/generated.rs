//! The products after the ninth, each made from its number alone.

use catalog_contract::{Picture, Product};
use vocabulary::{Currency, Money, Sku};

use super::{
    kinds::{self, Kind},
    looks::Look,
    materials::Material,
};

/// Neighbours in the catalogue should be of different kinds: a step that shares no divisor with the number of kinds visits
/// them all before it repeats one.
const STEP_OVER_KINDS: usize = 11;
/// The same for the names of one kind; a prime larger than any of their factors.
const STEP_OVER_NAMES: usize = 53;
/// Kinds that begin with the same colour would make a first page of one colour: each begins that much further on.
const FIRST_NAME: usize = 29;
/// How many ids of ten digits and capitals there are.
const IDS: u128 = 36_u128.pow(10);

/// The generated product number `index`, counted from zero.
pub(super) fn product(index: usize) -> Product {
    let kinds = kinds::all();
    let place = index * STEP_OVER_KINDS % kinds.len();
    let kind = kinds[place];
    let (thing, material, look, edition) = name_parts(kind, index / kinds.len(), place * FIRST_NAME);
    let mut dice = Dice(index as u64);
    let mut name = format!("{} {} {thing}", look.word, material.word);
    if edition > 1 {
        name.push_str(&format!(", Edition {edition}"));
    }
    Product {
        sku: sku(index),
        name,
        description: description(kind, thing, material, look, &mut dice),
        price: price(kind, &mut dice),
        categories: kind.categories.iter().map(|slug| (*slug).to_owned()).collect(),
        picture: Picture { shape: kind.shape.to_owned(), hue: look.hue, variant: dice.below(997) as u16 },
    }
}

/// What the `number`-th product of a kind is called. All combinations come before one is repeated as a further edition.
fn name_parts(kind: &Kind, number: usize, first: usize) -> (&'static str, &'static Material, &'static Look, usize) {
    let combinations = kind.things.len() * kind.materials.len() * kind.looks.len();
    let pick = (first + number % combinations * STEP_OVER_NAMES) % combinations;
    let thing = kind.things[pick % kind.things.len()];
    let rest = pick / kind.things.len();
    let material = kind.materials[rest % kind.materials.len()];
    let look = &kind.looks[rest / kind.materials.len()];
    (thing, material, look, number / combinations + 1)
}

fn description(kind: &Kind, thing: &str, material: &Material, look: &Look, dice: &mut Dice) -> String {
    let article = if thing.starts_with(['A', 'E', 'I', 'O', 'U']) { "An {thing}" } else { "A {thing}" };
    let virtue = dice.pick(kind.virtues).replace("A {thing}", article).replace("{thing}", &thing.to_lowercase());
    let mut sentences = vec![virtue.as_str(), *dice.pick(&material.praise)];
    let purpose = *dice.pick(kind.uses);
    match dice.below(4) {
        0 => sentences.push(purpose),
        1 => sentences.push(look.praise),
        2 => sentences.extend([look.praise, purpose]),
        _ => {}
    }
    sentences.join(" ")
}

/// A price in the kind's range, with the endings that price tags have.
fn price(kind: &Kind, dice: &mut Dice) -> Money {
    let (lowest, highest) = kind.dollars;
    let dollars = i64::from(lowest) + dice.below(u64::from(highest - lowest)) as i64;
    let cents = *dice.pick(&[99, 99, 99, 49, 95, 50, 0]);
    Money::new(dollars * 100 + cents, Currency::USD)
}

/// Ten digits and capitals: the index, scattered by steps that can be undone, so that no two indices share an id.
fn sku(index: usize) -> Sku {
    let scatter = |number: u128| (number * 2_654_435_769_131 + 1_190_494_759_757) % IDS;
    let half = 36_u128.pow(5);
    let swap = |number: u128| number % half * half + number / half;
    let mut number = scatter(swap(scatter(index as u128)));
    let mut text = String::with_capacity(10);
    for _ in 0..10 {
        text.push(char::from_digit((number % 36) as u32, 36).unwrap_or('0').to_ascii_uppercase());
        number /= 36;
    }
    text.parse().expect("ten digits and capitals are an id")
}

/// A row of choices that depends on its seed alone (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    fn pick<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        &list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_visit_everything_before_they_repeat() {
        let kinds = kinds::all();
        assert_eq!(greatest_common_divisor(STEP_OVER_KINDS, kinds.len()), 1);
        for kind in kinds {
            let combinations = kind.things.len() * kind.materials.len() * kind.looks.len();
            assert_eq!(greatest_common_divisor(STEP_OVER_NAMES, combinations), 1, "{}", kind.shape);
        }
    }

    fn greatest_common_divisor(a: usize, b: usize) -> usize {
        if b == 0 { a } else { greatest_common_divisor(b, a % b) }
    }
}
