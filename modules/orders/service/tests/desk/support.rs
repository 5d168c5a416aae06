//! An order desk in a world of its own.

use std::{sync::Arc, time::Duration};

use events::Envelope;
use futures_util::future::BoxFuture;
use orders_contract::{CheckOut, OrderEvent, OrdersError};
use orders_service::{OrdersModule, OrdersSettings, Recovery, audit};
use runtime::{Database, Durability, Runtime, Shutdown};
use seam::{Call, Failure, ModuleName};
use testkit::{Folder, eventually};
use vocabulary::{Address, Card, CartId, Currency, OrderId, SessionId};

use crate::network::{Luck, Network};

pub(crate) const GOOD_CARD: &str = "4432801561520454";

pub(crate) struct Shop {
    pub(crate) network: Arc<Network>,
    pub(crate) database: Database,
    _folder: Folder,
}

impl Shop {
    pub(crate) async fn new(luck: Vec<Luck>) -> Self {
        let folder = Folder::new();
        let database = Runtime::in_folder(folder.path())
            .unwrap()
            .database::<migrations::orders::Migrator>("orders", Durability::Rebuildable)
            .await
            .unwrap();
        Self { network: Network::new(luck), database, _folder: folder }
    }

    /// A process that begins now.
    pub(crate) async fn desk(&self) -> OrdersModule {
        let settings = OrdersSettings {
            recovery: Recovery::AtOnce,
            look_every: Duration::from_millis(20),
            try_again_after: vec![Duration::ZERO],
        };
        OrdersModule::start(self.database.clone(), self.network.asks(), settings).await.unwrap()
    }

    /// Lets a process finish what it has in hand.
    pub(crate) async fn end(&self, desk: OrdersModule) {
        let shutdown = Shutdown::by_hand(Duration::from_secs(20));
        shutdown.request();
        desk.run(shutdown).await;
    }

    /// Recovers until nothing is left to be done.
    pub(crate) async fn settle(&self, desk: &OrdersModule) {
        eventually("every order is settled", || async {
            desk.settle_once().await.unwrap();
            audit(&self.database).await.unwrap().unsettled.is_empty()
        })
        .await;
    }

    /// All events, as a consumer gets them.
    pub(crate) async fn events(&self, desk: &OrdersModule) -> Vec<OrderEvent> {
        #[derive(Default)]
        struct Collector(std::sync::Mutex<Vec<OrderEvent>>);
        impl events::Subscriber for Collector {
            fn deliver<'a>(
                &'a self,
                batch: &'a [Envelope],
            ) -> BoxFuture<'a, Result<events::Delivered, events::DeliveryError>> {
                let opened = batch.iter().map(|envelope| envelope.open().unwrap());
                self.0.lock().unwrap().extend(opened);
                let up_to = batch.last().map(|last| last.id);
                Box::pin(async move { Ok(events::Delivered { up_to, held_back: false }) })
            }
        }
        let (collector, shutdown) = (Arc::new(Collector::default()), Shutdown::by_hand(Duration::from_secs(5)));
        // Under a new name each time, so that it begins with the oldest event.
        let name = OrderId::generate().to_string();
        let relay = events::Relay::new(desk.outbox()).to(name.clone(), collector.clone());
        let running = tokio::spawn(relay.run(shutdown.clone()));
        eventually("the outbox is drained", || async {
            let backlog = desk.outbox().backlog().await.unwrap();
            backlog.iter().any(|consumer| consumer.consumer == name && consumer.waiting == 0)
        })
        .await;
        shutdown.request();
        running.await.unwrap();
        std::mem::take(&mut *collector.0.lock().unwrap())
    }
}

pub(crate) fn call() -> Call {
    Call::new(ModuleName::new("test"), Duration::from_secs(20))
}

pub(crate) fn wanted(session: SessionId, key: &str) -> CheckOut {
    let part = |text: &str| text.to_owned();
    CheckOut {
        key: part(key),
        session,
        cart: CartId::from(session),
        currency: Currency::USD,
        email: "someone@example.com".parse().unwrap(),
        address: Address {
            street: part("1 Main Street"),
            city: part("Springfield"),
            state: part("IL"),
            country: part("United States"),
            zip_code: part("62701"),
        },
        card: card(GOOD_CARD),
        coupon: None,
    }
}

pub(crate) fn card(number: &str) -> Card {
    Card { number: number.to_owned(), expiration_month: 12, expiration_year: 2090, security_code: "672".to_owned() }
}

/// The domain error of what must have been refused.
pub(crate) fn refusal<T: std::fmt::Debug>(outcome: Result<T, Failure<OrdersError>>) -> OrdersError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
