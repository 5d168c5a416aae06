//! The tables of cart, as `migrations::cart` makes them.

pub(crate) mod carts {
    //! Each cart that ever had something in it, with its version.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "carts")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) cart: String,
        pub(crate) version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {
        #[sea_orm(has_many = "super::cart_lines::Entity")]
        Lines,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod cart_lines {
    //! What is in the carts.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cart_lines")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) cart: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sku: String,
        pub(crate) quantity: i64,
        pub(crate) position: i64,
        pub(crate) changed_version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {
        #[sea_orm(belongs_to = "super::carts::Entity", from = "Column::Cart", to = "super::carts::Column::Cart")]
        Cart,
    }

    impl Related<super::carts::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Cart.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}
