//! A stock room in a folder of its own, with few words to ask it.

use std::{collections::BTreeMap, convert::Infallible, fmt::Debug, sync::Arc};

use inventory_contract::{Hold, InventoryError, InventoryService as _, StockLine};
use inventory_service::{Audit, InventoryModule, InventorySettings, audit};
use runtime::{Database, Durability, Runtime, Stored as _};
use sea_orm::ConnectionTrait as _;
use seam::{Call, Failure, ModuleName, Outcome};
use testkit::Folder;
use vocabulary::{OrderId, Sku};

pub(crate) struct StockRoom {
    pub(crate) module: Arc<InventoryModule>,
    pub(crate) database: Database,
    pub(crate) runtime: Runtime,
    call: Call,
    _folder: Folder,
}

impl StockRoom {
    /// Has so many units of each product on the shelf.
    pub(crate) async fn with<const N: usize>(stock: [(&str, u32); N]) -> Self {
        Self::with_settings(stock, InventorySettings::default()).await
    }

    pub(crate) async fn with_settings<const N: usize>(stock: [(&str, u32); N], settings: InventorySettings) -> Self {
        let folder = Folder::new();
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database =
            runtime.database::<migrations::inventory::Migrator>("inventory", Durability::Full).await.unwrap();
        let module = Arc::new(InventoryModule::start(database.clone(), settings).await.unwrap());
        let call = Call::without_deadline(ModuleName::new("test"));
        let room = Self { module, database, runtime, call, _folder: folder };
        if N > 0 {
            room.restock("the first", stock.map(|(sku, units)| line(sku, units))).await.unwrap();
        }
        room
    }

    pub(crate) async fn available<const N: usize>(&self, skus: [&str; N]) -> BTreeMap<Sku, u32> {
        self.module.available(&self.call, skus.map(sku).to_vec()).await.unwrap()
    }

    pub(crate) async fn reserve<const N: usize>(
        &self,
        order: OrderId,
        lines: [StockLine; N],
    ) -> Outcome<Hold, InventoryError> {
        self.module.reserve(&self.call, order, lines.to_vec()).await
    }

    pub(crate) async fn commit(&self, order: OrderId) -> Outcome<(), InventoryError> {
        self.module.commit(&self.call, order).await
    }

    pub(crate) async fn reserve_and_commit<const N: usize>(
        &self,
        order: OrderId,
        lines: [StockLine; N],
    ) -> Outcome<(), InventoryError> {
        self.reserve(order, lines).await?;
        self.commit(order).await
    }

    pub(crate) async fn release(&self, order: OrderId) -> Outcome<(), InventoryError> {
        self.module.release(&self.call, order).await
    }

    pub(crate) async fn restock<const N: usize>(
        &self,
        delivery: &str,
        lines: [StockLine; N],
    ) -> Outcome<(), InventoryError> {
        self.module.restock(&self.call, delivery.to_owned(), lines.to_vec()).await
    }

    pub(crate) async fn audit(&self) -> Audit {
        audit(&self.database).await.unwrap()
    }

    /// Does to the tables what the service never would.
    pub(crate) async fn execute(&self, sql: &'static str) -> Result<(), String> {
        let done = self.database.write(move |tx| {
            Box::pin(async move { tx.execute_unprepared(sql).await.stored::<Infallible>().map(|_| ()) })
        });
        done.await.map_err(|failure| format!("{failure:?}"))
    }
}

pub(crate) fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub(crate) fn line(text: &str, quantity: u32) -> StockLine {
    StockLine { sku: sku(text), quantity }
}

/// The reason of a refusal.
pub(crate) fn refusal<T: Debug>(outcome: Outcome<T, InventoryError>) -> InventoryError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}
