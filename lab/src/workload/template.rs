//! Text with `${name}` in it.

use crate::http::{encode_form_value, encode_path_value};

/// The values of one journey, by slot; a slot that nothing has filled yet is empty.
#[derive(Debug, Clone, Default)]
pub struct Values(pub Vec<Option<String>>);

impl Values {
    /// The value in a slot, or nothing.
    pub fn get(&self, slot: usize) -> &str {
        self.0.get(slot).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// Text whose variables have been resolved to slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot(usize),
}

/// Why a template cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// A `${` without its `}`.
    Unclosed,
    /// A name that nothing defines.
    Unknown(String),
}

impl Template {
    /// Resolves the names in `text` among `slots`.
    pub fn parse(text: &str, slots: &[String]) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            let after = &rest[start + 2..];
            let end = after.find('}').ok_or(TemplateError::Unclosed)?;
            let name = after[..end].trim();
            let slot = slots
                .iter()
                .position(|candidate| candidate == name)
                .ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
            parts.push(Part::Slot(slot));
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The slots that this text reads.
    pub fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot(slot) => Some(*slot),
            Part::Text(_) => None,
        })
    }

    /// The text as it stands, with the values filled in.
    pub fn plain(&self, values: &Values) -> String {
        self.render(values, |value, into| into.push_str(value))
    }

    /// The text as a path: values are percent-encoded.
    pub fn path(&self, values: &Values) -> String {
        self.render(values, encode_path_value)
    }

    /// Appends the text as the value of a form field.
    pub fn form_value(&self, values: &Values, into: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => encode_form_value(text, into),
                Part::Slot(slot) => encode_form_value(values.get(*slot), into),
            }
        }
    }

    fn render(&self, values: &Values, push: impl Fn(&str, &mut String)) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Slot(slot) => push(values.get(*slot), &mut out),
            }
        }
        out
    }
}
