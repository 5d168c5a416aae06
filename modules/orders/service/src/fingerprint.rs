//! By what a repeated check-out is told from another one under the same key.

use orders_contract::CheckOut;
use sha2::{Digest as _, Sha256};

/// A digest of all that was asked for, but for the card: of that, only what may be kept goes in, because the other digits could be
/// found again by trying.
pub(crate) fn fingerprint(wanted: &CheckOut) -> String {
    let digits = wanted.card.digits();
    // A card has passed its check by now, and has only ASCII digits; a shorter text would be taken whole.
    let last_four = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default();
    let address = &wanted.address;
    let parts = [
        wanted.cart.0.to_string(),
        wanted.currency.to_string(),
        wanted.email.as_str().to_owned(),
        address.street.clone(),
        address.city.clone(),
        address.state.clone(),
        address.country.clone(),
        address.zip_code.clone(),
        last_four.to_owned(),
        wanted.card.expiration_month.to_string(),
        wanted.card.expiration_year.to_string(),
        wanted.coupon.clone().unwrap_or_default(),
    ];
    let mut digest = Sha256::new();
    for part in &parts {
        // With its length before it, no part can run over into the next.
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use vocabulary::{Address, Card, CartId, Currency, SessionId};

    use super::*;

    fn wanted() -> CheckOut {
        let part = |text: &str| text.to_owned();
        let session = SessionId("0190a7c1-7b00-7000-8000-000000000001".parse().unwrap());
        CheckOut {
            key: part("key"),
            session,
            cart: CartId::from(session),
            currency: Currency::USD,
            email: "someone@example.com".parse().unwrap(),
            address: Address {
                street: part("1 Main Street"),
                city: part("Springfield"),
                state: part("IL"),
                country: part("United States"),
                zip_code: part("62701"),
            },
            card: Card {
                number: part("4432801561520454"),
                expiration_month: 1,
                expiration_year: 2039,
                security_code: part("672"),
            },
            coupon: None,
        }
    }

    #[test]
    fn each_part_of_what_was_asked_for_counts() {
        let one = fingerprint(&wanted());
        let others = [
            ("the currency", CheckOut { currency: Currency::EUR, ..wanted() }),
            ("the e-mail", CheckOut { email: "other@example.com".parse().unwrap(), ..wanted() }),
            ("the coupon", CheckOut { coupon: Some("WELCOME".to_owned()), ..wanted() }),
            (
                "the card",
                CheckOut { card: Card { number: "4111111111111111".to_owned(), ..wanted().card }, ..wanted() },
            ),
            ("the year", CheckOut { card: Card { expiration_year: 2040, ..wanted().card }, ..wanted() }),
            ("the city", CheckOut { address: Address { city: "Chicago".to_owned(), ..wanted().address }, ..wanted() }),
        ];
        for (what, other) in others {
            assert_ne!(fingerprint(&other), one, "{what}");
        }
        assert_eq!(fingerprint(&wanted()), one);
        let moved = Address { street: "1 Main".to_owned(), city: " StreetSpringfield".to_owned(), ..wanted().address };
        assert_ne!(fingerprint(&CheckOut { address: moved, ..wanted() }), one, "no part runs into the next");
    }

    #[test]
    fn the_digits_that_may_not_be_kept_are_not_in_it() {
        let same_end = Card { number: "4111 1111 1111 0454".to_owned(), ..wanted().card };
        assert_eq!(fingerprint(&CheckOut { card: same_end, ..wanted() }), fingerprint(&wanted()));
    }
}
