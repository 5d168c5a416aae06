//! The mails, fed with the events of orders and asked through their contract.
#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use events::{Envelope, Subscriber as _};
use notifications_contract::{Mail, MailKind, NotificationsService as _};
use notifications_service::{Audit, NotificationsModule, audit};
use orders_contract::{Order, OrderEvent, OrderLine, OrderStatus};
use runtime::{Database, Durability, Runtime};
use seam::{Call, ModuleName};
use serde_json::{Value, json};
use testkit::Folder;
use vocabulary::{Address, Currency, Money, OrderId, SessionId};

struct Mails {
    module: NotificationsModule,
    database: Database,
    call: Call,
    _folder: Folder,
}

impl Mails {
    async fn fresh() -> Self {
        let folder = Folder::new();
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database =
            runtime.database::<migrations::notifications::Migrator>("notifications", Durability::Full).await.unwrap();
        let module = NotificationsModule::start(database.clone()).await.unwrap();
        Self { module, database, call: Call::without_deadline(ModuleName::new("test")), _folder: folder }
    }

    async fn deliver(&self, events: &[Envelope]) {
        let delivered = self.module.inbox().deliver(events).await.unwrap();
        assert_eq!((delivered.up_to, delivered.held_back), (events.last().map(|event| event.id), false));
    }

    async fn sent_to(&self, session: SessionId) -> Vec<Mail> {
        self.module.sent_to(&self.call, session).await.unwrap()
    }

    async fn audit(&self) -> Audit {
        audit(&self.database).await.unwrap()
    }
}

fn order() -> Order {
    let dollars = |minor| Money::new(minor, Currency::USD);
    let text = str::to_owned;
    Order {
        id: OrderId::generate(),
        status: OrderStatus::Confirmed,
        placed_at: 0,
        lines: vec![OrderLine { sku: "MUG".parse().unwrap(), name: text("Mug"), quantity: 2, price: dollars(899) }],
        items: dollars(1_798),
        shipping: dollars(610),
        discount: dollars(0),
        total: dollars(2_408),
        email: "ada@example.com".parse().unwrap(),
        address: Address {
            street: text("Street 1"),
            city: text("York"),
            state: text("Yorkshire"),
            country: text("UK"),
            zip_code: text("YO1"),
        },
        tracking_id: Some(text("CV-8F3K-22M9-Q1")),
        paid_with: Some(text("Visa ending in 1111")),
    }
}

fn placed(id: i64, order: &Order, session: SessionId) -> Envelope {
    event(id, "orders.placed", serde_json::to_value(OrderEvent::Placed { order: order.clone(), session }).unwrap())
}

fn cancelled(id: i64, order: &Order, session: SessionId) -> Envelope {
    event(
        id,
        "orders.cancelled",
        serde_json::to_value(OrderEvent::Cancelled { order: order.clone(), session }).unwrap(),
    )
}

fn event(id: i64, kind: &str, payload: Value) -> Envelope {
    Envelope {
        source: "orders".to_owned(),
        id,
        aggregate: id.to_string(),
        sequence: 1,
        kind: kind.to_owned(),
        payload,
        trace: String::new(),
        at: 0,
    }
}

#[tokio::test]
async fn an_order_that_was_placed_is_confirmed_by_mail_to_its_session_alone() {
    let mails = Mails::fresh().await;
    let (order, session) = (order(), SessionId::generate());

    mails.deliver(&[placed(1, &order, session)]).await;

    let sent = mails.sent_to(session).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].order, sent[0].kind), (order.id, MailKind::OrderConfirmation));
    assert_eq!(sent[0].subject, "Thank you for your order");
    assert!(sent[0].text.contains("2 x Mug: $17.98") && sent[0].html.contains("$24.08"));
    assert_eq!(mails.sent_to(SessionId::generate()).await, []);
}

#[tokio::test]
async fn an_order_that_was_taken_back_gets_a_second_mail_which_comes_first() {
    let mails = Mails::fresh().await;
    let (order, session) = (order(), SessionId::generate());

    mails.deliver(&[placed(1, &order, session), cancelled(2, &order, session)]).await;

    let kinds: Vec<MailKind> = mails.sent_to(session).await.iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, [MailKind::OrderCancelled, MailKind::OrderConfirmation]);
    let audit = mails.audit().await;
    assert!(audit.has(order.id, MailKind::OrderCancelled) && audit.has(order.id, MailKind::OrderConfirmation));
}

#[tokio::test]
async fn an_event_that_is_delivered_again_writes_no_second_mail() {
    let mails = Mails::fresh().await;
    let (order, session) = (order(), SessionId::generate());
    let event = placed(1, &order, session);

    mails.deliver(std::slice::from_ref(&event)).await;
    mails.deliver(&[event.clone(), event]).await;
    // The same again under another number, as after a restored backup of the publisher.
    mails.deliver(&[placed(7, &order, session)]).await;

    assert_eq!(mails.sent_to(session).await.len(), 1);
    assert_eq!(mails.audit().await.repeated().count(), 0);
}

#[tokio::test]
async fn events_of_no_interest_and_fields_of_a_later_version_do_no_harm() {
    let mails = Mails::fresh().await;
    let (order, session) = (order(), SessionId::generate());
    let mut newer = placed(2, &order, session);
    newer.payload["loyalty_points"] = json!(12);

    mails.deliver(&[event(1, "orders.packed", json!({"by": "somebody"})), newer]).await;

    assert_eq!(mails.sent_to(session).await.len(), 1);
}

#[tokio::test]
async fn an_event_nobody_can_read_is_laid_aside_and_holds_nobody_up() {
    let mails = Mails::fresh().await;
    let (order, session) = (order(), SessionId::generate());

    mails.deliver(&[event(1, "orders.placed", json!({"event": "placed"})), placed(2, &order, session)]).await;

    assert_eq!(mails.sent_to(session).await.len(), 1);
    let dead = mails.module.inbox().dead_letters().await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.event.id).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_session_is_shown_its_fifty_newest_mails() {
    let mails = Mails::fresh().await;
    let session = SessionId::generate();
    let orders: Vec<Order> = (0..60).map(|_| order()).collect();
    let events: Vec<Envelope> = (1..).zip(&orders).map(|(id, order)| placed(id, order, session)).collect();

    mails.deliver(&events).await;

    let sent: Vec<OrderId> = mails.sent_to(session).await.iter().map(|mail| mail.order).collect();
    let newest: Vec<OrderId> = orders.iter().rev().take(50).map(|order| order.id).collect();
    assert_eq!(sent, newest);
}
