//! The accounts, asked through their contract.
#![expect(clippy::unwrap_used, reason = "what helps a test fails as a test does")]

use std::{fmt::Debug, fs, time::Duration};

use accounts_contract::{AccountsError, AccountsService as _, LogIn, Password, Person, Token};
use accounts_service::{AccountsModule, AccountsSettings};
use runtime::{Database, Durability, Runtime, clock};
use seam::{Call, Failure, ModuleName, Outcome};
use testkit::Folder;
use vocabulary::{Address, Email, PersonId};

const RIGHT: &str = "correct horse";

struct Accounts {
    module: AccountsModule,
    database: Database,
    call: Call,
    _folder: Folder,
}

impl Accounts {
    async fn fresh() -> Self {
        Self::with(AccountsSettings::default()).await
    }

    async fn with(settings: AccountsSettings) -> Self {
        let folder = Folder::new();
        let runtime = Runtime::in_folder(folder.path()).unwrap();
        let database = runtime.database::<migrations::accounts::Migrator>("accounts", Durability::Full).await.unwrap();
        let module = AccountsModule::start(database.clone(), settings).await.unwrap();
        Self { module, database, call: Call::without_deadline(ModuleName::new("test")), _folder: folder }
    }

    async fn register(&self, address: &str) -> Outcome<Person, AccountsError> {
        self.register_as(address, "Ada", RIGHT).await
    }

    async fn register_as(&self, address: &str, name: &str, password: &str) -> Outcome<Person, AccountsError> {
        self.module.register(&self.call, email(address), name.to_owned(), Password(password.to_owned())).await
    }

    async fn log_in(&self, address: &str, password: &str) -> Outcome<LogIn, AccountsError> {
        self.module.log_in(&self.call, email(address), Password(password.to_owned())).await
    }

    async fn who(&self, token: &Token) -> Option<Person> {
        self.module.who(&self.call, token.clone()).await.unwrap()
    }

    async fn keep(&self, person: PersonId, street: &str) -> Outcome<(), AccountsError> {
        self.module.keep_address(&self.call, person, address(street)).await
    }

    async fn streets(&self, person: PersonId) -> Vec<String> {
        let addresses = self.module.addresses(&self.call, person).await.unwrap();
        addresses.into_iter().map(|address| address.street).collect()
    }
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn address(street: &str) -> Address {
    let text = str::to_owned;
    Address {
        street: text(street),
        city: text("York"),
        state: text("Yorks"),
        country: text("UK"),
        zip_code: text("YO1"),
    }
}

fn refusal<T: Debug>(outcome: Outcome<T, AccountsError>) -> AccountsError {
    match outcome {
        Err(Failure::Domain(error)) => error,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn who_registered_can_log_in_and_is_known_until_they_log_out() {
    let accounts = Accounts::fresh().await;
    let ada = accounts.register("Ada@Example.com").await.unwrap();

    let session = accounts.log_in("ada@example.COM", RIGHT).await.unwrap();

    assert_eq!(session.person, ada, "however the address is written");
    assert_eq!(ada.email, email("Ada@Example.com"), "as it was typed");
    assert!(session.expires_at > clock::now() + 29 * 24 * 60 * 60 * 1_000);
    assert_eq!(accounts.who(&session.token).await, Some(ada));
    accounts.module.log_out(&accounts.call, session.token.clone()).await.unwrap();
    accounts.module.log_out(&accounts.call, session.token.clone()).await.unwrap();
    assert_eq!(accounts.who(&session.token).await, None);
}

#[tokio::test]
async fn an_address_has_one_account() {
    let accounts = Accounts::fresh().await;
    accounts.register("ada@example.com").await.unwrap();

    assert_eq!(refusal(accounts.register("ADA@example.com").await), AccountsError::Taken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_register_one_address_at_once_one_is_refused() {
    let accounts = Accounts::fresh().await;

    let (one, other) = tokio::join!(accounts.register("ada@example.com"), accounts.register("ada@example.com"));

    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(refusal(if one.is_ok() { other } else { one }), AccountsError::Taken);
}

#[tokio::test]
async fn names_and_passwords_nobody_can_have_are_refused() {
    let accounts = Accounts::fresh().await;
    let long = "x".repeat(201);

    for (name, password, error) in [
        ("", RIGHT, AccountsError::Name),
        (" ", RIGHT, AccountsError::Name),
        ("Ada\nBcc: all", RIGHT, AccountsError::Name),
        (&long[..101], RIGHT, AccountsError::Name),
        ("Ada", "short", AccountsError::Password),
        ("Ada", &long, AccountsError::Password),
    ] {
        assert_eq!(refusal(accounts.register_as("ada@example.com", name, password).await), error, "{name:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let accounts = Accounts::fresh().await;
    accounts.register("ada@example.com").await.unwrap();

    let wrong_password = refusal(accounts.log_in("ada@example.com", "wrong horse").await);
    let unknown_address = refusal(accounts.log_in("bob@example.com", RIGHT).await);
    let impossible_password = refusal(accounts.log_in("ada@example.com", "").await);

    assert_eq!(wrong_password, AccountsError::WrongCredentials);
    assert_eq!(unknown_address, wrong_password);
    assert_eq!(impossible_password, wrong_password);
}

#[tokio::test]
async fn after_too_many_wrong_passwords_an_address_has_to_wait_and_others_do_not() {
    let settings = AccountsSettings { attempts: 2, ..AccountsSettings::default() };
    let accounts = Accounts::with(settings).await;
    accounts.register("ada@example.com").await.unwrap();
    accounts.register("bob@example.com").await.unwrap();
    accounts.log_in("ada@example.com", "wrong horse").await.unwrap_err();
    accounts.log_in("ada@example.com", "wrong horse").await.unwrap_err();

    let refused = refusal(accounts.log_in("ADA@example.com", RIGHT).await);

    assert!(matches!(refused, AccountsError::TooManyAttempts { retry_after_s: 55..=60 }), "{refused:?}");
    accounts.log_in("bob@example.com", RIGHT).await.unwrap();
}

#[tokio::test]
async fn right_passwords_never_run_out_of_attempts() {
    let settings = AccountsSettings { attempts: 2, ..AccountsSettings::default() };
    let accounts = Accounts::with(settings).await;
    accounts.register("ada@example.com").await.unwrap();

    for _ in 0..4 {
        accounts.log_in("ada@example.com", RIGHT).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_that_is_over_knows_nobody() {
    let settings = AccountsSettings { session_time: Duration::ZERO, ..AccountsSettings::default() };
    let accounts = Accounts::with(settings).await;
    accounts.register("ada@example.com").await.unwrap();

    let session = accounts.log_in("ada@example.com", RIGHT).await.unwrap();

    assert_eq!(accounts.who(&session.token).await, None);
}

#[tokio::test]
async fn what_is_no_token_is_nobodys() {
    let accounts = Accounts::fresh().await;

    for text in ["", "x", &"0".repeat(64), &"x".repeat(100_000)] {
        assert_eq!(accounts.who(&Token(text.to_owned())).await, None);
    }
}

#[tokio::test]
async fn a_role_is_given_once_and_shows_in_the_session() {
    let accounts = Accounts::fresh().await;
    let ada = accounts.register("ada@example.com").await.unwrap();
    let session = accounts.log_in("ada@example.com", RIGHT).await.unwrap();

    for role in ["merchant", "auditor", "merchant"] {
        accounts.module.grant(&accounts.call, ada.id, role.to_owned()).await.unwrap();
    }

    assert_eq!(accounts.who(&session.token).await.unwrap().roles, ["auditor", "merchant"]);
    let nobody = accounts.module.grant(&accounts.call, PersonId::generate(), "merchant".to_owned()).await;
    assert_eq!(refusal(nobody), AccountsError::UnknownPerson);
}

#[tokio::test]
async fn the_address_used_last_comes_first_and_ten_are_kept() {
    let accounts = Accounts::fresh().await;
    let ada = accounts.register("ada@example.com").await.unwrap().id;
    for number in 0..11 {
        accounts.keep(ada, &format!("Street {number}")).await.unwrap();
    }
    accounts.keep(ada, "Street 5").await.unwrap();
    accounts.keep(ada, "Street 5").await.unwrap();

    let streets = accounts.streets(ada).await;

    assert_eq!(streets.len(), 10);
    assert_eq!(streets[..3], ["Street 5", "Street 10", "Street 9"]);
    assert!(!streets.contains(&"Street 0".to_owned()), "the one not used for longest is forgotten");
    assert_eq!(accounts.streets(PersonId::generate()).await, [""; 0]);
}

#[tokio::test]
async fn addresses_nothing_can_be_sent_to_are_not_kept() {
    let accounts = Accounts::fresh().await;
    let ada = accounts.register("ada@example.com").await.unwrap().id;

    let without_street = AccountsError::Address { part: "street_address".to_owned() };
    assert_eq!(refusal(accounts.keep(ada, "").await), without_street);
    assert_eq!(refusal(accounts.keep(PersonId::generate(), "Street 1").await), AccountsError::UnknownPerson);
}

#[tokio::test]
async fn neither_passwords_nor_tokens_are_in_the_database() {
    let accounts = Accounts::fresh().await;
    accounts.register("ada@example.com").await.unwrap();
    let session = accounts.log_in("ada@example.com", RIGHT).await.unwrap();
    accounts.database.close().await.unwrap();

    let file = fs::read(accounts.database.path()).unwrap();

    let holds = |secret: &str| file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
    assert!(holds("ada@example.com"), "the file is the right one");
    assert!(!holds(RIGHT));
    assert!(!holds(&session.token.0));
}
