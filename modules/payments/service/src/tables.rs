//! The table of payments, as `migrations::payments` makes it.

use payments_contract::PaymentStatus;
use sea_orm::entity::prelude::*;

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub(crate) enum Status {
    /// The provider is being asked to set the amount aside, or was when the process died.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// The provider has set the amount aside; it may be capturing it.
    #[sea_orm(string_value = "authorized")]
    Authorized,
    /// The provider refused the card.
    #[sea_orm(string_value = "declined")]
    Declined,
    /// The amount is taken.
    #[sea_orm(string_value = "captured")]
    Captured,
    /// The payment was given up and can never be taken.
    #[sea_orm(string_value = "voided")]
    Voided,
    /// The amount was taken and will be given back: the provider is being asked to, or was when the process died.
    #[sea_orm(string_value = "refunding")]
    Refunding,
    /// The amount was taken and is given back.
    #[sea_orm(string_value = "refunded")]
    Refunded,
}

impl From<Status> for PaymentStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Authorized => Self::Authorized,
            Status::Declined => Self::Declined,
            Status::Captured => Self::Captured,
            Status::Voided => Self::Voided,
            Status::Refunding => Self::Refunding,
            Status::Refunded => Self::Refunded,
        }
    }
}

pub(crate) mod payments {
    //! One row per order that was to be paid. No column holds more of a card than four digits.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "payments")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) order_id: String,
        pub(crate) status: super::Status,
        pub(crate) amount_minor: Option<i64>,
        pub(crate) currency: Option<String>,
        pub(crate) network: Option<String>,
        pub(crate) last_four: Option<String>,
        pub(crate) reference: Option<String>,
        pub(crate) reason: Option<String>,
        pub(crate) asked_at: i64,
        pub(crate) changed_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
