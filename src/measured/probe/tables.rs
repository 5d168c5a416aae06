//! What else is asked: the cart of somebody who has none, which is one statement by the primary key, as for most visitors of the shop.

use std::{path::Path, sync::Arc};

use cart_contract::Cart;
use cart_service::CartModule;
use runtime::{Durability, Runtime};
use seam::{Edges, Seat};
use vocabulary::CartId;

use super::CALLER;

/// Carts without a visitor, with a database of their own.
pub(crate) struct Tables(Arc<CartModule>);

impl Tables {
    /// Makes them in this folder, or finds them there.
    pub(crate) async fn open(folder: &Path) -> anyhow::Result<Self> {
        let runtime = Runtime::in_folder(folder)?;
        let database = runtime.database::<migrations::cart::Migrator>("cart", Durability::Rebuildable).await?;
        Ok(Self(Arc::new(CartModule::start(database).await?)))
    }

    pub(super) fn seat(&self, edges: &Edges) -> Seat<dyn Cart> {
        Seat::<dyn Cart>::here(self.0.clone(), edges)
    }

    /// The carts for a caller in this process.
    pub(crate) fn asked_here(&self, edges: &Edges) -> Arc<dyn Cart> {
        self.seat(edges).asked_by(CALLER)
    }
}

/// A cart that nobody has put anything into.
pub(crate) fn nobodys_cart() -> CartId {
    CartId::generate()
}
