//! A whole service in one file: the shape to copy.

use std::sync::Arc;

use events::{ConsumeError, Consumer, Envelope, Inbox, Outbox, Relay};
use runtime::{Database, DatabaseError, Durability, Runtime, Stored as _, clock};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, sea_query::Expr,
};
use sea_orm_migration::prelude::*;
use seam::Failure;
use serde::{Deserialize, Serialize};
use testkit::{Folder, eventually};

// ---- its table: `migrations/src/till/m0001_tables.rs` and `service/src/sale.rs`

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables)]
    }

    fn migration_table_name() -> DynIden {
        "till_migrations".into_iden()
    }
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "m0001_tables"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "`async_trait` makes a written one early-bound, which sea-orm's is not")]
#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sales = Table::create()
            .table("sales")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("units").big_integer().not_null().check(Expr::col("units").gte(0)))
            .col(ColumnDef::new("at").big_integer().not_null())
            .take();
        manager.create_table(sales).await?;
        migrations::standard::outbox(manager).await?;
        migrations::standard::inbox(manager).await
    }
}

mod sale {
    //! The sales.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sales")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) units: i64,
        pub(crate) at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

// ---- its store: functions on any connection, a reader or a transaction; they return `DbErr`

mod store {
    //! What the till asks of its table.
    use super::*;

    pub(crate) async fn find(on: &impl ConnectionTrait, id: &str) -> Result<Option<sale::Model>, DbErr> {
        sale::Entity::find_by_id(id).one(on).await
    }

    pub(crate) async fn insert(tx: &DatabaseTransaction, id: &str, units: i64) -> Result<(), DbErr> {
        let row = sale::ActiveModel { id: Set(id.to_owned()), units: Set(units), at: Set(clock::now()) };
        sale::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
    }

    /// Says whether there were so many.
    pub(crate) async fn take_units(tx: &DatabaseTransaction, id: &str, units: i64) -> Result<bool, DbErr> {
        let update = sale::Entity::update_many()
            .col_expr(sale::Column::Units, Expr::col(sale::Column::Units).sub(units))
            .filter(sale::Column::Id.eq(id))
            .filter(sale::Column::Units.gte(units));
        Ok(update.exec(tx).await?.rows_affected == 1)
    }
}

// ---- what its contract names: errors and events

#[derive(Debug, PartialEq)]
enum TillError {
    NoSuchSale,
}

#[derive(Debug, Serialize, Deserialize)]
struct SaleMade {
    sale: String,
    units: i64,
}

// ---- the service

#[derive(Clone)]
struct TillService {
    database: Database,
    outbox: Outbox,
}

impl TillService {
    async fn build(runtime: &Runtime) -> Result<Self, DatabaseError> {
        let database = runtime.database::<Migrator>("till", Durability::Full).await?;
        Ok(Self { outbox: Outbox::new(&database), database })
    }

    /// A read: no transaction, any reader.
    async fn units(&self, id: &str) -> Result<i64, Failure<TillError>> {
        let sale = store::find(self.database.reader(), id).await.stored()?;
        Ok(sale.ok_or(TillError::NoSuchSale)?.units)
    }

    /// A write with its event: the unit owns what it uses, for it goes on when the caller has gone.
    async fn sell(&self, id: String, units: i64) -> Result<(), Failure<TillError>> {
        let outbox = self.outbox.clone(); // in a contract method: `self.outbox.traced(call.trace().to_string())`
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    store::insert(tx, &id, units).await.stored()?;
                    outbox.publish(tx, "till.sale-made", &id, &SaleMade { sale: id.clone(), units }).await.stored()?;
                    Ok(())
                })
            })
            .await
    }

    /// A write that may be refused: `Err` rolls everything back.
    async fn take_back(&self, id: String, units: i64) -> Result<(), Failure<TillError>> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::take_units(tx, &id, units).await.stored()? {
                        return Err(TillError::NoSuchSale.into());
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// A consumer, here of the till's own events; normally in another module, with its own database.
struct Bookkeeper;

impl Consumer for Bookkeeper {
    fn module(&self) -> &'static str {
        "till"
    }

    async fn apply(&self, tx: &DatabaseTransaction, event: &Envelope) -> Result<(), ConsumeError> {
        if event.kind == "till.sale-made" {
            let made: SaleMade = event.open()?;
            store::insert(tx, &format!("booked {}", made.sale), made.units).await?;
        }
        Ok(())
    }
}

// ---- its tests: a fresh database each

#[tokio::test]
async fn what_was_sold_can_be_read_and_taken_back_only_once() {
    let folder = Folder::new();
    let till = TillService::build(&Runtime::in_folder(folder.path()).unwrap()).await.unwrap();

    till.sell("first".to_owned(), 3).await.unwrap();

    assert_eq!(till.units("first").await.unwrap(), 3);
    till.take_back("first".to_owned(), 3).await.unwrap();
    let again = till.take_back("first".to_owned(), 3).await;
    assert!(matches!(again, Err(Failure::Domain(TillError::NoSuchSale))), "{again:?}");
}

#[tokio::test]
async fn a_sale_is_booked_soon_after() {
    let folder = Folder::new();
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    let till = TillService::build(&runtime).await.unwrap();
    let inbox = Arc::new(Inbox::new(&till.database, Arc::new(Bookkeeper)));
    runtime.tasks.spawn("till relay", Relay::new(&till.outbox).to("till", inbox).run(runtime.shutdown.clone()));

    till.sell("first".to_owned(), 3).await.unwrap();

    eventually("the sale is booked", || async { till.units("booked first").await.is_ok_and(|units| units == 3) }).await;
    eventually("the outbox is drained", || async { till.outbox.is_drained().await.unwrap() }).await;
    assert!(runtime.end().await.is_empty(), "the relay ends when it is asked to");
}
