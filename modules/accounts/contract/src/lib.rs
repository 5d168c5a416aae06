//! What may be asked about people: to register, to log in, to be known again, and where they live.
//!
//! A password travels in a [`Password`], which shows in no log. Log-in sessions are opaque tokens; the service stores only their hashes.

use std::fmt;

use seam::Call;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Address, Email, PersonId};

/// Who the shop knows.
#[seam::contract]
pub trait Accounts {
    /// Makes an account. Fails when the e-mail address has one, or the password is too short or too long.
    #[once]
    async fn register(
        &self,
        call: &Call,
        email: Email,
        name: String,
        password: Password,
    ) -> Result<Person, AccountsError>;

    /// Opens a session for the person with this address and password.
    ///
    /// Fails with [`AccountsError::WrongCredentials`], the same and after about the same time for a wrong address and a wrong
    /// password, and with [`AccountsError::TooManyAttempts`] when there were too many of them for one address.
    #[once]
    async fn log_in(&self, call: &Call, email: Email, password: Password) -> Result<LogIn, AccountsError>;

    /// The person whose session this is; `None` when it is unknown, closed or over.
    #[read]
    async fn who(&self, call: &Call, token: Token) -> Result<Option<Person>, AccountsError>;

    /// Closes a session; nothing happens when it is closed already.
    #[idempotent]
    async fn log_out(&self, call: &Call, token: Token) -> Result<(), AccountsError>;

    /// The person's addresses, the one used last first; none for somebody nobody knows.
    #[read]
    async fn addresses(&self, call: &Call, person: PersonId) -> Result<Vec<Address>, AccountsError>;

    /// Remembers an address as the one used last; at most ten are kept. Fails with [`AccountsError::Address`] and
    /// [`AccountsError::UnknownPerson`].
    #[idempotent]
    async fn keep_address(&self, call: &Call, person: PersonId, address: Address) -> Result<(), AccountsError>;

    /// Gives a person a role, such as `merchant`; to be called by operators alone. Fails with [`AccountsError::UnknownPerson`].
    #[idempotent]
    async fn grant(&self, call: &Call, person: PersonId, role: String) -> Result<(), AccountsError>;
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Where mails go.
    pub email: Email,
    /// How they want to be called.
    pub name: String,
    /// What they may do beyond their own things.
    pub roles: Vec<String>,
}

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    /// Whose.
    pub person: Person,
    /// What the browser keeps.
    pub token: Token,
    /// When it is over, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// A password as it was typed, 8 to 200 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

/// What a browser keeps to be known again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

/// Says that there is a password, and not which.
impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(..)")
    }
}

/// Says that there is a token, and not which.
impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(..)")
    }
}

/// Why accounts refuses.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum AccountsError {
    /// The address has an account already.
    #[error("there is an account with this e-mail address: log in instead")]
    Taken,
    /// No account with this address, or not this password.
    #[error("e-mail address or password is wrong")]
    WrongCredentials,
    /// Too many wrong passwords for one address.
    #[error("too many attempts: try again in {retry_after_s} s")]
    TooManyAttempts {
        /// When another try is let through, in seconds.
        retry_after_s: u32,
    },
    /// A password that is too short or too long.
    #[error("a password has 8 to 200 characters")]
    Password,
    /// A name that is empty or too long.
    #[error("a name has 1 to 100 characters")]
    Name,
    /// An address with a part missing.
    #[error("{part} of the address must be filled in")]
    Address {
        /// Which part.
        part: String,
    },
    /// Nobody has this id.
    #[error("there is no such person")]
    UnknownPerson,
}
