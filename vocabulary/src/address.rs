//! Where somebody can be reached: a postal address, an e-mail address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A postal address: every part filled in, none longer than 200 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// Town.
    pub city: String,
    /// State, province or region.
    pub state: String,
    /// Country by its usual name.
    pub country: String,
    /// Postal code, as written in that country.
    pub zip_code: String,
}

/// A part of an address that cannot be delivered to.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{part} must be filled in, with at most 200 characters and no line breaks")]
pub struct AddressError {
    /// Which part, as its form field is called.
    pub part: String,
}

impl Address {
    /// Checks each part, the first that is wrong is named.
    pub fn check(&self) -> Result<(), AddressError> {
        let parts = [
            ("street_address", &self.street),
            ("city", &self.city),
            ("state", &self.state),
            ("country", &self.country),
            ("zip_code", &self.zip_code),
        ];
        let wrong =
            |text: &str| text.trim().is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control);
        match parts.into_iter().find(|(_, text)| wrong(text)) {
            Some((part, _)) => Err(AddressError { part: part.to_owned() }),
            None => Ok(()),
        }
    }
}

/// Says that there is an address, and not which: addresses do not belong into logs.
impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Address(..)")
    }
}

/// An e-mail address: something, an at sign, a domain; at most 254 characters (RFC 5321).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// What was given is no e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an e-mail address looks like name@example.com")]
pub struct EmailError;

impl Email {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let odd = |letter: char| letter.is_whitespace() || letter.is_control() || "<>()[],;:\\\"".contains(letter);
        let Some((name, domain)) = text.rsplit_once('@') else { return Err(EmailError) };
        let domain_stands = domain.split('.').all(|label| !label.is_empty()) && domain.contains('.');
        if text.len() > 254 || name.is_empty() || name.contains('@') || !domain_stands || text.contains(odd) {
            return Err(EmailError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Email {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// Says that there is an address, and not which.
impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_have_are_read() {
        for text in ["someone@example.com", "first.last+tag@sub.example.co.uk", " trimmed@example.org "] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), text.trim());
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "@example.com", "a@b", "a@@b.c", "a b@c.d", "a@.com", "a@b.c\r\nBcc: x@y.z"] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn personal_data_does_not_show_in_debug_output() {
        let email: Email = "someone@example.com".parse().unwrap();
        assert!(!format!("{email:?}").contains("someone"));
    }

    #[test]
    fn the_first_wrong_part_is_named() {
        let part = |text: &str| text.to_owned();
        let address = Address {
            street: part("1 Main"),
            city: part(" "),
            state: part("CA"),
            country: part("US"),
            zip_code: part("9"),
        };
        assert_eq!(address.check().unwrap_err().part, "city");
    }
}
