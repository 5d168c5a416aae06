//! The check-out form: read with patience, given back with remarks beside the fields.

use serde::Deserialize;
use vocabulary::{Address, Card, Email};

/// The form as it was sent, with Online Boutique's names of fields.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CheckOutForm {
    pub(crate) email: String,
    pub(crate) street_address: String,
    pub(crate) zip_code: String,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) country: String,
    pub(crate) credit_card_number: String,
    pub(crate) credit_card_expiration_month: String,
    pub(crate) credit_card_expiration_year: String,
    pub(crate) credit_card_cvv: String,
    pub(crate) coupon: String,
    pub(crate) idempotency_key: String,
}

/// What could be read from a form.
pub(crate) struct Wishes {
    pub(crate) email: Email,
    pub(crate) address: Address,
    pub(crate) card: Card,
    pub(crate) coupon: Option<String>,
}

/// Something about one field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) field: String,
    pub(crate) text: String,
}

/// A field as the page draws it.
pub(crate) struct Field<'a> {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) inputmode: &'static str,
    pub(crate) value: &'a str,
    pub(crate) remark: Option<&'a str>,
    pub(crate) required: bool,
}

impl CheckOutForm {
    /// A form with an address in it already.
    pub(crate) fn for_address(email: &str, address: Option<&Address>) -> Self {
        let mut form = Self { email: email.to_owned(), ..Self::default() };
        if let Some(address) = address {
            form.street_address.clone_from(&address.street);
            form.zip_code.clone_from(&address.zip_code);
            form.city.clone_from(&address.city);
            form.state.clone_from(&address.state);
            form.country.clone_from(&address.country);
        }
        form
    }

    /// Reads all fields, or says of each that cannot be right what is wrong with it.
    ///
    /// Whether the card is good, only the till can tell.
    pub(crate) fn read(&self) -> Result<Wishes, Vec<Remark>> {
        let mut remarks = Vec::new();
        let mut remark =
            |field: &str, text: &str| remarks.push(Remark { field: field.to_owned(), text: text.to_owned() });
        let email: Option<Email> = self.email.parse().ok();
        if email.is_none() {
            remark("email", "An e-mail address looks like name@example.com.");
        }
        let address = self.address();
        for (field, text) in address_parts(&address) {
            if text.is_empty() {
                remark(field, "Fill this in, so that the parcel finds you.");
            } else if text.chars().count() > 200 || text.chars().any(char::is_control) {
                remark(field, "At most 200 characters, on one line.");
            }
        }
        let digits = self.credit_card_number.chars().filter(char::is_ascii_digit).count();
        let only_digits =
            self.credit_card_number.chars().all(|letter| letter.is_ascii_digit() || " -".contains(letter));
        if !only_digits || !(13..=19).contains(&digits) {
            remark("credit_card_number", "A card number has 13 to 19 digits.");
        }
        let month = self.credit_card_expiration_month.trim().parse().ok().filter(|month| (1..=12).contains(month));
        if month.is_none() {
            remark("credit_card_expiration_month", "A month from 1 to 12.");
        }
        let year = four_digit_year(self.credit_card_expiration_year.trim());
        if year.is_none() {
            remark("credit_card_expiration_year", "A year, such as 2031.");
        }
        let security_code = self.credit_card_cvv.trim();
        if !(3..=4).contains(&security_code.len()) || !security_code.bytes().all(|digit| digit.is_ascii_digit()) {
            remark("credit_card_cvv", "The three or four digits on the back.");
        }
        match (email, month, year) {
            (Some(email), Some(expiration_month), Some(expiration_year)) if remarks.is_empty() => Ok(Wishes {
                email,
                address,
                card: Card {
                    number: self.credit_card_number.trim().to_owned(),
                    expiration_month,
                    expiration_year,
                    security_code: security_code.to_owned(),
                },
                coupon: Some(self.coupon.trim()).filter(|code| !code.is_empty()).map(str::to_owned),
            }),
            _ => Err(remarks),
        }
    }

    /// The key under which this form may be sent again; a plain client that has none gets its own.
    pub(crate) fn key(&self) -> Option<&str> {
        Some(self.idempotency_key.as_str()).filter(|key| (1..=100).contains(&key.len()))
    }

    fn address(&self) -> Address {
        let part = |text: &str| text.trim().to_owned();
        Address {
            street: part(&self.street_address),
            city: part(&self.city),
            state: part(&self.state),
            country: part(&self.country),
            zip_code: part(&self.zip_code),
        }
    }

    /// Where the parcel goes: values are given back.
    pub(crate) fn address_fields<'a>(&'a self, remarks: &'a [Remark]) -> [Field<'a>; 6] {
        let field = |name, label, hint, autocomplete, value| Field {
            name,
            label,
            hint,
            autocomplete,
            inputmode: if name == "email" { "email" } else { "text" },
            value,
            remark: remark_on(name, remarks),
            required: true,
        };
        [
            field("email", "E-mail", "name@example.com", "email", self.email.as_str()),
            field("street_address", "Street and number", "12 Mill Lane", "street-address", &self.street_address),
            field("zip_code", "Postal code", "", "postal-code", &self.zip_code),
            field("city", "City", "", "address-level2", &self.city),
            field("state", "State or region", "", "address-level1", &self.state),
            field("country", "Country", "", "country-name", &self.country),
        ]
    }

    /// How it is paid: what was typed about a card is never sent back.
    pub(crate) fn card_fields<'a>(&'a self, remarks: &'a [Remark]) -> [Field<'a>; 5] {
        let field = |name, label, hint, autocomplete| Field {
            name,
            label,
            hint,
            autocomplete,
            inputmode: "numeric",
            value: "",
            remark: remark_on(name, remarks),
            required: true,
        };
        [
            field("credit_card_number", "Card number", "4432 8015 6152 0454", "cc-number"),
            field("credit_card_expiration_month", "Month", "MM", "cc-exp-month"),
            field("credit_card_expiration_year", "Year", "YYYY", "cc-exp-year"),
            field("credit_card_cvv", "CVV code", "123", "cc-csc"),
            Field {
                name: "coupon",
                label: "Coupon, if you have one",
                hint: "",
                autocomplete: "off",
                inputmode: "text",
                value: &self.coupon,
                remark: remark_on("coupon", remarks),
                required: false,
            },
        ]
    }
}

fn address_parts(address: &Address) -> [(&'static str, &str); 5] {
    [
        ("street_address", &address.street),
        ("zip_code", &address.zip_code),
        ("city", &address.city),
        ("state", &address.state),
        ("country", &address.country),
    ]
}

fn remark_on<'a>(name: &str, remarks: &'a [Remark]) -> Option<&'a str> {
    remarks.iter().find(|remark| remark.field == name).map(|remark| remark.text.as_str())
}

/// `2031`, or `31` as cards print it.
fn four_digit_year(text: &str) -> Option<u16> {
    match (text.len(), text.parse::<u16>().ok()?) {
        (4, year) if year >= 2_000 => Some(year),
        (2, year) => Some(2_000 + year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled_in() -> CheckOutForm {
        CheckOutForm {
            email: "someone@example.com".into(),
            street_address: "1 Main".into(),
            zip_code: "SW1A 1AA".into(),
            city: "Sometown".into(),
            state: "CA".into(),
            country: "United States".into(),
            credit_card_number: "4432-8015-6152-0454".into(),
            credit_card_expiration_month: "1".into(),
            credit_card_expiration_year: "2097".into(),
            credit_card_cvv: "672".into(),
            ..CheckOutForm::default()
        }
    }

    #[test]
    fn a_form_that_is_filled_in_is_read() {
        let wishes = filled_in().read().ok().unwrap();
        assert_eq!((wishes.card.expiration_month, wishes.card.expiration_year), (1, 2097));
        assert_eq!(wishes.coupon, None);
        assert_eq!(wishes.address.zip_code, "SW1A 1AA");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let remarks = CheckOutForm::default().read().err().unwrap();
        let fields: Vec<_> = remarks.iter().map(|remark| remark.field.as_str()).collect();
        let expected = [
            "email",
            "street_address",
            "zip_code",
            "city",
            "state",
            "country",
            "credit_card_number",
            "credit_card_expiration_month",
            "credit_card_expiration_year",
            "credit_card_cvv",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn odd_cards_are_remarked_upon() {
        type Change = fn(&mut CheckOutForm);
        let cases: [(Change, &str, &str); 6] = [
            (|form| form.credit_card_number = "4432x8015".into(), "credit_card_number", "letters"),
            (|form| form.credit_card_number = "1234".into(), "credit_card_number", "too short"),
            (|form| form.credit_card_expiration_month = "13".into(), "credit_card_expiration_month", "no such month"),
            (|form| form.credit_card_expiration_year = "203".into(), "credit_card_expiration_year", "three digits"),
            (|form| form.credit_card_cvv = "12".into(), "credit_card_cvv", "too short"),
            (|form| form.credit_card_cvv = "1a3".into(), "credit_card_cvv", "a letter"),
        ];
        for (change, field, reason) in cases {
            let mut form = filled_in();
            change(&mut form);
            let remarks = form.read().err().unwrap();
            assert_eq!(remarks.iter().map(|remark| remark.field.as_str()).collect::<Vec<_>>(), [field], "{reason}");
        }
    }

    #[test]
    fn a_card_is_never_given_back() {
        let form = filled_in();
        let fields = form.card_fields(&[]);
        assert!(fields.iter().all(|field| field.value.is_empty()));
    }
}
