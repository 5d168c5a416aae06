//! All settings there are, with their built-in values, and where else they may come from.

use std::path::{Path, PathBuf};

use runtime::{
    settings::{Layer, Settings as Loaded, SettingsError},
    telemetry::Format,
};
use serde::{Deserialize, Serialize};

use crate::cli::ServeOptions;

/// Settings next to the built-in ones, read when the folder the process starts in has them.
const USUAL_FILE: &str = "config/cleave.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The public address.
    pub listen: String,
    /// The internal address; empty for none, as a monolith needs none.
    pub internal: String,
    /// The folder of the databases.
    pub data: PathBuf,
    /// Worker threads of each listener; 0 for one per core this process may use.
    pub workers: usize,
    /// How long a process that was asked to end may take, in milliseconds.
    pub drain_ms: u64,
    /// What is logged.
    pub log: Log,
    /// What a new data folder is filled with.
    pub seed: Seed,
    /// The payment provider.
    pub provider: Provider,
    /// How processes speak to one another.
    pub seam: Seam,
    /// The pages.
    #[cfg(feature = "storefront")]
    pub storefront: storefront::Settings,
    /// Known changes to the shop's cost, by which the lab checks itself.
    pub lab: Lab,
}

/// What is logged.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Such as `info,sqlx=warn`.
    pub filter: String,
    /// `human` or `json`.
    pub format: Format,
}

/// What a new data folder is filled with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// How many products, at least the nine that Online Boutique has.
    pub products: usize,
}

/// The payment provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provider {
    /// Where it is, such as `http://127.0.0.1:8090`; empty for the stand-in inside this process.
    pub url: String,
}

/// How processes speak to one another.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seam {
    /// `true` for one plain POST per call, where a proxy stands between; lines otherwise.
    pub plain: bool,
    /// `true` to seal hops by TLS; `up` hands out the certificates.
    pub tls: bool,
    /// What stands between modules of one process: nothing, but for experiments.
    pub place: Between,
    /// What a process shows the others, where no `up` hands it out; empty: nobody is refused, which is for trusted networks alone.
    pub identity: runtime::settings::Secret,
}

/// What stands between modules of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Between {
    /// Nothing: they call one another.
    #[default]
    Here,
    /// The codec: every call is written and read, in memory.
    Codec,
    /// The codec and the network stack: every call goes over this process's own address, which `up` gives it.
    Loopback,
}

/// Known changes to the shop's cost, by which the lab checks itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lab {
    /// Delays every page by so many microseconds.
    pub delay_us: u64,
    /// Burns so many microseconds of CPU for every page.
    pub burn_us: u64,
    /// Asks so many idle services for every page before anything else; needs a binary that was built with `--features lab`.
    pub hops: u32,
    /// What these services are.
    pub hops_to: HopsTo,
    /// How often they are asked again when the page is done.
    pub hops_again: u32,
    /// Puts a network between the groups of `up` on which every round trip takes so many microseconds longer; none when absent.
    pub hop_delay_us: Option<u64>,
    /// The folder to which each process writes the spans of sampled calls (see [`crate::measured::spans`]); empty: none are recorded.
    pub spans: PathBuf,
    /// The folder in which the lab asks for faults (see [`crate::measured::faults`]); empty: nobody asks.
    pub faults: PathBuf,
}

/// What is asked by hops of known number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopsTo {
    /// Processes that answer from memory.
    #[default]
    Memory,
    /// Processes that answer from a table.
    Table,
    /// The same tables, in the process that asks: what is no hop.
    TableHere,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            internal: String::new(),
            data: "data".into(),
            workers: 0,
            drain_ms: 10_000,
            log: Log::default(),
            seed: Seed::default(),
            provider: Provider::default(),
            seam: Seam::default(),
            #[cfg(feature = "storefront")]
            storefront: storefront::Settings::default(),
            lab: Lab::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn,actix_server=warn".to_owned(),
            format: Format::Human,
        }
    }
}

impl Default for Seed {
    fn default() -> Self {
        Self { products: 1_000 }
    }
}

/// What flags say, in the order of their weight.
#[derive(Clone, Debug, Default)]
pub struct Flags<'a> {
    /// `--config`.
    pub config: Option<&'a Path>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--internal`.
    pub internal: Option<String>,
    /// `--data`.
    pub data: Option<&'a Path>,
    /// `--products`.
    pub products: Option<usize>,
}

impl<'a> From<&'a ServeOptions> for Flags<'a> {
    fn from(options: &'a ServeOptions) -> Self {
        Self {
            config: options.config.as_deref(),
            listen: options.listen.map(|address| address.to_string()),
            internal: options.internal.map(|address| address.to_string()),
            data: options.data.as_deref(),
            products: None,
        }
    }
}

/// Loads the settings: built in, then the file, then the environment, then flags.
///
/// # Errors
/// When a file cannot be read, a key does not exist or a value is of the wrong type; each says where it stands.
pub fn load(flags: &Flags<'_>) -> Result<Loaded<Settings>, SettingsError> {
    let mut sources = Loaded::<Settings>::sources();
    match flags.config {
        Some(file) => sources = sources.path(file),
        None if Path::new(USUAL_FILE).exists() => sources = sources.path(Path::new(USUAL_FILE)),
        None => {}
    }
    sources = sources.environment();
    if let Some(address) = &flags.listen {
        sources = sources.layer(Layer::new("--listen").set("listen", address));
    }
    if let Some(address) = &flags.internal {
        sources = sources.layer(Layer::new("--internal").set("internal", address));
    }
    if let Some(folder) = flags.data {
        sources = sources.layer(Layer::new("--data").set("data", folder.display().to_string()));
    }
    if let Some(products) = flags.products {
        sources = sources.layer(Layer::new("--products").set("seed.products", products.to_string()));
    }
    sources.load()
}
