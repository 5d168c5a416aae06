//! The table of shipping, as `migrations::shipping` makes it.

use sea_orm::entity::prelude::*;

/// What became of an order's parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub(crate) enum Status {
    /// It is on its way.
    #[sea_orm(string_value = "sent")]
    Sent,
    /// It was called back.
    #[sea_orm(string_value = "called-back")]
    CalledBack,
    /// Nothing was sent, and nothing will be.
    #[sea_orm(string_value = "tombstone")]
    Tombstone,
}

pub(crate) mod shipments {
    //! What was sent, and what may not be sent any more; number, address and contents are missing in a tombstone.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shipments")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) order_id: String,
        pub(crate) status: super::Status,
        pub(crate) tracking_id: Option<String>,
        pub(crate) address: Option<String>,
        pub(crate) contents: Option<String>,
        pub(crate) at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
