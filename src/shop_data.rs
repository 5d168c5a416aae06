//! The data folder of a shop: made, migrated, filled.

use std::fs;

use anyhow::Context as _;
use runtime::{DataFolder, Runtime, Sharing, Shutdown};

use crate::{
    cli::{DataOptions, Ending},
    compose,
    settings::{self, Flags, Settings},
};

/// Says that a folder has been filled, so that a start need not ask every module. Holds the number of products.
const FILLED: &str = "filled";

/// Brings all databases of a folder up to date.
///
/// # Errors
/// When one of them cannot be, or is in use.
pub fn migrate(options: &DataOptions) -> anyhow::Result<Ending> {
    with_folder(options, async |runtime, _| {
        compose::migrate(&runtime).await?;
        crate::cli::print(&format!("{}: every database is up to date", runtime.folder.path().display()));
        Ok(())
    })
}

/// Makes a folder with a shop's goods in it.
///
/// # Errors
/// When it cannot be made, or is in use.
pub fn seed_command(options: &DataOptions) -> anyhow::Result<Ending> {
    with_folder(options, async |runtime, settings| {
        fill(&runtime, settings.seed.products).await?;
        let filled = fs::read_to_string(runtime.folder.path().join(FILLED))?;
        crate::cli::print(&format!("{}: {} products", runtime.folder.path().display(), filled.trim()));
        Ok(())
    })
}

fn with_folder(
    options: &DataOptions,
    work: impl AsyncFnOnce(Runtime, Settings) -> anyhow::Result<()>,
) -> anyhow::Result<Ending> {
    let flags = Flags { data: options.data.as_deref(), products: options.products, ..Flags::default() };
    let settings = settings::load(&flags)?.value;
    runtime::telemetry::start(&settings.log.filter, settings.log.format)?;
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio.block_on(async {
        let modules = compose::modules().map(seam::ModuleName::as_str);
        let folder = DataFolder::lock(&settings.data, modules, Sharing::Alone)?;
        let runtime = Runtime::new(folder, Shutdown::by_hand(std::time::Duration::from_secs(5)));
        let worked = work(runtime.clone(), settings).await;
        runtime.end().await;
        worked.map(|()| Ending::Done)
    })
}

/// Fills a folder with a shop's goods, unless that has been done before.
///
/// # Errors
/// When a database cannot be written.
pub async fn fill(runtime: &Runtime, products: usize) -> anyhow::Result<()> {
    let mark = runtime.folder.path().join(FILLED);
    if mark.exists() {
        return Ok(());
    }
    compose::seed(runtime, products).await?;
    fs::write(&mark, format!("{products}\n")).with_context(|| format!("{} cannot be written", mark.display()))
}
