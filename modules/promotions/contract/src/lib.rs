//! What may be asked about promotions: which banner fits, and what a coupon is worth.

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Currency, Money, OrderId, Sku};

/// What the shop draws attention to.
#[seam::contract]
pub trait Promotions {
    /// Banners for what is being looked at, the best first, at most `limit` and never more than 20. Those of the first category
    /// come first, those of no category last. Without categories: any.
    #[read]
    async fn for_context(
        &self,
        call: &Call,
        categories: Vec<String>,
        limit: u32,
    ) -> Result<Vec<Banner>, PromotionsError>;

    /// What a coupon takes off a sum, counted against the coupon's uses. The same order counts once and gets the same answer.
    #[idempotent]
    async fn redeem(&self, call: &Call, order: OrderId, code: String, sum: Money) -> Result<Discount, PromotionsError>;

    /// Gives the use back that an order took, if any. A `redeem` for the order that arrives later is refused.
    #[idempotent]
    async fn give_back(&self, call: &Call, order: OrderId) -> Result<(), PromotionsError>;
}

/// Something the shop draws attention to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banner {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub sku: Sku,
}

/// What a coupon takes off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The coupon, as it is written.
    pub code: String,
    /// In the currency of the sum, never more than the sum.
    pub amount: Money,
}

/// Why a coupon is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum PromotionsError {
    /// No coupon with this code.
    #[error("there is no coupon {code:?}")]
    UnknownCoupon {
        /// What was typed.
        code: String,
    },
    /// Its time is over, or its uses are.
    #[error("the coupon {code} is used up")]
    UsedUp {
        /// The coupon.
        code: String,
    },
    /// It takes off fixed amounts, and there is none in the currency of the sum.
    #[error("the coupon {code} does not work with payments in {currency}")]
    OtherCurrency {
        /// The coupon.
        code: String,
        /// The currency of the sum.
        currency: Currency,
    },
}
