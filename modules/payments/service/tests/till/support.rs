//! A till with a provider of its own.

use std::{net::TcpListener, path::PathBuf, sync::OnceLock, time::Duration};

use payments_provider::{Entry, LEDGER_FILE, read_ledger};
use payments_service::{PaymentsModule, ProviderSettings};
use runtime::{Database, Durability, Runtime};
use seam::{Call, ModuleName};
use testkit::Folder;
use tokio::{sync::oneshot, task::JoinHandle};
use vocabulary::{Card, Currency, Money, OrderId};

pub(crate) const GOOD_CARD: &str = "4432801561520454";
pub(crate) const AMOUNT: Money = Money::new(1_999, Currency::USD);

pub(crate) fn card(number: &str) -> Card {
    Card { number: number.to_owned(), expiration_month: 12, expiration_year: 2090, security_code: "672".to_owned() }
}

pub(crate) fn call() -> Call {
    Call::new(ModuleName::new("test"), Duration::from_secs(20))
}

pub(crate) struct Provider {
    pub(crate) address: String,
    ledger: PathBuf,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), payments_provider::ProviderError>>,
}

impl Provider {
    /// Starts at an address, where port 0 is any.
    pub(crate) fn start(folder: &Folder, address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ledger = folder.path().join(LEDGER_FILE);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let running = tokio::spawn(payments_provider::run(listener, ledger.clone(), shutdown));
        Self { address, ledger, stop, running }
    }

    pub(crate) async fn stop(self) -> String {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
        self.address
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        read_ledger(&self.ledger).unwrap()
    }

    /// What happened to an order's payment, as the provider wrote it down.
    pub(crate) fn story(&self, order: OrderId) -> String {
        let kinds = self.entries().into_iter().filter(|entry| entry.order == order);
        kinds.map(|entry| format!("{:?}", entry.kind).to_lowercase()).collect::<Vec<_>>().join(" ")
    }
}

pub(crate) struct Shop {
    pub(crate) till: PaymentsModule,
    pub(crate) provider: Provider,
    pub(crate) database: Database,
    pub(crate) folder: Folder,
}

pub(crate) async fn shop() -> Shop {
    shop_with(|settings| settings).await
}

pub(crate) async fn shop_with(change: impl FnOnce(ProviderSettings) -> ProviderSettings) -> Shop {
    let folder = Folder::new();
    let provider = Provider::start(&folder, "127.0.0.1:0");
    let database = Runtime::in_folder(folder.path())
        .unwrap()
        .database::<migrations::payments::Migrator>("payments", Durability::Full)
        .await
        .unwrap();
    let settings = change(ProviderSettings::at(format!("http://{}", provider.address)));
    let till = PaymentsModule::start(database.clone(), settings).await.unwrap();
    Shop { till, provider, database, folder }
}

/// One runtime for all cases of a property: making one per case costs more than the case.
pub(crate) fn tokio() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}
