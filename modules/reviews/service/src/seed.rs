//! What people are supposed to have said before the shop opened.

mod words;

use reviews_contract::Review;
use runtime::Database;
use sea_orm::DbErr;
use uuid::Uuid;
use vocabulary::{SessionId, Sku};

use crate::{memory::Said, table};

/// The first products of the catalogue are the well-known ones: all of them have reviews, ...
const WELL_KNOWN: usize = 9;
/// ... and of the others every so many-th has.
const ONE_IN: usize = 3;
/// The last seeded review is from New Year 2026, in milliseconds since the epoch, ...
const LATEST: i64 = 1_767_225_600_000;
/// ... and the first at most so many minutes before.
const MINUTES: u64 = 500 * 24 * 60;

/// Fills an empty table with reviews of about a third of the products, given in the catalogue's order; a table with reviews is
/// left as it is.
///
/// # Errors
/// When the database refuses.
pub async fn seed(database: &Database, skus: &[Sku]) -> Result<(), DbErr> {
    let reviews: Vec<(Sku, Said)> = skus.iter().enumerate().flat_map(|(index, sku)| about(index, sku)).collect();
    database
        .store(move |tx| {
            Box::pin(async move {
                if table::is_empty(tx).await? {
                    table::insert(tx, &reviews).await?;
                }
                Ok(())
            })
        })
        .await
}

/// What is said about the product at a place in the catalogue.
fn about(index: usize, sku: &Sku) -> Vec<(Sku, Said)> {
    let mut dice = Dice(index as u64);
    let count = match index {
        0..WELL_KNOWN => 6 + dice.below(10),
        _ if index.is_multiple_of(ONE_IN) => 1 + dice.below(8),
        _ => 0,
    };
    (0..count).map(|_| (sku.clone(), said(&mut dice))).collect()
}

fn said(dice: &mut Dice) -> Said {
    let stars = match dice.below(100) {
        0..3 => 1,
        3..8 => 2,
        8..20 => 3,
        20..50 => 4,
        _ => 5,
    };
    let sentences = words::about(stars);
    let mut text = (*dice.pick(sentences.verdicts)).to_owned();
    for more in [sentences.reasons, sentences.ends] {
        if dice.below(3) > 0 {
            text.push(' ');
            let sentence: &&str = dice.pick(more);
            text.push_str(sentence);
        }
    }
    let author = Uuid::from_u64_pair(dice.next(), dice.next());
    Said {
        author: SessionId(author),
        review: Review {
            name: format!("{} {}.", dice.pick(&words::FIRST_NAMES), dice.pick(&words::INITIALS)),
            stars,
            text,
            verified: dice.below(4) > 0,
            posted_at: LATEST - dice.below(MINUTES).cast_signed() * 60_000,
        },
    }
}

/// A row of choices that depends on its seed alone (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        &list[self.below(list.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(count: usize) -> Vec<Sku> {
        (0..count).map(|number| format!("P-{number}").parse().unwrap()).collect()
    }

    fn reviews(count: usize) -> Vec<(Sku, Said)> {
        products(count).iter().enumerate().flat_map(|(index, sku)| about(index, sku)).collect()
    }

    #[test]
    fn the_well_known_products_and_about_a_third_of_the_others_are_reviewed() {
        let reviewed = products(1_000).iter().enumerate().filter(|(index, sku)| !about(*index, sku).is_empty()).count();
        assert!((300..=400).contains(&reviewed), "{reviewed}");
        assert!(products(9).iter().enumerate().all(|(index, sku)| about(index, sku).len() >= 6));
    }

    #[test]
    fn the_same_is_said_every_time() {
        assert_eq!(reviews(50), reviews(50));
    }

    #[test]
    fn nobody_says_two_things_about_one_product() {
        let mut spoken: Vec<_> = reviews(1_000).into_iter().map(|(sku, said)| (sku, said.author)).collect();
        let all = spoken.len();
        spoken.sort();
        spoken.dedup();
        assert_eq!(spoken.len(), all);
    }

    #[test]
    fn every_seeded_review_could_have_been_posted() {
        for (sku, said) in reviews(1_000) {
            let Review { name, stars, text, .. } = said.review;
            let review = reviews_contract::NewReview { sku, author: said.author, name, stars, text };
            assert_eq!(crate::check::check(review.clone()), Ok(review));
        }
    }
}
