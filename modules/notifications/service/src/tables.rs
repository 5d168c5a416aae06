//! The table of notifications, as `migrations::notifications` makes it.

use notifications_contract::MailKind;
use sea_orm::entity::prelude::*;

/// What a mail is for, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub(crate) enum StoredKind {
    #[sea_orm(string_value = "order-confirmation")]
    OrderConfirmation,
    #[sea_orm(string_value = "order-cancelled")]
    OrderCancelled,
}

impl From<MailKind> for StoredKind {
    fn from(kind: MailKind) -> Self {
        match kind {
            MailKind::OrderConfirmation => Self::OrderConfirmation,
            MailKind::OrderCancelled => Self::OrderCancelled,
        }
    }
}

impl From<StoredKind> for MailKind {
    fn from(kind: StoredKind) -> Self {
        match kind {
            StoredKind::OrderConfirmation => Self::OrderConfirmation,
            StoredKind::OrderCancelled => Self::OrderCancelled,
        }
    }
}

pub(crate) mod mails {
    //! Every mail as it was rendered; one per order and kind.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "mails")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) order_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) kind: super::StoredKind,
        pub(crate) session: String,
        pub(crate) recipient: String,
        pub(crate) subject: String,
        pub(crate) html: String,
        pub(crate) text: String,
        pub(crate) sent_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
