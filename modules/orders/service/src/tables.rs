//! The table of orders, as `migrations::orders` makes it.

use orders_contract::OrderStatus;
use sea_orm::entity::prelude::*;

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub(crate) enum Status {
    /// Being checked out, or was when the process died.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Paid and sent.
    #[sea_orm(string_value = "confirmed")]
    Confirmed,
    /// Taken back in every module that its check-out had reached.
    #[sea_orm(string_value = "failed")]
    Failed,
    /// Will be taken back after it was confirmed, or was being so when the process died.
    #[sea_orm(string_value = "cancelling")]
    Cancelling,
    /// Taken back after it was confirmed.
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

impl Status {
    /// Those that recovery has to do something about.
    pub(crate) const UNSETTLED: [Self; 2] = [Self::Pending, Self::Cancelling];
}

/// What is cancelled counts as confirmed to others until the money is given back.
impl From<Status> for OrderStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Confirmed | Status::Cancelling => Self::Confirmed,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

pub(crate) mod orders {
    //! One row per order, whatever became of it.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) session: String,
        pub(crate) key: String,
        pub(crate) fingerprint: String,
        pub(crate) status: super::Status,
        pub(crate) placed_at: i64,
        pub(crate) changed_at: i64,
        pub(crate) currency: String,
        pub(crate) items_minor: i64,
        pub(crate) shipping_minor: i64,
        pub(crate) discount_minor: i64,
        pub(crate) total_minor: i64,
        pub(crate) email: String,
        pub(crate) address: String,
        pub(crate) lines: String,
        pub(crate) cart: String,
        pub(crate) cart_version: i64,
        pub(crate) coupon: Option<String>,
        pub(crate) paid_with: String,
        pub(crate) tracking_id: Option<String>,
        pub(crate) failure: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
