//! The provider over its socket: what the shop sees of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{net::TcpListener, path::Path};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use payments_provider::{DECLINED_CARD, LEDGER_FILE, LOST_ANSWER_CARD, SLOW_CARD, accounts, read_ledger};
use serde_json::{Value, json};
use testkit::Folder;
use tokio::{sync::oneshot, task::JoinHandle, time::Instant};
use vocabulary::OrderId;

const GOOD_CARD: &str = "4111111111111111";

struct Provider {
    address: String,
    client: Client<HttpConnector, Full<Bytes>>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), payments_provider::ProviderError>>,
}

impl Provider {
    fn in_folder(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let running = tokio::spawn(payments_provider::run(listener, folder.join(LEDGER_FILE), shutdown));
        let client = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
        Self { address, client, stop, running }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: &Value) -> Result<(u16, Value), Error> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Full::from(body.to_string()))
            .unwrap();
        let answer = self.client.request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    async fn authorize(&self, order: OrderId, key: &str, number: &str) -> Result<(u16, Value), Error> {
        let card = json!({
            "number": number, "expiration_month": 12, "expiration_year": 2090, "security_code": "123"
        });
        let body = json!({ "order": order, "amount": amount(), "card": card });
        self.send(Method::POST, "/authorizations", key, &body).await
    }

    async fn capture(&self, order: OrderId, key: &str) -> Result<(u16, Value), Error> {
        self.send(Method::POST, "/captures", key, &json!({ "order": order, "amount": amount() })).await
    }
}

fn amount() -> Value {
    json!({ "minor": 1_999, "currency": "USD" })
}

#[tokio::test]
async fn a_payment_is_authorised_captured_and_refunded_and_each_is_in_the_ledger() {
    let folder = Folder::new();
    let provider = Provider::in_folder(folder.path());
    let order = OrderId::generate();

    let (status, authorized) = provider.authorize(order, "a", GOOD_CARD).await.unwrap();
    assert_eq!((status, authorized["standing"].as_str()), (200, Some("authorized")));
    assert_eq!(provider.capture(order, "c").await.unwrap().0, 200);
    let body = json!({ "order": order, "amount": amount() });
    assert_eq!(provider.send(Method::POST, "/refunds", "r", &body).await.unwrap().0, 200);
    let (status, payment) = provider.send(Method::GET, &format!("/payments/{order}"), "-", &Value::Null).await.unwrap();
    assert_eq!((status, &payment["refunded"]), (200, &amount()));
    provider.stop().await;

    let entries = read_ledger(&folder.path().join(LEDGER_FILE)).unwrap();
    let account = &accounts(&entries)[&order];
    assert_eq!((entries.len(), account.captures, account.refunds, account.kept()), (3, 1, 1, 0));
}

#[tokio::test]
async fn a_repeated_command_is_known_after_a_restart() {
    let folder = Folder::new();
    let order = OrderId::generate();
    let provider = Provider::in_folder(folder.path());
    provider.authorize(order, "a", GOOD_CARD).await.unwrap();
    let first = provider.capture(order, "c").await.unwrap();
    provider.stop().await;

    let provider = Provider::in_folder(folder.path());
    assert_eq!(provider.capture(order, "c").await.unwrap(), first);
    provider.stop().await;
    assert_eq!(read_ledger(&folder.path().join(LEDGER_FILE)).unwrap().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_had_its_effect_and_comes_the_second_time() {
    let folder = Folder::new();
    let provider = Provider::in_folder(folder.path());
    let order = OrderId::generate();

    assert!(provider.authorize(order, "a", LOST_ANSWER_CARD).await.is_err(), "the first answer is lost");
    assert_eq!(provider.authorize(order, "a", LOST_ANSWER_CARD).await.unwrap().0, 200);
    assert!(provider.capture(order, "c").await.is_err(), "of a capture, too");
    assert_eq!(provider.capture(order, "c").await.unwrap().0, 200);
    provider.stop().await;

    assert_eq!(accounts(&read_ledger(&folder.path().join(LEDGER_FILE)).unwrap())[&order].captures, 1);
}

#[tokio::test]
async fn test_cards_are_declined_and_slow_as_documented() {
    let folder = Folder::new();
    let provider = Provider::in_folder(folder.path());

    let (status, answer) = provider.authorize(OrderId::generate(), "a", DECLINED_CARD).await.unwrap();
    assert_eq!((status, answer["standing"].as_str()), (402, Some("declined")));
    let (status, _) = provider.authorize(OrderId::generate(), "a", "4111111111111112").await.unwrap();
    assert_eq!(status, 402, "a number that does not pass its check digit");
    let began = Instant::now();
    assert_eq!(provider.authorize(OrderId::generate(), "a", SLOW_CARD).await.unwrap().0, 200);
    assert!(began.elapsed().as_secs() >= 2);
    provider.stop().await;
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let folder = Folder::new();
    let provider = Provider::in_folder(folder.path());
    let order = OrderId::generate();
    let wrong = [
        ("/captures", "k", json!({}), 400, "no order"),
        ("/captures", "", json!({ "order": order, "amount": amount() }), 400, "no key"),
        ("/captures", "k", json!({ "order": order, "amount": amount() }), 409, "nothing authorised"),
        ("/transfers", "k", json!({}), 404, "no such command"),
    ];
    for (path, key, body, status, reason) in wrong {
        assert_eq!(provider.send(Method::POST, path, key, &body).await.unwrap().0, status, "{reason}");
    }
    provider.stop().await;
    assert!(read_ledger(&folder.path().join(LEDGER_FILE)).unwrap().is_empty());
}
