//! How the cart module answers: a cart is read, changed in memory by plain rules, and what changed is written.
//!
//! - A page asks for its cart each time, and most visitors have none: that is one statement, by the primary key.
//! - A change is one unit of writing that counts the version up from the one it has read, or fails.

mod basket;
mod store;
mod tables;

use basket::{Basket, Change};
use cart_contract::{CartContents, CartError, CartService};
use runtime::{Database, Stored as _};
use sea_orm::{DatabaseTransaction, DbErr};
use seam::{Call, Failure, Outcome};
use vocabulary::{CartId, Sku};

pub use basket::{MOST_LINES, MOST_UNITS};

/// The carts.
#[derive(Debug)]
pub struct CartModule {
    database: Database,
}

impl CartModule {
    /// Opens the carts on their database, which has the tables of `migrations::cart`.
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        Ok(Self { database })
    }

    /// Reads a cart, lets `rule` change it, and writes what changed.
    async fn change(
        &self,
        cart: CartId,
        rule: impl FnOnce(&mut Basket) -> Result<Change, CartError> + Send + 'static,
    ) -> Outcome<CartContents, CartError> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let mut basket = store::basket(tx, cart).await.stored()?;
                    let change = rule(&mut basket)?;
                    write(tx, cart, &change).await?;
                    Ok(basket.contents())
                })
            })
            .await
    }
}

impl CartService for CartModule {
    async fn get(&self, _call: &Call, cart: CartId) -> Outcome<CartContents, CartError> {
        let basket = store::basket(self.database.reader(), cart).await.stored()?;
        Ok(basket.contents())
    }

    async fn add(&self, _call: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        self.change(cart, move |basket| basket.add(sku, quantity)).await
    }

    async fn set(&self, _call: &Call, cart: CartId, sku: Sku, quantity: u32) -> Outcome<CartContents, CartError> {
        self.change(cart, move |basket| basket.set(sku, quantity)).await
    }

    async fn clear(&self, _call: &Call, cart: CartId, version: Option<u64>) -> Outcome<(), CartError> {
        self.change(cart, move |basket| Ok(basket.clear(version))).await.map(|_| ())
    }

    async fn merge(&self, call: &Call, from: CartId, into: CartId) -> Outcome<CartContents, CartError> {
        if from == into {
            return self.get(call, into).await;
        }
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let mut given = store::basket(tx, from).await.stored()?;
                    let mut basket = store::basket(tx, into).await.stored()?;
                    write(tx, into, &basket.take(&given)?).await?;
                    write(tx, from, &given.clear(None)).await?;
                    Ok(basket.contents())
                })
            })
            .await
    }
}

/// Writes a change. Somebody else can only have changed the cart meanwhile where several processes write to one database;
/// then nothing is written, and the caller may try again.
async fn write(tx: &DatabaseTransaction, cart: CartId, change: &Change) -> Outcome<(), CartError> {
    if change.is_empty() {
        return Ok(());
    }
    if !store::advance(tx, cart, change.from_version).await.stored()? {
        return Err(Failure::unavailable("another process changed the cart at the same moment"));
    }
    store::remove_lines(tx, cart, &change.removed).await.stored()?;
    store::put_lines(tx, cart, &change.put).await.stored()
}
