//! The card numbers for tests, each of which passes its check digit.

use vocabulary::Card;

use crate::entry::Manner;

/// Is always declined.
pub const DECLINED_CARD: &str = "4000000000000002";

/// Each command for an order paid with it takes effect, but its first answer is lost: the connection is closed instead.
pub const LOST_ANSWER_CARD: &str = "4000000000000119";

/// Its authorisation is answered after two seconds.
pub const SLOW_CARD: &str = "4000000000000259";

/// How the provider treats what is paid with a card.
pub(crate) fn manner_of(card: &Card) -> Manner {
    match card.digits().as_str() {
        DECLINED_CARD => Manner::Declining,
        LOST_ANSWER_CARD => Manner::LosingAnswers,
        SLOW_CARD => Manner::Slow,
        _ => Manner::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_numbers_pass_every_check_of_a_form() {
        for number in [DECLINED_CARD, LOST_ANSWER_CARD, SLOW_CARD] {
            let card = Card {
                number: number.to_owned(),
                expiration_month: 12,
                expiration_year: 2030,
                security_code: "123".to_owned(),
            };
            assert_eq!(card.check(2026, 11).unwrap().network, "Visa", "{number}");
        }
    }

    #[test]
    fn a_documented_number_is_known_however_it_is_typed() {
        let card = Card {
            number: "4000 0000-0000 0002".to_owned(),
            expiration_month: 12,
            expiration_year: 2030,
            security_code: "123".to_owned(),
        };
        assert_eq!(manner_of(&card), Manner::Declining);
    }
}
