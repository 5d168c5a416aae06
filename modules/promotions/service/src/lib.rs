//! How the promotions module answers: banners from memory, coupons from a table that counts their uses.
//!
//! - What a coupon takes off is written down per order, in the transaction that counts the use: asking again reads it.
//! - The bound on uses is a constraint of the table; the service only says in words what the table has refused.

mod banners;
mod coupons;
pub mod seed;
mod table;

use std::sync::Arc;

use promotions_contract::{Banner, Discount, PromotionsError, PromotionsService};
use runtime::{Database, Stored as _, clock};
use sea_orm::{DatabaseTransaction, DbErr};
use seam::{Call, Failure, Outcome};
use vocabulary::{Money, OrderId};

use banners::Banners;
use coupons::{Coupon, Coupons};
use table::Redemption;

/// Banners and coupons. Cheap to clone.
#[derive(Clone)]
pub struct PromotionsModule {
    database: Database,
    banners: Arc<Banners>,
    coupons: Arc<Coupons>,
}

impl PromotionsModule {
    /// Loads banners and coupons from the migrated database.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        let banners = table::banners(database.reader()).await?;
        let coupons = table::coupons(database.reader()).await?;
        Ok(Self { banners: Arc::new(Banners::new(banners)), coupons: Arc::new(Coupons::new(coupons)), database })
    }
}

impl PromotionsService for PromotionsModule {
    async fn for_context(
        &self,
        _call: &Call,
        categories: Vec<String>,
        limit: u32,
    ) -> Outcome<Vec<Banner>, PromotionsError> {
        Ok(self.banners.fitting(&categories, limit))
    }

    async fn redeem(
        &self,
        _call: &Call,
        order: OrderId,
        code: String,
        sum: Money,
    ) -> Outcome<Discount, PromotionsError> {
        let coupon = self.coupons.find(&code).ok_or(PromotionsError::UnknownCoupon { code })?;
        self.database.write(move |tx| Box::pin(async move { redeem(tx, order, &coupon, sum).await })).await
    }

    async fn give_back(&self, _call: &Call, order: OrderId) -> Outcome<(), PromotionsError> {
        self.database
            .write(move |tx| Box::pin(async move { table::give_back(tx, order, clock::now()).await.stored() }))
            .await
    }
}

/// Counts the use for the order, unless it has been counted, and says what it takes off.
async fn redeem(
    tx: &DatabaseTransaction,
    order: OrderId,
    coupon: &Coupon,
    sum: Money,
) -> Outcome<Discount, PromotionsError> {
    let used_up = || Failure::Domain(PromotionsError::UsedUp { code: coupon.code.clone() });
    match table::redemption(tx, order).await.stored()? {
        Some(Redemption::Stands(discount)) => return Ok(discount),
        // The order was taken back while this question was under way: the use must not be taken after all.
        Some(Redemption::GivenBack) => return Err(used_up()),
        None => {}
    }
    let now = clock::now();
    if coupon.has_ended(now) {
        return Err(used_up());
    }
    let discount = coupon.discount(sum)?;
    if !table::count_use(tx, &coupon.code).await.stored()? {
        return Err(used_up());
    }
    table::record(tx, order, &discount, now).await.stored()?;
    Ok(discount)
}

#[cfg(test)]
mod tests;
