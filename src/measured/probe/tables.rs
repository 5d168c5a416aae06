//! What else is asked: the cart of somebody who has none, which is one statement by the primary key, as for most visitors of the shop.

use std::path::Path;

use cart_contract::Cart;
use runtime::Runtime;
use seam::{Edges, Seat};
use vocabulary::CartId;

use crate::compose;

/// Carts without a visitor, with a database of their own in this folder.
pub(crate) async fn tables(folder: &Path, edges: &Edges) -> anyhow::Result<Seat<dyn Cart>> {
    compose::carts_alone(&Runtime::in_folder(folder)?, edges).await
}

/// A cart that nobody has put anything into.
pub(crate) fn nobodys_cart() -> CartId {
    CartId::generate()
}
