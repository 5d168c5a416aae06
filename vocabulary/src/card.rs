//! A payment card as it was typed.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// Says that there is a card, and not which.
impl fmt::Debug for Card {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Card(..)")
    }
}
