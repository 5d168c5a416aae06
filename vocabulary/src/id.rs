//! Ids: newtypes, so that none is mistaken for another; sortable by the time they were made.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The id of a product and of its place on the shelf: 1 to 24 capitals, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct Sku(CompactString);

/// What was given is no product id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a product id has 1 to 24 capital letters, digits and dashes")]
pub struct SkuError;

impl Sku {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sku {
    type Err = SkuError;

    fn from_str(text: &str) -> Result<Self, SkuError> {
        CompactString::from(text).try_into()
    }
}

impl TryFrom<CompactString> for Sku {
    type Error = SkuError;

    fn try_from(text: CompactString) -> Result<Self, SkuError> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=24).contains(&text.len()) && text.bytes().all(allowed) { Ok(Self(text)) } else { Err(SkuError) }
    }
}

impl From<Sku> for CompactString {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

macro_rules! uuid_newtype {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, which sorts after those made before it.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

uuid_newtype! {
    /// The id of an order.
    OrderId
}
uuid_newtype! {
    /// The id of a visit: who has the cookie has the visit, logged in or not.
    SessionId
}
uuid_newtype! {
    /// The id of somebody with an account.
    PersonId
}
uuid_newtype! {
    /// The id of a cart: that of the session it belongs to, or of the person.
    CartId
}

impl From<SessionId> for CartId {
    fn from(session: SessionId) -> Self {
        Self(session.0)
    }
}

impl From<PersonId> for CartId {
    fn from(person: PersonId) -> Self {
        Self(person.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_ids_of_every_allowed_shape_are_read() {
        for text in ["OLJCESPC7Z", "0PUK6V6EV0", "A", "MUG-00042"] {
            assert_eq!(text.parse::<Sku>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_product_id_is_refused() {
        let wrong =
            [("", "empty"), ("mug", "small letters"), ("A B", "a space"), ("A/../B", "a path"), ("ÄÖ", "not ASCII")];
        for (text, reason) in wrong {
            assert_eq!(text.parse::<Sku>(), Err(SkuError), "{reason}");
        }
        assert_eq!("A".repeat(25).parse::<Sku>(), Err(SkuError), "too long");
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let ids: Vec<_> = (0..100).map(|_| OrderId::generate()).collect();
        assert!(ids.is_sorted());
    }
}
