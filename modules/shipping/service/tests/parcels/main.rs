//! The parcel desk, asked through its contract.
#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use std::fmt::Debug;

use runtime::{Durability, Runtime};
use seam::{Call, Failure, ModuleName, Outcome};
use shipping_contract::{Shipment, ShipmentStatus, ShippingError, ShippingLine, ShippingService as _};
use shipping_service::ShippingModule;
use testkit::Folder;
use vocabulary::{Address, Currency, OrderId};

struct Desk {
    module: ShippingModule,
    call: Call,
    _folder: Folder,
}

impl Desk {
    async fn fresh() -> Self {
        let folder = Folder::new();
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database = runtime.database::<migrations::shipping::Migrator>("shipping", Durability::Full).await.unwrap();
        let module = ShippingModule::start(database).await.unwrap();
        Self { module, call: Call::without_deadline(ModuleName::new("test")), _folder: folder }
    }

    async fn ship(&self, order: OrderId) -> Outcome<Shipment, ShippingError> {
        self.module.ship(&self.call, order, home(), lines(2)).await
    }

    async fn track(&self, order: OrderId) -> Option<Shipment> {
        self.module.track(&self.call, order).await.unwrap()
    }

    async fn call_back(&self, order: OrderId) {
        self.module.call_back(&self.call, order).await.unwrap();
    }
}

fn home() -> Address {
    let text = str::to_owned;
    Address {
        street: text("1600 Amphitheatre Parkway"),
        city: text("Mountain View"),
        state: text("CA"),
        country: text("United States"),
        zip_code: text("94043"),
    }
}

fn lines(quantity: u32) -> Vec<ShippingLine> {
    vec![ShippingLine { sku: "6E92ZMYYFZ".parse().unwrap(), quantity }]
}

fn refusal<T: Debug>(outcome: Outcome<T, ShippingError>) -> ShippingError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_quote_is_in_dollars_and_grows_with_units_and_distance() {
    let desk = Desk::fresh().await;
    let abroad = Address { country: "Japan".to_owned(), ..home() };

    let near = desk.module.quote(&desk.call, None, 1).await.unwrap();
    let home = desk.module.quote(&desk.call, Some(home()), 1).await.unwrap();
    let more = desk.module.quote(&desk.call, None, 10).await.unwrap();
    let far = desk.module.quote(&desk.call, Some(abroad), 1).await.unwrap();

    assert_eq!(near, home, "without an address: the nearest zone");
    assert_eq!(near.cost.currency, Currency::USD);
    assert!(more.cost.minor > near.cost.minor && far.cost.minor > near.cost.minor && far.days > near.days);
}

#[tokio::test]
async fn nothing_can_be_sent_to_nowhere() {
    let desk = Desk::fresh().await;
    let (order, nowhere) = (OrderId::generate(), Address { city: " ".to_owned(), ..home() });
    let without_city = ShippingError::Address { part: "city".to_owned() };

    assert_eq!(refusal(desk.module.quote(&desk.call, Some(nowhere.clone()), 1).await), without_city);
    assert_eq!(refusal(desk.module.ship(&desk.call, order, nowhere, lines(1)).await), without_city);
    assert_eq!(refusal(desk.module.quote(&desk.call, None, 0).await), ShippingError::Nothing);
    assert_eq!(refusal(desk.module.ship(&desk.call, order, home(), vec![]).await), ShippingError::Nothing);
    assert_eq!(refusal(desk.module.ship(&desk.call, order, home(), lines(0)).await), ShippingError::Nothing);
    assert_eq!(desk.track(order).await, None);
}

#[tokio::test]
async fn an_order_is_sent_once_however_often_it_is_asked_for() {
    let desk = Desk::fresh().await;
    let order = OrderId::generate();

    let first = desk.ship(order).await.unwrap();
    let second = desk.ship(order).await.unwrap();

    assert_eq!(first, second);
    assert_eq!(desk.track(order).await, Some(first));
    assert_eq!(desk.track(OrderId::generate()).await, None, "another order");
}

#[tokio::test]
async fn a_parcel_that_was_called_back_is_not_sent_again() {
    let desk = Desk::fresh().await;
    let order = OrderId::generate();
    let sent = desk.ship(order).await.unwrap();

    desk.call_back(order).await;
    desk.call_back(order).await;

    assert_eq!(desk.track(order).await, Some(Shipment { status: ShipmentStatus::CalledBack, ..sent }));
    assert_eq!(refusal(desk.ship(order).await), ShippingError::CalledBack { order });
}

#[tokio::test]
async fn an_order_called_back_before_it_was_sent_never_is() {
    let desk = Desk::fresh().await;
    let order = OrderId::generate();

    desk.call_back(order).await;

    assert_eq!(refusal(desk.ship(order).await), ShippingError::CalledBack { order });
    assert_eq!(desk.track(order).await, None);
}
