//! What the carts ask of their tables: one statement each.

use std::fmt::Display;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _, JoinType, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, RelationTrait as _, TryInsertResult,
    sea_query::{Expr, OnConflict},
};
use vocabulary::{CartId, Sku};

use crate::{
    basket::{Basket, Line},
    tables::{cart_lines, carts},
};

/// A row of a cart joined with its lines: the version, and product, quantity, position, changed version of a line.
type Row = (i64, Option<String>, Option<i64>, Option<i64>, Option<i64>);

/// What is in a cart; nothing, at version zero, for a cart nobody has put anything into.
pub(crate) async fn basket(on: &impl ConnectionTrait, cart: CartId) -> Result<Basket, DbErr> {
    let rows: Vec<Row> = carts::Entity::find_by_id(cart.to_string())
        .select_only()
        .column(carts::Column::Version)
        .columns([
            cart_lines::Column::Sku,
            cart_lines::Column::Quantity,
            cart_lines::Column::Position,
            cart_lines::Column::ChangedVersion,
        ])
        .join(JoinType::LeftJoin, carts::Relation::Lines.def())
        .order_by_asc(cart_lines::Column::Position)
        .into_tuple()
        .all(on)
        .await?;
    let mut basket = Basket::default();
    for (version, sku, quantity, position, changed_version) in rows {
        basket.version = read(version)?;
        let (Some(sku), Some(quantity), Some(position), Some(changed_version)) =
            (sku, quantity, position, changed_version)
        else {
            continue; // A cart without lines joins with nothing.
        };
        basket.lines.push(Line {
            sku: sku.parse().map_err(|error| unreadable(&sku, error))?,
            quantity: read(quantity)?,
            position: read(position)?,
            changed_version: read(changed_version)?,
        });
    }
    Ok(basket)
}

/// Counts the version of a cart up; says whether it was still `from`.
pub(crate) async fn advance(tx: &DatabaseTransaction, cart: CartId, from: u64) -> Result<bool, DbErr> {
    if from == 0 {
        let row = carts::ActiveModel { cart: Set(cart.to_string()), version: Set(1) };
        let once = carts::Entity::insert(row).on_conflict_do_nothing_on([carts::Column::Cart]);
        let inserted = once.exec_without_returning(tx).await?;
        return Ok(matches!(inserted, TryInsertResult::Inserted(rows) if rows > 0));
    }
    let update = carts::Entity::update_many()
        .col_expr(carts::Column::Version, Expr::value(written(from + 1)?))
        .filter(carts::Column::Cart.eq(cart.to_string()))
        .filter(carts::Column::Version.eq(written(from)?));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Puts lines in, or changes those that are there.
pub(crate) async fn put_lines(tx: &DatabaseTransaction, cart: CartId, lines: &[Line]) -> Result<(), DbErr> {
    if lines.is_empty() {
        return Ok(());
    }
    let cart = cart.to_string();
    let rows: Vec<cart_lines::ActiveModel> = lines.iter().map(|line| row(&cart, line)).collect::<Result<_, _>>()?;
    let change = OnConflict::columns([cart_lines::Column::Cart, cart_lines::Column::Sku])
        .update_columns([cart_lines::Column::Quantity, cart_lines::Column::ChangedVersion])
        .to_owned();
    cart_lines::Entity::insert_many(rows).on_conflict(change).exec_without_returning(tx).await.map(|_| ())
}

/// Takes products out.
pub(crate) async fn remove_lines(tx: &DatabaseTransaction, cart: CartId, skus: &[Sku]) -> Result<(), DbErr> {
    if skus.is_empty() {
        return Ok(());
    }
    cart_lines::Entity::delete_many()
        .filter(cart_lines::Column::Cart.eq(cart.to_string()))
        .filter(cart_lines::Column::Sku.is_in(skus.iter().map(Sku::as_str)))
        .exec(tx)
        .await
        .map(|_| ())
}

fn row(cart: &str, line: &Line) -> Result<cart_lines::ActiveModel, DbErr> {
    Ok(cart_lines::ActiveModel {
        cart: Set(cart.to_owned()),
        sku: Set(line.sku.to_string()),
        quantity: Set(i64::from(line.quantity)),
        position: Set(written(line.position)?),
        changed_version: Set(written(line.changed_version)?),
    })
}

fn read<N: TryFrom<i64, Error: Display>>(stored: i64) -> Result<N, DbErr> {
    N::try_from(stored).map_err(|error| unreadable(stored, error))
}

fn written(number: u64) -> Result<i64, DbErr> {
    i64::try_from(number).map_err(|error| DbErr::Type(format!("{number} cannot be stored: {error}")))
}

fn unreadable(what: impl Display, error: impl Display) -> DbErr {
    DbErr::Type(format!("{what} in a cart cannot be read: {error}"))
}
