//! Where settings come from, each value with its place.

use std::{fs, path::Path};

use config::{Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::error::SettingsError;

const PREFIX: &str = "CLEAVE__";

/// One value from one place.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) key: Vec<String>,
    pub(super) value: ValueKind,
    pub(super) origin: String,
}

/// Settings from somewhere that has no file: a topology, a flag.
#[derive(Clone, Debug)]
pub struct Layer {
    origin: String,
    pub(super) settings: Vec<Setting>,
}

impl Layer {
    /// A layer without settings; `origin` is for messages, such as `topology services, group edge`.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), settings: Vec::new() }
    }

    /// Adds `table.key` with its value as text; numbers, truth values and lists (with commas) are understood where they belong.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.push(Setting {
            key: key.split('.').map(str::to_owned).collect(),
            value: ValueKind::String(value.into()),
            origin: self.origin.clone(),
        });
        self
    }
}

pub(super) fn read_variable(name: &str, value: String) -> Option<Setting> {
    let key = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
    Some(Setting { key, value: ValueKind::String(value), origin: format!("environment variable {name}") })
}

/// The names and texts of the TOML files at a path.
pub(super) fn toml_files(path: &Path) -> Result<Vec<(String, String)>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_owned(), source };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        files = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
            .map_err(unreadable)?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
    }
    files
        .into_iter()
        .map(|file| match fs::read_to_string(&file) {
            Ok(text) => Ok((file.display().to_string(), text)),
            Err(source) => Err(SettingsError::Unreadable { path: file, source }),
        })
        .collect()
}

pub(super) fn read_toml(name: &str, text: &str) -> Result<Vec<Setting>, SettingsError> {
    let place = |offset: usize| {
        let line = 1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        format!("{name}:{line}")
    };
    let table = DeTable::parse(text).map_err(|error| SettingsError::NotToml {
        place: place(error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let mut settings = Vec::new();
    flatten(table.get_ref(), &mut Vec::new(), &place, &mut settings);
    Ok(settings)
}

fn flatten(table: &DeTable<'_>, key: &mut Vec<String>, place: &impl Fn(usize) -> String, settings: &mut Vec<Setting>) {
    for (name, value) in table {
        key.push(name.get_ref().clone().into_owned());
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => flatten(inner, key, place, settings),
            leaf => {
                let origin = place(name.span().start);
                settings.push(Setting { key: key.clone(), value: kind(leaf, &origin), origin });
            }
        }
        key.pop();
    }
}

fn kind(value: &DeValue<'_>, origin: &String) -> ValueKind {
    let inner = |value: &DeValue<'_>| Value::new(Some(origin), kind(value, origin));
    match value {
        DeValue::String(text) => ValueKind::String(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| ValueKind::String(number.to_string()), ValueKind::I64),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| ValueKind::String(number.to_string()), ValueKind::Float)
        }
        DeValue::Boolean(truth) => ValueKind::Boolean(*truth),
        DeValue::Datetime(time) => ValueKind::String(time.to_string()),
        DeValue::Array(items) => ValueKind::Array(items.iter().map(|item| inner(item.get_ref())).collect()),
        DeValue::Table(table) => ValueKind::Table(
            table.iter().map(|(name, value)| (name.get_ref().clone().into_owned(), inner(value.get_ref()))).collect(),
        ),
    }
}
