//! People: registered, known again, and turned away.

use accounts_contract::{AccountsError, LogIn, Password, Person, Token};
use seam::Fault;
use vocabulary::{Email, PersonId};

use super::{address, address_without_city, late, numbered};
use crate::parity::{Place, call, transcript::Transcript};

/// How many wrong passwords are let through.
const ATTEMPTS: usize = 10;

pub(crate) async fn ask(place: &Place, told: &mut Transcript) {
    let accounts = place.ask(|seats| &seats.accounts);
    let register = async |name: &str, secret: &str| {
        accounts.register(&call(), email("ada"), name.to_owned(), password(secret)).await
    };
    let log_in = async |who: &str, secret: &str| accounts.log_in(&call(), email(who), password(secret)).await;

    let registered = register("Ada", "a good password").await;
    let ada = registered.as_ref().expect("the name is free").id;
    told.answer("a new person", registered.map(without_id));
    told.refusal("Taken", register("Ada", "a good password").await);
    told.refusal("Password", register("Ada", "short").await);
    told.refusal("Name", register("", "a good password").await);

    let session = log_in("ada", "a good password").await;
    let token = session.as_ref().expect("the password is right").token.clone();
    told.answer("a session", session.map(without_token));
    told.refusal("WrongCredentials", log_in("ada", "a bad password").await);
    for _ in 0..ATTEMPTS {
        told.refusal("WrongCredentials", log_in("eve", "a good password").await);
    }
    told.refusal("TooManyAttempts", log_in("eve", "a good password").await.map_err(without_seconds));

    told.answer("a role", accounts.grant(&call(), ada, "merchant".to_owned()).await);
    told.refusal("UnknownPerson", accounts.grant(&call(), numbered(1), "merchant".to_owned()).await);
    let who = accounts.who(&call(), token.clone()).await;
    told.answer("whose session it is", who.map(|person| person.map(without_id)));

    told.answer("an address", accounts.keep_address(&call(), ada, address()).await);
    told.refusal("Address", accounts.keep_address(&call(), ada, address_without_city()).await);
    told.refusal("UnknownPerson", accounts.keep_address(&call(), numbered(1), address()).await);
    told.answer("the addresses", accounts.addresses(&call(), ada).await);

    told.answer("the end of a session", accounts.log_out(&call(), token.clone()).await);
    told.answer("nobody", accounts.who(&call(), token).await);
    told.too_late(accounts.addresses(&late(), ada).await);
}

fn email(name: &str) -> Email {
    format!("{name}@example.com").parse().unwrap()
}

fn password(text: &str) -> Password {
    Password(text.to_owned())
}

fn without_id(person: Person) -> Person {
    Person { id: numbered::<PersonId>(0), ..person }
}

fn without_token(session: LogIn) -> LogIn {
    assert!(!session.token.0.is_empty() && session.expires_at > 0);
    LogIn { person: without_id(session.person), token: Token(String::new()), expires_at: 0 }
}

/// Some of the minute may be over already.
fn without_seconds(fault: Fault<AccountsError>) -> Fault<AccountsError> {
    match fault {
        Fault::Domain(AccountsError::TooManyAttempts { retry_after_s: 1..=60 }) => {
            Fault::Domain(AccountsError::TooManyAttempts { retry_after_s: 60 })
        }
        other => other,
    }
}
