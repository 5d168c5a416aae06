//! Settings: many sources, one struct, and for each value where it came from.
//!
//! The struct belongs to the binary; its `Default` is the list of all settings that exist. Sources are added from the weakest
//! to the strongest:
//!
//! ```
//! use runtime::settings::{Layer, Settings};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Shop { listen: String, page: Page }
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Page { products: u32 }
//!
//! impl Default for Shop {
//!     fn default() -> Self { Self { listen: "127.0.0.1:8080".into(), page: Page { products: 24 } } }
//! }
//!
//! let settings = Settings::<Shop>::sources()
//!     .toml("config/shop.toml", "[page]\nproducts = 12\n")
//!     .layer(Layer::new("--listen").set("listen", "127.0.0.1:0"))
//!     .load()?;
//! assert_eq!((settings.value.page.products, settings.value.listen.as_str()), (12, "127.0.0.1:0"));
//! assert_eq!(settings.explain()[1].to_string(), "page.products = 12  # config/shop.toml:2");
//! # Ok::<(), runtime::settings::SettingsError>(())
//! ```
//!
//! A key that does not exist is an error in every source, and says which one was probably meant.

mod error;
mod known;
mod secret;
mod sources;

use std::{collections::BTreeMap, fmt, marker::PhantomData, path::Path};

use config::{Config, Map, Source, Value, ValueKind};
use serde::{Serialize, de::DeserializeOwned};

pub use error::{SettingsError, UnknownKey, nearest};
use known::Known;
pub use secret::Secret;
pub use sources::Layer;
use sources::Setting;

/// Loaded settings.
#[derive(Clone, Debug)]
pub struct Settings<T> {
    /// The settings.
    pub value: T,
    origins: BTreeMap<String, String>,
}

/// One setting, its value with secrets blacked out, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name, as `table.key`.
    pub key: String,
    /// Its value as TOML would write it.
    pub value: String,
    /// A file and line, an environment variable, a flag, a topology, or `built-in default`.
    pub origin: String,
}

impl<T: Default + Serialize + DeserializeOwned> Settings<T> {
    /// Begins with the built-in defaults.
    #[must_use]
    pub fn sources() -> Sources<T> {
        Sources { settings: Vec::new(), problem: None, of: PhantomData }
    }

    /// Every setting that exists, sorted by name.
    #[must_use]
    pub fn explain(&self) -> Vec<Explained> {
        let mut explained = Vec::new();
        let values = serde_json::to_value(&self.value).unwrap_or_default();
        known::walk(&values, &mut Vec::new(), &mut |key, value| {
            let key = key.join(".");
            let origin = self.origins.get(&key).cloned().unwrap_or_else(|| "built-in default".to_owned());
            explained.push(Explained { key, value: value.to_string(), origin });
        });
        explained.sort_by(|one, other| one.key.cmp(&other.key));
        explained
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}  # {}", self.key, self.value, self.origin)
    }
}

/// Where settings come from; each source overrides those before it.
#[derive(Debug)]
pub struct Sources<T> {
    settings: Vec<Setting>,
    /// The first source that could not be read; reported by `load`, so that sources can be chained.
    problem: Option<SettingsError>,
    of: PhantomData<fn() -> T>,
}

impl<T: Default + Serialize + DeserializeOwned> Sources<T> {
    /// Adds all `*.toml` of a folder in the order of their names, or one file. What is not there is an error.
    #[must_use]
    pub fn path(self, path: &Path) -> Self {
        match sources::toml_files(path) {
            Ok(files) => files.into_iter().fold(self, |sources, (name, text)| sources.toml(&name, &text)),
            Err(problem) => self.broken(problem),
        }
    }

    /// Adds settings written as TOML; `name` is for messages.
    #[must_use]
    pub fn toml(self, name: &str, text: &str) -> Self {
        match sources::read_toml(name, text) {
            Ok(settings) => self.add(settings),
            Err(problem) => self.broken(problem),
        }
    }

    /// Adds what a topology or flags say.
    #[must_use]
    pub fn layer(self, layer: Layer) -> Self {
        self.add(layer.settings)
    }

    /// Adds the environment: `CLEAVE__PAGE__PRODUCTS=12` is `page.products`.
    #[must_use]
    pub fn environment(self) -> Self {
        self.variables(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Adds variables as [`environment`](Self::environment) does; those with other names are passed over.
    #[must_use]
    pub fn variables(self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.add(variables.into_iter().filter_map(|(name, value)| sources::read_variable(&name, value)).collect())
    }

    /// Reads all sources into the struct.
    ///
    /// # Errors
    /// When a file cannot be read, a key does not exist, or a value is of the wrong type: each with where it stands.
    pub fn load(self) -> Result<Settings<T>, SettingsError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let known = Known::of(&T::default());
        let unknown: Vec<UnknownKey> = self.settings.iter().filter_map(|setting| known.check(setting)).collect();
        if !unknown.is_empty() {
            return Err(SettingsError::Unknown(unknown));
        }

        let mut merged: BTreeMap<Vec<String>, Value> = known.defaults();
        let mut origins = BTreeMap::new();
        for setting in self.settings {
            let value = known.fit(&setting);
            origins.insert(setting.key.join("."), setting.origin);
            merged.insert(setting.key, value);
        }
        let config = Config::builder().add_source(Merged(nest(merged))).build().map_err(SettingsError::Value)?;
        Ok(Settings { value: config.try_deserialize().map_err(SettingsError::Value)?, origins })
    }

    fn add(mut self, settings: Vec<Setting>) -> Self {
        self.settings.extend(settings);
        self
    }

    fn broken(mut self, problem: SettingsError) -> Self {
        self.problem.get_or_insert(problem);
        self
    }
}

/// The result of all sources, as `config` takes it.
#[derive(Clone, Debug)]
struct Merged(Map<String, Value>);

impl Source for Merged {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

fn nest(settings: BTreeMap<Vec<String>, Value>) -> Map<String, Value> {
    let mut root = Map::new();
    for (key, value) in settings {
        let Some((last, tables)) = key.split_last() else { continue };
        let mut table = &mut root;
        for name in tables {
            let inner: &mut Value =
                table.entry(name.clone()).or_insert_with(|| Value::new(None, ValueKind::Table(Map::new())));
            // A table that takes the place of a plain value: the plain one came from a weaker source.
            if !matches!(inner.kind, ValueKind::Table(_)) {
                inner.kind = ValueKind::Table(Map::new());
            }
            let ValueKind::Table(within) = &mut inner.kind else { unreachable!("it has just been made a table") };
            table = within;
        }
        table.insert(last.clone(), value);
    }
    root
}

#[cfg(test)]
mod tests;
