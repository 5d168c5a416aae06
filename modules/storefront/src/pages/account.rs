//! Accounts: to register, to log in, to see one's own, to log out.

use accounts_contract::{AccountsError, LogIn, Password};
use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER, SET_COOKIE},
    },
};
use askama::Template;
use seam::Fault;
use serde::Deserialize;
use tokio::join;
use vocabulary::{Address, Email};

use crate::{
    around::Around,
    pages::or_missing,
    refusal::Refusal,
    submitted::Submitted,
    visit::{Account, Visit},
};

/// Who somebody says they are; the name only when they register.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credentials {
    email: String,
    name: String,
    password: String,
}

#[derive(Template)]
#[template(path = "storefront/login.html")]
struct LogInPage {
    around: Around,
    form: Credentials,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/register.html")]
struct RegisterPage {
    around: Around,
    form: Credentials,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "storefront/account.html")]
struct AccountPage {
    around: Around,
    addresses: Vec<Address>,
}

pub(crate) async fn ask_log_in(visit: Visit) -> Result<HttpResponse, Refusal> {
    let around = visit.look_around().await?.around;
    Ok(visit.page(&LogInPage { around, form: Credentials::default(), error: None }))
}

pub(crate) async fn ask_registration(visit: Visit) -> Result<HttpResponse, Refusal> {
    let around = visit.look_around().await?.around;
    Ok(visit.page(&RegisterPage { around, form: Credentials::default(), error: None }))
}

/// Opens a session for somebody with an account.
pub(crate) async fn log_in(visit: Visit, Submitted(form): Submitted<Credentials>) -> Result<HttpResponse, Refusal> {
    match enter(&visit, &form).await {
        Ok(log_in) => welcome(&visit, log_in).await,
        Err(fault) => {
            let wrong = wrong(fault)?;
            let around = visit.look_around().await?.around;
            Ok(wrong.on(visit.page_with(wrong.status, &LogInPage { around, form, error: Some(wrong.text.clone()) })))
        }
    }
}

/// Makes an account and opens a session for it.
pub(crate) async fn register(visit: Visit, Submitted(form): Submitted<Credentials>) -> Result<HttpResponse, Refusal> {
    match join_in(&visit, &form).await {
        Ok(log_in) => welcome(&visit, log_in).await,
        Err(fault) => {
            let wrong = wrong(fault)?;
            let around = visit.look_around().await?.around;
            Ok(wrong.on(visit.page_with(wrong.status, &RegisterPage { around, form, error: Some(wrong.text.clone()) })))
        }
    }
}

/// What is known about the person who is logged in.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Refusal> {
    let Some(account) = &visit.account else { return Ok(visit.redirect("/login")) };
    let (surroundings, addresses) =
        join!(visit.look_around(), visit.asks().accounts.addresses(&visit.aside, account.person));
    let mut around = surroundings?.around;
    let addresses = or_missing(addresses, "your addresses", &mut around.missing);
    Ok(visit.page(&AccountPage { around, addresses }))
}

/// Ends the log-in and the visit, as Online Boutique does: whoever comes next is somebody new.
pub(crate) async fn log_out(mut visit: Visit) -> HttpResponse {
    if let Some(account) = visit.account.take()
        && let Err(fault) = visit.asks().accounts.log_out(&visit.call, account.token).await
    {
        // The browser forgets the token all the same, and the service ends it when its time is over.
        tracing::warn!(%fault, "a log-out did not reach the accounts");
    }
    visit.start_over();
    let mut response = visit.redirect("/");
    for cookie in visit.forgetting_cookies() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

async fn enter(visit: &Visit, form: &Credentials) -> Result<LogIn, Fault<AccountsError>> {
    // What is no address has no account; the same answer for both tells nobody which accounts there are.
    let email: Email = form.email.parse().map_err(|_| Fault::Domain(AccountsError::WrongCredentials))?;
    visit.asks().accounts.log_in(&visit.call, email, Password(form.password.clone())).await
}

async fn join_in(visit: &Visit, form: &Credentials) -> Result<LogIn, Fault<AccountsError>> {
    let email: Email =
        form.email.parse().map_err(|_| Fault::Domain(AccountsError::Address { part: "e-mail".to_owned() }))?;
    let (name, password) = (form.name.trim().to_owned(), Password(form.password.clone()));
    visit.asks().accounts.register(&visit.call, email.clone(), name, password.clone()).await?;
    visit.asks().accounts.log_in(&visit.call, email, password).await
}

/// Remembers who it is, and brings the visit's cart along.
async fn welcome(visit: &Visit, log_in: LogIn) -> Result<HttpResponse, Refusal> {
    let account = Account { person: log_in.person.id, token: log_in.token };
    if let Err(fault) = visit.asks().cart.merge(&visit.call, visit.session.into(), account.person.into()).await {
        tracing::warn!(%fault, "a guest's cart could not be brought along");
    }
    let mut response = visit.redirect("/account");
    response.headers_mut().append(SET_COOKIE, visit.account_cookie(&account));
    Ok(response)
}

/// What to say beside the form.
struct Wrong {
    status: StatusCode,
    text: String,
    retry_after_s: Option<u32>,
}

impl Wrong {
    fn on(&self, mut response: HttpResponse) -> HttpResponse {
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn wrong(fault: Fault<AccountsError>) -> Result<Wrong, Refusal> {
    let error = match fault {
        Fault::Domain(error) => error,
        Fault::Breakdown(breakdown) => return Err(Refusal::broken_down("Where accounts are kept", &breakdown)),
    };
    let (status, text, retry_after_s) = match error {
        AccountsError::Taken => {
            (StatusCode::CONFLICT, "There is an account with this e-mail address: log in instead.".to_owned(), None)
        }
        AccountsError::WrongCredentials => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The e-mail address or the password is wrong.".to_owned(), None)
        }
        AccountsError::TooManyAttempts { retry_after_s } => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("Too many attempts. Try again in {retry_after_s} seconds."),
            Some(retry_after_s),
        ),
        AccountsError::Password => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Choose a password of 8 to 200 characters.".to_owned(), None)
        }
        AccountsError::Name => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Tell us a name of 1 to 100 characters.".to_owned(), None)
        }
        AccountsError::Address { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "An e-mail address looks like name@example.com.".to_owned(), None)
        }
        AccountsError::UnknownPerson => (StatusCode::NOT_FOUND, "There is no such person.".to_owned(), None),
    };
    Ok(Wrong { status, text, retry_after_s })
}
