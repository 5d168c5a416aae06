//! The number a carrier knows a parcel by.

use sha2::{Digest as _, Sha256};
use vocabulary::OrderId;

/// Digits and capitals without those that are mistaken for others (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number of an order's parcel, such as `CV-8F3K-22M9-Q1`: 50 bits of a hash of the order's id.
///
/// It is the same whenever it is asked for, and tells nobody the order's id, which opens the order's page.
pub(crate) fn number(order: OrderId) -> String {
    let digest = Sha256::digest(order.0.as_bytes());
    let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let letter = |place: u32| char::from(LETTERS[usize::from((bits >> (5 * place)) as u8 & 31)]);
    let mut number = String::from("CV-");
    for place in 0..10 {
        if place == 4 || place == 8 {
            number.push('-');
        }
        number.push(letter(place));
    }
    number
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_order_has_one_number_and_another_order_another() {
        let orders: Vec<OrderId> = (0..1_000).map(|_| OrderId::generate()).collect();

        let numbers: BTreeSet<String> = orders.iter().map(|order| number(*order)).collect();

        assert_eq!(numbers.len(), orders.len());
        assert!(orders.iter().all(|order| numbers.contains(&number(*order))));
    }

    #[test]
    fn a_number_can_be_read_out_over_the_telephone() {
        let number = number(OrderId::generate());

        assert_eq!(number.split('-').map(str::len).collect::<Vec<_>>(), [2, 4, 4, 2]);
        assert!(number[2..].bytes().all(|letter| letter == b'-' || LETTERS.contains(&letter)), "{number}");
    }

    #[test]
    fn the_number_of_an_order_never_changes() {
        let order = "01931d3e-0000-7000-8000-000000000001".parse().unwrap();

        assert_eq!(number(order), "CV-H2XV-W9KR-D0", "parcels that are under way would not be found again");
    }
}
