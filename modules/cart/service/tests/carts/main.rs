//! The carts, asked through their contract.
#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use std::{fmt::Debug, sync::Arc};

use cart_contract::{CartContents, CartError, CartLine, CartService as _};
use cart_service::CartModule;
use runtime::{Durability, Runtime};
use seam::{Call, Failure, ModuleName, Outcome};
use testkit::Folder;
use vocabulary::{CartId, SessionId, Sku};

struct Carts {
    module: CartModule,
    call: Call,
    folder: Folder,
}

impl Carts {
    async fn fresh() -> Self {
        Self::in_folder(Folder::new()).await
    }

    async fn in_folder(folder: Folder) -> Self {
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database = runtime.database::<migrations::cart::Migrator>("cart", Durability::Rebuildable).await.unwrap();
        let module = CartModule::start(database).await.unwrap();
        Self { module, call: Call::without_deadline(ModuleName::new("test")), folder }
    }

    async fn get(&self, cart: CartId) -> CartContents {
        self.module.get(&self.call, cart).await.unwrap()
    }

    async fn add(&self, cart: CartId, sku: &str, quantity: u32) -> Outcome<CartContents, CartError> {
        self.module.add(&self.call, cart, product(sku), quantity).await
    }

    async fn set(&self, cart: CartId, sku: &str, quantity: u32) -> Outcome<CartContents, CartError> {
        self.module.set(&self.call, cart, product(sku), quantity).await
    }

    async fn clear(&self, cart: CartId, version: Option<u64>) {
        self.module.clear(&self.call, cart, version).await.unwrap();
    }

    async fn merge(&self, from: CartId, into: CartId) -> Outcome<CartContents, CartError> {
        self.module.merge(&self.call, from, into).await
    }
}

fn product(text: &str) -> Sku {
    text.parse().unwrap()
}

fn line(sku: &str, quantity: u32) -> CartLine {
    CartLine { sku: product(sku), quantity }
}

fn refusal<T: Debug>(outcome: Outcome<T, CartError>) -> CartError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_cart_nobody_has_put_anything_into_is_empty() {
    let carts = Carts::fresh().await;

    assert_eq!(carts.get(CartId::generate()).await, CartContents::default());
}

#[tokio::test]
async fn what_is_put_in_is_there_afterwards_in_the_same_order() {
    let carts = Carts::fresh().await;
    let cart = CartId::from(SessionId::generate());

    carts.add(cart, "MUG", 2).await.unwrap();
    carts.add(cart, "JAR", 1).await.unwrap();
    let answered = carts.add(cart, "MUG", 3).await.unwrap();

    assert_eq!(answered, CartContents { lines: vec![line("MUG", 5), line("JAR", 1)], version: 3 });
    assert_eq!(carts.get(cart).await, answered);
    assert_eq!(carts.get(CartId::generate()).await, CartContents::default(), "another cart");
}

#[tokio::test]
async fn a_quantity_can_be_set_again_and_again_and_zero_takes_the_line_out() {
    let carts = Carts::fresh().await;
    let cart = CartId::generate();
    carts.add(cart, "MUG", 2).await.unwrap();

    let first = carts.set(cart, "MUG", 7).await.unwrap();
    assert_eq!(carts.set(cart, "MUG", 7).await.unwrap(), first);
    assert_eq!(first.lines, [line("MUG", 7)]);

    let emptied = carts.set(cart, "MUG", 0).await.unwrap();
    assert_eq!(emptied, CartContents { lines: vec![], version: 3 });
    assert_eq!(carts.get(cart).await, emptied);
}

#[tokio::test]
async fn what_a_cart_cannot_hold_is_refused_and_changes_nothing() {
    let carts = Carts::fresh().await;
    let cart = CartId::generate();
    let before = carts.add(cart, "MUG", 1_000_000).await.unwrap();

    assert_eq!(refusal(carts.add(cart, "MUG", 1).await), CartError::Quantity);
    assert_eq!(refusal(carts.add(cart, "JAR", 0).await), CartError::Quantity);
    assert_eq!(carts.get(cart).await, before);
}

#[tokio::test]
async fn clearing_what_was_bought_leaves_what_was_put_in_since() {
    let carts = Carts::fresh().await;
    let cart = CartId::generate();
    let bought = carts.add(cart, "MUG", 2).await.unwrap().version;
    carts.add(cart, "JAR", 1).await.unwrap();

    carts.clear(cart, Some(bought)).await;
    carts.clear(cart, Some(bought)).await;

    assert_eq!(carts.get(cart).await, CartContents { lines: vec![line("JAR", 1)], version: 3 });
}

#[tokio::test]
async fn versions_go_on_after_a_cart_was_emptied_so_that_a_late_clear_takes_nothing() {
    let carts = Carts::fresh().await;
    let cart = CartId::generate();
    let bought = carts.add(cart, "MUG", 2).await.unwrap().version;
    carts.clear(cart, None).await;
    carts.add(cart, "JAR", 1).await.unwrap();

    carts.clear(cart, Some(bought)).await;

    assert_eq!(carts.get(cart).await.lines, [line("JAR", 1)]);
}

#[tokio::test]
async fn a_cart_merged_into_another_is_empty_and_a_second_time_changes_nothing() {
    let carts = Carts::fresh().await;
    let (guest, person) = (CartId::generate(), CartId::generate());
    carts.add(guest, "MUG", 2).await.unwrap();
    carts.add(guest, "JAR", 1).await.unwrap();
    carts.add(person, "TOP", 1).await.unwrap();
    carts.add(person, "JAR", 4).await.unwrap();

    let merged = carts.merge(guest, person).await.unwrap();

    assert_eq!(merged.lines, [line("TOP", 1), line("JAR", 5), line("MUG", 2)]);
    assert_eq!(carts.get(guest).await.lines, []);
    assert_eq!(carts.merge(guest, person).await.unwrap(), merged);
    assert_eq!(carts.merge(person, person).await.unwrap(), merged, "into itself");
    assert_eq!(carts.get(person).await, merged);
}

#[tokio::test]
async fn a_cart_that_cannot_take_another_leaves_both_as_they_were() {
    let carts = Carts::fresh().await;
    let (guest, person) = (CartId::generate(), CartId::generate());
    let before = carts.add(guest, "MUG", 2).await.unwrap();
    for number in 0..200 {
        carts.add(person, &format!("P-{number}"), 1).await.unwrap();
    }

    assert_eq!(refusal(carts.merge(guest, person).await), CartError::Full { limit: 200 });
    assert_eq!(carts.get(guest).await, before);
    assert_eq!(carts.get(person).await.lines.len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_many_put_into_one_cart_at_once() {
    let carts = Arc::new(Carts::fresh().await);
    let cart = CartId::generate();
    let adding: Vec<_> = (0..40)
        .map(|number| {
            let carts = Arc::clone(&carts);
            tokio::spawn(async move { carts.add(cart, ["MUG", "JAR"][number % 2], 1).await.unwrap() })
        })
        .collect();
    for added in adding {
        added.await.unwrap();
    }

    let contents = carts.get(cart).await;
    assert_eq!((contents.units(), contents.version, contents.lines.len()), (40, 40, 2));
}

#[tokio::test]
async fn carts_survive_a_restart() {
    let carts = Carts::fresh().await;
    let cart = CartId::generate();
    let before = carts.add(cart, "MUG", 2).await.unwrap();
    let Carts { module, folder, .. } = carts;
    drop(module);

    assert_eq!(Carts::in_folder(folder).await.get(cart).await, before);
}
