//! What the catalogue keeps in its tables.

mod entities;

use std::{collections::HashMap, sync::Arc};

use catalog_contract::{Picture, Product};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};
use vocabulary::{Currency, Money};

use crate::shelf::Shelf;
use entities::{categories, product_categories, products};

/// Rows per statement: SQLite binds at most 32,766 values in one.
const ROWS: usize = 1_000;

/// Reads the whole catalogue.
pub(crate) async fn load(on: &impl ConnectionTrait) -> Result<Shelf, DbErr> {
    let categories = categories::Entity::find().order_by_asc(categories::Column::Position).all(on).await?;
    let rows = products::Entity::find().order_by_asc(products::Column::Position).all(on).await?;
    let memberships = product_categories::Entity::find()
        .order_by_asc(product_categories::Column::Sku)
        .order_by_asc(product_categories::Column::Position)
        .all(on)
        .await?;
    let mut slugs: HashMap<String, Vec<String>> = HashMap::with_capacity(rows.len());
    for membership in memberships {
        slugs.entry(membership.sku).or_default().push(membership.slug);
    }
    let products = rows
        .into_iter()
        .map(|row| {
            let categories = slugs.remove(&row.sku).unwrap_or_default();
            read(row, categories).map(Arc::new)
        })
        .collect::<Result<_, _>>()?;
    Ok(Shelf::new(products, categories.into_iter().map(|category| (category.slug, category.name)).collect()))
}

/// Whether there is anything in the catalogue.
pub(crate) async fn is_stocked(on: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(categories::Entity::find().one(on).await?.is_some())
}

/// Puts a product in, at the end, or in the place of the one with its id.
pub(crate) async fn upsert(tx: &DatabaseTransaction, product: &Product) -> Result<(), DbErr> {
    let last: Option<Option<i64>> = products::Entity::find()
        .select_only()
        .column_as(products::Column::Position.max(), "last")
        .into_tuple()
        .one(tx)
        .await?;
    let position = last.flatten().map_or(0, |last| last + 1);
    // All but the position: what is replaced stays where it was.
    let replace = OnConflict::column(products::Column::Sku)
        .update_columns([
            products::Column::Name,
            products::Column::Description,
            products::Column::PriceCents,
            products::Column::Shape,
            products::Column::Hue,
            products::Column::Variant,
        ])
        .to_owned();
    products::Entity::insert(row(product, position)).on_conflict(replace).exec_without_returning(tx).await?;
    product_categories::Entity::delete_many()
        .filter(product_categories::Column::Sku.eq(product.sku.as_str()))
        .exec(tx)
        .await?;
    product_categories::Entity::insert_many(memberships(product)).exec_without_returning(tx).await?;
    Ok(())
}

/// Puts categories (slug and name) in, in this order.
pub(crate) async fn insert_categories(tx: &DatabaseTransaction, named: &[(&str, &str)]) -> Result<(), DbErr> {
    let rows = (0..).zip(named).map(|(position, (slug, name))| categories::ActiveModel {
        slug: Set((*slug).to_owned()),
        position: Set(position),
        name: Set((*name).to_owned()),
    });
    categories::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Puts products into an empty catalogue, in this order.
pub(crate) async fn insert_products(tx: &DatabaseTransaction, all: &[Product]) -> Result<(), DbErr> {
    let mut position = 0;
    for some in all.chunks(ROWS) {
        let rows = (position..).zip(some).map(|(position, product)| row(product, position));
        products::Entity::insert_many(rows).exec_without_returning(tx).await?;
        product_categories::Entity::insert_many(some.iter().flat_map(memberships)).exec_without_returning(tx).await?;
        position += ROWS as i64;
    }
    Ok(())
}

fn row(product: &Product, position: i64) -> products::ActiveModel {
    products::ActiveModel {
        sku: Set(product.sku.to_string()),
        position: Set(position),
        name: Set(product.name.clone()),
        description: Set(product.description.clone()),
        price_cents: Set(product.price.minor),
        shape: Set(product.picture.shape.clone()),
        hue: Set(i32::from(product.picture.hue)),
        variant: Set(i32::from(product.picture.variant)),
    }
}

fn memberships(product: &Product) -> impl Iterator<Item = product_categories::ActiveModel> {
    (0..).zip(&product.categories).map(|(position, slug)| product_categories::ActiveModel {
        sku: Set(product.sku.to_string()),
        position: Set(position),
        slug: Set(slug.clone()),
    })
}

fn read(row: products::Model, categories: Vec<String>) -> Result<Product, DbErr> {
    let odd = |what: &str| DbErr::Type(format!("the product {:?} has an odd {what}", row.sku));
    Ok(Product {
        sku: row.sku.parse().map_err(|_| odd("id"))?,
        price: Money::new(row.price_cents, Currency::USD),
        categories,
        picture: Picture {
            hue: u16::try_from(row.hue).map_err(|_| odd("hue"))?,
            variant: u16::try_from(row.variant).map_err(|_| odd("variant"))?,
            shape: row.shape,
        },
        name: row.name,
        description: row.description,
    })
}
