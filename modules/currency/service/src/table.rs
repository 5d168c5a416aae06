//! The rates as they are stored.

use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryOrder as _};
use vocabulary::Currency;

mod rates {
    //! What a euro is worth, in the order in which currencies are shown.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rates")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) currency: String,
        pub(crate) position: i32,
        pub(crate) micros_per_euro: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// All rates in the order they are shown, in millionths per euro.
pub(crate) async fn load(on: &impl ConnectionTrait) -> Result<Vec<(Currency, i64)>, DbErr> {
    let rows = rates::Entity::find().order_by_asc(rates::Column::Position).all(on).await?;
    let read = |row: rates::Model| {
        let odd = |_| DbErr::Type(format!("{:?} is no currency code", row.currency));
        Ok((row.currency.parse().map_err(odd)?, row.micros_per_euro))
    };
    rows.into_iter().map(read).collect()
}

/// Puts rates into an empty table, in this order.
pub(crate) async fn insert(tx: &DatabaseTransaction, all: &[(&str, i64)]) -> Result<(), DbErr> {
    let rows = (0..).zip(all).map(|(position, (currency, micros))| rates::ActiveModel {
        currency: Set((*currency).to_owned()),
        position: Set(position),
        micros_per_euro: Set(*micros),
    });
    rates::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}
