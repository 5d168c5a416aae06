//! What recommendations keeps in its tables.

use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryOrder as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};
use vocabulary::Sku;

/// Rows per statement: SQLite binds at most 32,766 values in one.
const ROWS: usize = 5_000;

mod bought_together {
    //! How often two products were bought together, the smaller id first.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bought_together")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) one: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) other: String,
        pub(crate) times: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod neighbourhood {
    //! The products in the catalogue's order, and the street each lives in.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "neighbourhood")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sku: String,
        pub(crate) position: i64,
        pub(crate) street: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// All products with their streets, in the catalogue's order.
pub(crate) async fn neighbourhood(on: &impl ConnectionTrait) -> Result<Vec<(Sku, String)>, DbErr> {
    let rows = neighbourhood::Entity::find().order_by_asc(neighbourhood::Column::Position).all(on).await?;
    rows.into_iter().map(|row| Ok((read(&row.sku)?, row.street))).collect()
}

/// Puts products with their streets into an empty table, in the catalogue's order.
pub(crate) async fn insert_neighbourhood(tx: &DatabaseTransaction, all: &[(Sku, String)]) -> Result<(), DbErr> {
    let mut position = 0;
    for some in all.chunks(ROWS) {
        let rows = (position..).zip(some).map(|(position, (sku, street))| neighbourhood::ActiveModel {
            sku: Set(sku.to_string()),
            position: Set(position),
            street: Set(street.clone()),
        });
        neighbourhood::Entity::insert_many(rows).exec_without_returning(tx).await?;
        position += ROWS as i64;
    }
    Ok(())
}

/// All pairs with how often they were bought together.
pub(crate) async fn bought_together(on: &impl ConnectionTrait) -> Result<Vec<(Sku, Sku, u64)>, DbErr> {
    let rows = bought_together::Entity::find().all(on).await?;
    rows.into_iter().map(|row| Ok((read(&row.one)?, read(&row.other)?, row.times.unsigned_abs()))).collect()
}

/// Counts each pair once more.
pub(crate) async fn count(tx: &DatabaseTransaction, pairs: &[(Sku, Sku)]) -> Result<(), DbErr> {
    if pairs.is_empty() {
        return Ok(());
    }
    let rows = pairs.iter().map(|(one, other)| bought_together::ActiveModel {
        one: Set(one.to_string()),
        other: Set(other.to_string()),
        times: Set(1),
    });
    let once_more = OnConflict::columns([bought_together::Column::One, bought_together::Column::Other])
        .value(
            bought_together::Column::Times,
            Expr::col((bought_together::Entity, bought_together::Column::Times)).add(1),
        )
        .to_owned();
    bought_together::Entity::insert_many(rows).on_conflict(once_more).exec_without_returning(tx).await?;
    Ok(())
}

fn read(sku: &str) -> Result<Sku, DbErr> {
    sku.parse().map_err(|_| DbErr::Type(format!("{sku:?} is no product id")))
}
