//! The catalogue as callers see it, on a fresh database each.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
};

use catalog_contract::{Catalog, CatalogError, Listing, Product, ProductChanged};
use events::{Delivered, DeliveryError, Envelope, Relay, Subscriber};
use runtime::{Database, Durability, Runtime};
use seam::{Call, Edges, Fault, ModuleName, Principal, Seat};
use testkit::Folder;

use crate::{CatalogModule, seed};

const TESTER: ModuleName = ModuleName::new("test");

struct Shop {
    folder: Folder,
    module: CatalogModule,
    catalog: Arc<dyn Catalog>,
}

async fn open(folder: &Folder) -> Database {
    let runtime = Runtime::in_folder(folder.path()).unwrap();
    runtime.database::<migrations::catalog::Migrator>("catalog", Durability::Full).await.unwrap()
}

fn asked(module: &CatalogModule) -> Arc<dyn Catalog> {
    Seat::here(Arc::new(module.clone()), &Edges::default()).asked_by(TESTER)
}

async fn shop(products: usize) -> Shop {
    let folder = Folder::new();
    let database = open(&folder).await;
    seed::seed(&database, products).await.unwrap();
    let module = CatalogModule::start(database).await.unwrap();
    Shop { folder, catalog: asked(&module), module }
}

fn visitor() -> Call {
    Call::without_deadline(TESTER)
}

fn merchant() -> Call {
    visitor().on_behalf_of(Arc::new(Principal { subject: "m".to_owned(), roles: vec!["merchant".to_owned()] }))
}

fn listing(category: Option<&str>, offset: u32, limit: u32) -> Listing {
    Listing { category: category.map(str::to_owned), offset, limit }
}

#[tokio::test]
async fn pages_put_together_are_the_whole_catalogue_in_its_order() {
    let shop = shop(250).await;

    let mut seen = Vec::new();
    for offset in [0, 100, 200, 300] {
        let page = shop.catalog.list(&visitor(), listing(None, offset, 100)).await.unwrap();
        assert_eq!(page.total, 250);
        seen.extend(page.products.iter().map(|product| Product::clone(product)));
    }

    assert_eq!(seen, seed::products(250));
}

#[tokio::test]
async fn a_category_lists_what_is_in_it_and_counts_it() {
    let shop = shop(400).await;

    let categories = shop.catalog.categories(&visitor()).await.unwrap();

    assert_eq!(categories.first().unwrap().name, "Clothing");
    for category in categories.iter() {
        let page = shop.catalog.list(&visitor(), listing(Some(&category.slug), 0, 100)).await.unwrap();
        assert_eq!(page.total, category.products, "{}", category.slug);
        assert!(page.products.iter().all(|product| product.categories.contains(&category.slug)));
    }
}

#[tokio::test]
async fn an_unknown_category_and_an_odd_limit_are_refused() {
    let shop = shop(9).await;

    let nowhere = shop.catalog.list(&visitor(), listing(Some("nowhere"), 0, 10)).await;
    assert_eq!(nowhere, Err(Fault::Domain(CatalogError::UnknownCategory { slug: "nowhere".to_owned() })));
    for limit in [0, 101] {
        let page = shop.catalog.list(&visitor(), listing(None, 0, limit)).await;
        assert_eq!(page, Err(Fault::Domain(CatalogError::Limit { limit })));
        let found = shop.catalog.search(&visitor(), "mug".to_owned(), limit).await;
        assert_eq!(found, Err(Fault::Domain(CatalogError::Limit { limit })));
    }
}

#[tokio::test]
async fn many_products_come_in_the_order_asked_for_without_the_unknown() {
    let shop = shop(9).await;
    let asked_for = ["6E92ZMYYFZ", "NOBODY", "OLJCESPC7Z"].map(|sku| sku.parse().unwrap());

    let products = shop.catalog.get_many(&visitor(), asked_for.to_vec()).await.unwrap();

    let names: Vec<&str> = products.iter().map(|product| product.name.as_str()).collect();
    assert_eq!(names, ["Mug", "Sunglasses"]);
}

#[tokio::test]
async fn what_a_merchant_changes_is_seen_at_once_and_after_a_restart() {
    let shop = shop(50).await;
    let mut changed = seed::products(50).remove(20);
    changed.name = "Quite Another Thing".to_owned();
    changed.categories = vec!["toys".to_owned()];
    let mut new = changed.clone();
    new.sku = "NEW-1".parse().unwrap();
    new.name = "Zeppelin".to_owned();

    shop.catalog.upsert(&merchant(), changed.clone()).await.unwrap();
    shop.catalog.upsert(&merchant(), new.clone()).await.unwrap();

    let restarted = asked(&CatalogModule::start(open(&shop.folder).await).await.unwrap());
    for catalog in [&shop.catalog, &restarted] {
        let page = catalog.list(&visitor(), listing(None, 20, 100)).await.unwrap();
        assert_eq!(*page.products[0], changed, "it stays in its place");
        assert_eq!(**page.products.last().unwrap(), new, "what is new comes last");
        let found = catalog.search(&visitor(), "zeppelin".to_owned(), 5).await.unwrap();
        assert_eq!(found, vec![Arc::new(new.clone())]);
    }
}

#[tokio::test]
async fn only_merchants_change_the_catalogue_and_only_to_what_can_be_sold() {
    let shop = shop(9).await;
    let product = seed::products(1).remove(0);

    let refused = shop.catalog.upsert(&visitor(), product.clone()).await;
    assert_eq!(refused, Err(Fault::Domain(CatalogError::NotAllowed)));
    let nameless = shop.catalog.upsert(&merchant(), Product { name: String::new(), ..product }).await;
    assert!(matches!(nameless, Err(Fault::Domain(CatalogError::Product { field, .. })) if field == "name"));
}

#[tokio::test]
async fn many_changes_at_once_all_end_up_in_memory() {
    let shop = shop(9).await;
    let template = seed::products(1).remove(0);

    let changes = (0..20).map(|number| {
        let (catalog, template) = (shop.catalog.clone(), template.clone());
        tokio::spawn(async move {
            let sku = format!("AT-ONCE-{number}").parse().unwrap();
            catalog.upsert(&merchant(), Product { sku, ..template }).await.unwrap();
        })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap();
    }

    let page = shop.catalog.list(&visitor(), listing(None, 0, 100)).await.unwrap();
    assert_eq!(page.total, 29);
}

#[tokio::test]
async fn what_a_replica_has_put_there_is_seen_once_the_shelf_is_read_again() {
    let shop = shop(9).await;
    let replica = CatalogModule::start(open(&shop.folder).await).await.unwrap();
    let product = Product { sku: "FROM-AFAR".parse().unwrap(), ..seed::products(1).remove(0) };

    shop.catalog.upsert(&merchant(), product).await.unwrap();
    let total = async || asked(&replica).list(&visitor(), listing(None, 0, 1)).await.unwrap().total;
    assert_eq!(total().await, 9);
    replica.restock().await.unwrap();
    assert_eq!(total().await, 10);
}

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let folder = Folder::new();
    let database = open(&folder).await;

    seed::seed(&database, 30).await.unwrap();
    seed::seed(&database, 40).await.unwrap();

    let catalog = asked(&CatalogModule::start(database).await.unwrap());
    assert_eq!(catalog.list(&visitor(), listing(None, 0, 1)).await.unwrap().total, 30);
}

#[tokio::test]
async fn a_change_is_published() {
    let shop = shop(9).await;
    let listener = Arc::new(Listener::default());
    let relay = Relay::new(shop.module.outbox()).to("listener", listener.clone());
    let runtime = Runtime::in_folder(shop.folder.path()).unwrap();
    runtime.tasks.spawn("catalog relay", relay.run(runtime.shutdown.clone()));

    shop.catalog.upsert(&merchant(), seed::products(1).remove(0)).await.unwrap();

    testkit::eventually("the change is heard of", || async { *listener.0.lock().unwrap() == ["OLJCESPC7Z"] }).await;
    runtime.shutdown.request();
}

#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Subscriber for Listener {
    fn deliver<'a>(
        &'a self,
        batch: &'a [Envelope],
    ) -> Pin<Box<dyn Future<Output = Result<Delivered, DeliveryError>> + Send + 'a>> {
        Box::pin(async move {
            for event in batch.iter().filter(|event| event.kind == "catalog.product-changed") {
                let changed: ProductChanged = event.open().unwrap();
                self.0.lock().unwrap().push(changed.sku.to_string());
            }
            Ok(Delivered { up_to: batch.last().map(|event| event.id), held_back: false })
        })
    }
}
