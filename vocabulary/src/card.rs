//! A payment card as it was typed.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many years ahead a card may say that it ends.
const YEARS_AHEAD: i64 = 71;

/// A card as it was typed; nothing about it has been checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// 13 to 19 digits; spaces and dashes are passed over.
    pub number: String,
    /// 1 to 12.
    pub expiration_month: u8,
    /// Four digits.
    pub expiration_year: u16,
    /// Three or four digits.
    pub security_code: String,
}

/// What may be kept and shown of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFace {
    /// Its network, such as `Visa`; `Card` where that is not known.
    pub network: &'static str,
    /// The last four digits of its number.
    pub last_four: String,
}

/// A part of a card that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct CardError {
    /// Which part, as its form field is called.
    pub part: &'static str,
    /// What is wrong with it, and what to do.
    pub reason: &'static str,
}

impl Card {
    /// Checks all that can be known of a card without asking its bank, in the month `month` (1 to 12) of `year`; the first part
    /// that is wrong is named.
    pub fn check(&self, year: i64, month: u32) -> Result<CardFace, CardError> {
        let wrong = |part, reason| Err(CardError { part, reason });
        let number = self.digits();
        if !(13..=19).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return wrong("credit_card_number", "a card number has 13 to 19 digits");
        }
        if !passes_luhn(&number) {
            return wrong("credit_card_number", "this is no card number: check it digit by digit");
        }
        if !(1..=12).contains(&self.expiration_month) {
            return wrong("credit_card_expiration_month", "a month is 1 to 12");
        }
        let (ends_year, ends_month) = (i64::from(self.expiration_year), u32::from(self.expiration_month));
        if ends_year < year {
            return wrong("credit_card_expiration_year", "this card has expired");
        }
        if (ends_year, ends_month) < (year, month) {
            return wrong("credit_card_expiration_month", "this card has expired");
        }
        if ends_year > year + YEARS_AHEAD {
            return wrong("credit_card_expiration_year", "no card is valid for so long: check the year");
        }
        let code = &self.security_code;
        if !(3..=4).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return wrong("credit_card_cvv", "a security code has three or four digits");
        }
        let last_four = number[number.len() - 4..].to_owned();
        Ok(CardFace { network: network(&number), last_four })
    }

    /// The number without the spaces and dashes it was typed with.
    pub fn digits(&self) -> String {
        self.number.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect()
    }
}

/// Says that there is a card, and not which.
impl fmt::Debug for Card {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Card(..)")
    }
}

/// As people name their card: `Visa ending in 1111`.
impl fmt::Display for CardFace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ending in {}", self.network, self.last_four)
    }
}

/// The check digit of ISO/IEC 7812-1, which finds every single wrong digit.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn network(digits: &str) -> &'static str {
    let leading = |count: usize| digits[..count].parse::<u32>().unwrap_or(0);
    match (leading(1), leading(2), leading(4)) {
        (4, ..) => "Visa",
        (_, 51..=55, _) | (_, _, 2221..=2720) => "Mastercard",
        (_, 34 | 37, _) => "American Express",
        (_, 65, _) | (_, _, 6011 | 6440..=6499) => "Discover",
        (_, 36 | 38 | 39, _) => "Diners Club",
        (_, _, 3528..=3589) => "JCB",
        _ => "Card",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn card(number: &str) -> Card {
        Card { number: number.to_owned(), expiration_month: 1, expiration_year: 2030, security_code: "123".to_owned() }
    }

    #[test]
    fn a_card_shows_its_network_and_last_four_digits() {
        let faces = [
            ("4432-8015-6152-0454", "Visa ending in 0454"),
            ("4111 1111 1111 1111", "Visa ending in 1111"),
            ("5555555555554444", "Mastercard ending in 4444"),
            ("2223003122003222", "Mastercard ending in 3222"),
            ("378282246310005", "American Express ending in 0005"),
            ("6011111111111117", "Discover ending in 1117"),
            ("4222222222222", "Visa ending in 2222"),
        ];
        for (number, face) in faces {
            assert_eq!(card(number).check(2026, 11).unwrap().to_string(), face, "{number}");
        }
    }

    #[test]
    fn a_card_is_good_until_the_end_of_its_last_month_and_for_71_years_at_most() {
        let ends = |month, year| {
            let card = Card { expiration_month: month, expiration_year: year, ..card("4111111111111111") };
            card.check(2026, 11).map_err(|error| error.part)
        };
        assert!(ends(11, 2026).is_ok(), "this month");
        assert!(ends(12, 2097).is_ok(), "71 years ahead");
        assert_eq!(ends(10, 2026), Err("credit_card_expiration_month"), "last month");
        assert_eq!(ends(12, 2025), Err("credit_card_expiration_year"), "last year");
        assert_eq!(ends(1, 2098), Err("credit_card_expiration_year"), "72 years ahead");
        assert_eq!(ends(13, 2030), Err("credit_card_expiration_month"), "no month");
        assert_eq!(ends(0, 2030), Err("credit_card_expiration_month"), "no month either");
    }

    #[test]
    fn the_first_wrong_part_is_named_as_in_the_form() {
        for (number, reason) in [
            ("4111111111111112", "a wrong digit"),
            ("411111111111", "too short"),
            ("41111111111111111111", "too long"),
            ("4111x11111111111", "a letter"),
            ("", "nothing"),
        ] {
            assert_eq!(card(number).check(2026, 11).unwrap_err().part, "credit_card_number", "{reason}");
        }
        for code in ["12", "12345", "12a", "", "١٢٣"] {
            let card = Card { security_code: code.to_owned(), ..card("4111111111111111") };
            assert_eq!(card.check(2026, 11).unwrap_err().part, "credit_card_cvv", "{code:?}");
        }
    }

    #[test]
    fn a_card_does_not_show_in_debug_output() {
        assert_eq!(format!("{:?}", card("4111111111111111")), "Card(..)");
    }

    proptest! {
        #[test]
        fn every_single_wrong_digit_is_found(stem in "4[0-9]{14}", place in 0_usize..16, by in 1_u8..10) {
            let check = (0..10).map(|digit| format!("{stem}{digit}")).find(|number| passes_luhn(number)).unwrap();
            let mut digits = check.into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            prop_assert!(!passes_luhn(&String::from_utf8(digits).unwrap()));
        }

        #[test]
        fn nothing_typed_into_the_form_is_a_panic(number in ".{0,40}", month: u8, year: u16, code in ".{0,6}") {
            let _ = Card { number, expiration_month: month, expiration_year: year, security_code: code }.check(2026, 11);
        }
    }
}
