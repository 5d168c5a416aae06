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

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

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
    databases: Arc<Mutex<Vec<Database>>>,
}

impl Runtime {
    /// Stands on an open data folder.
    #[must_use]
    pub fn new(folder: DataFolder, shutdown: Shutdown) -> Self {
        Self { folder, shutdown, tasks: Tasks::default(), databases: Arc::default() }
    }

    /// Stands on a folder with nobody to stop it: for tests and one-shot commands. Makes the folder and takes no lock.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn in_folder(path: &Path) -> Result<Self, FolderError> {
        Ok(Self::new(DataFolder::make(path)?, Shutdown::by_hand(Duration::from_secs(5))))
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
        self.databases.lock().unwrap_or_else(PoisonError::into_inner).push(database.clone());
        Ok(database)
    }

    /// Ends in order: waits for background tasks as long as the drain time allows, then closes the databases. Returns the names of
    /// tasks that had to be given up.
    ///
    /// To be called when nothing is answered any more: writes after it fail.
    pub async fn end(&self) -> Vec<&'static str> {
        self.shutdown.request();
        let given_up = self.tasks.ended(self.shutdown.time_left()).await;
        let databases = std::mem::take(&mut *self.databases.lock().unwrap_or_else(PoisonError::into_inner));
        for database in databases {
            if let Err(error) = database.close().await {
                tracing::warn!(module = database.module(), %error, "a database could not be closed in order");
            }
        }
        given_up
    }
}
