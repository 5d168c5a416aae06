//! What a process of Cleave stands on: settings, databases, telemetry, clock, shutdown. Nothing here knows the shop.
//!
//! A service is built from a [`Runtime`] and asks it for its database:
//!
//! ```ignore
//! pub async fn build(runtime: &Runtime) -> Result<InventoryService, DatabaseError> {
//!     let database = runtime.database::<migrations::inventory::Migrator>("inventory", Durability::Full).await?;
//!     Ok(InventoryService { database })
//! }
//! ```

pub mod clock;
mod database;
mod folder;
pub mod settings;
pub mod shutdown;
pub mod telemetry;

use std::path::Path;

pub use database::{Commits, Database, DatabaseError, Durability, Stored};
pub use folder::{DataFolder, FolderError, Sharing};
use sea_orm_migration::MigratorTrait;
pub use shutdown::{Shutdown, Tasks};

/// What a service is built from: where its data lives, and when it must end.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The folder of the databases.
    pub folder: DataFolder,
    /// Tells when the process has been asked to end.
    pub shutdown: Shutdown,
    /// The background work that the process waits for before it ends.
    pub tasks: Tasks,
}

impl Runtime {
    /// Stands on an open data folder.
    #[must_use]
    pub fn new(folder: DataFolder, shutdown: Shutdown) -> Self {
        Self { folder, shutdown, tasks: Tasks::default() }
    }

    /// Stands on a folder with nobody to stop it: for tests and one-shot commands. Makes the folder and takes no lock.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn in_folder(path: &Path) -> Result<Self, FolderError> {
        Ok(Self::new(DataFolder::make(path)?, Shutdown::by_hand(std::time::Duration::from_secs(5))))
    }

    /// Opens the database of a module and brings it up to date.
    ///
    /// # Errors
    /// When the file cannot be read or written, is no database, or was written by a newer version.
    pub async fn database<M: MigratorTrait>(
        &self,
        module: &'static str,
        durability: Durability,
    ) -> Result<Database, DatabaseError> {
        let database = Database::open(self.folder.path(), module, durability).await?;
        database.migrate::<M>().await?;
        Ok(database)
    }
}
