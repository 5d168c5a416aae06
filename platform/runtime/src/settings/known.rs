//! Which settings exist, read from the struct's defaults.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    error::{UnknownKey, nearest},
    sources::Setting,
};

/// The built-in defaults, as a tree whose leaves are the settings.
pub(super) struct Known(Json);

impl Known {
    pub(super) fn of(defaults: &impl Serialize) -> Self {
        Self(serde_json::to_value(defaults).unwrap_or_default())
    }

    /// The built-in value of each setting that has one.
    pub(super) fn defaults(&self) -> BTreeMap<Vec<String>, Value> {
        let mut defaults = BTreeMap::new();
        walk(&self.0, &mut Vec::new(), &mut |key, value| {
            if !value.is_null() {
                defaults.insert(key.to_vec(), Value::new(Some(&"the built-in defaults".to_owned()), kind(value)));
            }
        });
        defaults
    }

    /// Says what is wrong with the key of a setting, if anything is.
    pub(super) fn check(&self, setting: &Setting) -> Option<UnknownKey> {
        let mut place = &self.0;
        for name in &setting.key {
            if is_open(place) {
                return None;
            }
            match place.get(name) {
                Some(inner) => place = inner,
                None => return Some(self.unknown(setting)),
            }
        }
        // A plain value where a table belongs is left to the struct, which knows what it expects.
        None
    }

    /// The value as the struct wants it: a list that came as text, from a variable or a flag, is taken apart at its commas.
    pub(super) fn fit(&self, setting: &Setting) -> Value {
        let default = setting.key.iter().try_fold(&self.0, |place, name| place.get(name));
        let kind = match (&setting.value, default) {
            (ValueKind::String(text), Some(Json::Array(_))) => ValueKind::Array(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Value::new(Some(&setting.origin), ValueKind::from(item)))
                    .collect(),
            ),
            (value, _) => value.clone(),
        };
        Value::new(Some(&setting.origin), kind)
    }

    fn unknown(&self, setting: &Setting) -> UnknownKey {
        let mut names = Vec::new();
        walk(&self.0, &mut Vec::new(), &mut |key, _| names.push(key.join(".")));
        let key = setting.key.join(".");
        let nearest = nearest(&key, names.iter().map(String::as_str)).map(str::to_owned);
        UnknownKey { key, origin: setting.origin.clone(), nearest }
    }
}

/// Visits the leaves of a tree. A table without keys is one: a map that takes any.
pub(super) fn walk(tree: &Json, key: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Json)) {
    match tree {
        Json::Object(table) if !table.is_empty() => {
            for (name, inner) in table {
                key.push(name.clone());
                walk(inner, key, visit);
                key.pop();
            }
        }
        leaf => visit(key, leaf),
    }
}

/// Below an empty map, and below something optional that is not there, the struct alone knows what is allowed.
fn is_open(place: &Json) -> bool {
    place.is_null() || place.as_object().is_some_and(serde_json::Map::is_empty)
}

fn kind(value: &Json) -> ValueKind {
    match value {
        Json::Null => ValueKind::Nil,
        Json::Bool(value) => ValueKind::Boolean(*value),
        Json::Number(number) => number
            .as_i64()
            .map(ValueKind::I64)
            .or_else(|| number.as_u64().map(ValueKind::U64))
            .or_else(|| number.as_f64().map(ValueKind::Float))
            .unwrap_or_default(),
        Json::String(text) => ValueKind::String(text.clone()),
        Json::Array(items) => ValueKind::Array(items.iter().map(|item| Value::new(None, kind(item))).collect()),
        Json::Object(table) => {
            ValueKind::Table(table.iter().map(|(name, inner)| (name.clone(), Value::new(None, kind(inner)))).collect())
        }
    }
}
