//! What reviews keeps in its tables.

use std::collections::BTreeSet;

use reviews_contract::{NewReview, Rating, Review};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
    sea_query::{Expr, OnConflict},
};
use vocabulary::{SessionId, Sku};

use crate::memory::Said;

/// Rows per statement: SQLite binds at most 32,766 values in one.
const ROWS: usize = 4_000;

mod reviews {
    //! What was said: one review of each author per product.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "reviews")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sku: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) author: String,
        pub(crate) name: String,
        pub(crate) stars: i32,
        pub(crate) text: String,
        pub(crate) verified: bool,
        pub(crate) posted_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod purchases {
    //! Who bought what.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "purchases")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) buyer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) sku: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The ratings of all products that have one.
pub(crate) async fn ratings(on: &impl ConnectionTrait) -> Result<Vec<(Sku, Rating)>, DbErr> {
    let rows: Vec<(String, i64, i64)> = summed(reviews::Entity::find()).into_tuple().all(on).await?;
    rows.into_iter().map(|(sku, count, stars)| Ok((read(&sku)?, rating_of(count, stars)))).collect()
}

/// The rating of one product.
pub(crate) async fn rating(on: &impl ConnectionTrait, sku: &Sku) -> Result<Rating, DbErr> {
    let of_one = reviews::Entity::find().filter(reviews::Column::Sku.eq(sku.as_str()));
    let row: Option<(String, i64, i64)> = summed(of_one).into_tuple().one(on).await?;
    Ok(row.map_or(Rating { count: 0, stars: 0 }, |(_, count, stars)| rating_of(count, stars)))
}

fn summed(select: Select<reviews::Entity>) -> Select<reviews::Entity> {
    select
        .select_only()
        .column(reviews::Column::Sku)
        .column_as(reviews::Column::Stars.count(), "count")
        .column_as(reviews::Column::Stars.sum(), "stars")
        .group_by(reviews::Column::Sku)
}

fn rating_of(count: i64, stars: i64) -> Rating {
    let bounded = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Rating { count: bounded(count), stars: bounded(stars) }
}

/// The latest reviews of a product, newest first.
pub(crate) async fn latest(on: &impl ConnectionTrait, sku: &Sku, limit: u32) -> Result<Vec<Said>, DbErr> {
    let rows = reviews::Entity::find()
        .filter(reviews::Column::Sku.eq(sku.as_str()))
        .order_by_desc(reviews::Column::PostedAt)
        .order_by_asc(reviews::Column::Author)
        .limit(u64::from(limit))
        .all(on)
        .await?;
    rows.into_iter().map(said).collect()
}

/// Stores a review in place of what its author said before. The very same review again changes nothing.
pub(crate) async fn post(tx: &DatabaseTransaction, review: &NewReview, now: i64) -> Result<Review, DbErr> {
    let (sku, author) = (review.sku.to_string(), review.author.to_string());
    let before = reviews::Entity::find_by_id((sku.clone(), author.clone())).one(tx).await?;
    if let Some(before) = before {
        let same = before.name == review.name && before.text == review.text && before.stars == i32::from(review.stars);
        if same {
            return Ok(said(before)?.review);
        }
    }
    let verified = purchases::Entity::find_by_id((author, sku)).one(tx).await?.is_some();
    let stored =
        Review { name: review.name.clone(), stars: review.stars, text: review.text.clone(), verified, posted_at: now };
    let replace = OnConflict::columns([reviews::Column::Sku, reviews::Column::Author])
        .update_columns([
            reviews::Column::Name,
            reviews::Column::Stars,
            reviews::Column::Text,
            reviews::Column::Verified,
            reviews::Column::PostedAt,
        ])
        .to_owned();
    let row = row(&review.sku, &Said { author: review.author, review: stored.clone() });
    reviews::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    Ok(stored)
}

/// Records who bought what, and marks what the buyer has said about it.
pub(crate) async fn record_purchase(tx: &DatabaseTransaction, buyer: SessionId, bought: &[Sku]) -> Result<(), DbErr> {
    let bought: BTreeSet<&str> = bought.iter().map(Sku::as_str).collect();
    if bought.is_empty() {
        return Ok(());
    }
    let rows =
        bought.iter().map(|sku| purchases::ActiveModel { buyer: Set(buyer.to_string()), sku: Set((*sku).to_owned()) });
    purchases::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([purchases::Column::Buyer, purchases::Column::Sku])
        .exec_without_returning(tx)
        .await?;
    reviews::Entity::update_many()
        .col_expr(reviews::Column::Verified, Expr::value(true))
        .filter(reviews::Column::Sku.is_in(bought))
        .filter(reviews::Column::Author.eq(buyer.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Whether anything was ever said.
pub(crate) async fn is_empty(on: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(reviews::Entity::find().one(on).await?.is_none())
}

/// Puts reviews in.
pub(crate) async fn insert(tx: &DatabaseTransaction, all: &[(Sku, Said)]) -> Result<(), DbErr> {
    for some in all.chunks(ROWS) {
        let rows = some.iter().map(|(sku, said)| row(sku, said));
        reviews::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(sku: &Sku, said: &Said) -> reviews::ActiveModel {
    reviews::ActiveModel {
        sku: Set(sku.to_string()),
        author: Set(said.author.to_string()),
        name: Set(said.review.name.clone()),
        stars: Set(i32::from(said.review.stars)),
        text: Set(said.review.text.clone()),
        verified: Set(said.review.verified),
        posted_at: Set(said.review.posted_at),
    }
}

fn said(row: reviews::Model) -> Result<Said, DbErr> {
    let odd = |what: &str| DbErr::Type(format!("a review of {:?} has an odd {what}", row.sku));
    Ok(Said {
        author: row.author.parse().map_err(|_| odd("author"))?,
        review: Review {
            stars: u8::try_from(row.stars).map_err(|_| odd("number of stars"))?,
            name: row.name,
            text: row.text,
            verified: row.verified,
            posted_at: row.posted_at,
        },
    })
}

fn read(sku: &str) -> Result<Sku, DbErr> {
    sku.parse().map_err(|_| DbErr::Type(format!("{sku:?} is no product id")))
}
