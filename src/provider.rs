//! The payment provider's stand-in: as a process of its own, or for convenience inside another.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use payments_provider::LEDGER_FILE;
use runtime::{DataFolder, Runtime, Sharing, Shutdown};

use crate::{
    cli::Ending,
    listeners,
    settings::{self, Flags},
};

/// What the provider's process locks in the data folder.
const NAME: &str = "provider";

/// Runs the stand-in until it is asked to end.
///
/// # Errors
/// When its address or its ledger cannot be had.
pub fn run(listen: SocketAddr, data: Option<PathBuf>) -> anyhow::Result<Ending> {
    let settings = settings::load(&Flags { data: data.as_deref(), ..Flags::default() })?.value;
    runtime::telemetry::start(&settings.log.filter, settings.log.format)?;
    let folder = DataFolder::lock(&settings.data, [NAME], Sharing::Alone)?;
    #[cfg(feature = "split")]
    let commission = crate::charter::receive()?;
    #[cfg(feature = "split")]
    let under_up = commission.is_some();
    #[cfg(feature = "split")]
    let handed_down = commission.map(|commission| commission.internal);
    #[cfg(not(feature = "split"))]
    let handed_down = None;
    let listener = handed_down.map_or_else(|| listeners::bind(listen), Ok)?;
    let address = listener.local_addr()?;
    actix_web::rt::System::new().block_on(async {
        let shutdown = Shutdown::on_signals(std::time::Duration::from_millis(settings.drain_ms))?;
        #[cfg(feature = "split")]
        if under_up {
            crate::charter::follow_leash(shutdown.clone());
        }
        crate::cli::print(&format!("ready http://{address} provider pid={}", std::process::id()));
        payments_provider::run(listener, ledger(folder.path()), async move { shutdown.requested().await }).await?;
        Ok(Ending::Done)
    })
}

/// Runs the stand-in inside this process and gives its address.
///
/// # Errors
/// When no port is free on loopback.
pub fn inside(runtime: &Runtime) -> anyhow::Result<String> {
    let listener =
        TcpListener::bind(("127.0.0.1", 0)).context("no port is free for the payment provider's stand-in")?;
    let address = listener.local_addr()?;
    let (ledger, shutdown) = (ledger(runtime.folder.path()), runtime.shutdown.clone());
    runtime.tasks.spawn(NAME, async move {
        if let Err(error) = payments_provider::run(listener, ledger, async move { shutdown.requested().await }).await {
            tracing::error!(%error, "the payment provider's stand-in stopped");
        }
    });
    Ok(format!("http://{address}"))
}

/// Where the stand-in keeps its ledger.
pub fn ledger(folder: &Path) -> PathBuf {
    folder.join(LEDGER_FILE)
}
