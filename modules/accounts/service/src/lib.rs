//! How the accounts module answers: people, their passwords, their sessions, their addresses.
//!
//! - Neither passwords nor tokens are stored, only what they can be checked with.
//! - A wrong address and a wrong password get one answer, after the same work.
//! - Passwords are hashed off the workers, as many at a time as there are cores: a flood of log-ins waits in its own queue.
//!
//! What is deliberately absent: limits per visitor, which belong where visitors are known; here they are per address.

mod attempts;
mod passwords;
mod store;
mod tables;
mod tokens;

use std::time::{Duration, Instant};

use accounts_contract::{AccountsError, AccountsService, LogIn, Password, Person, Token};
use attempts::Attempts;
use passwords::Passwords;
use runtime::{Database, Stored as _, clock};
use sea_orm::DbErr;
use seam::{Call, Failure, Outcome};
use vocabulary::{Address, Email, PersonId};

/// How many addresses are kept per person.
const MOST_ADDRESSES: usize = 10;

/// What accounts is told at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountsSettings {
    /// How long a session lasts. 30 days by default.
    pub session_time: Duration,
    /// How many wrong passwords for one address are let through at once. 10 by default.
    pub attempts: u32,
    /// After how long one more is let through. A minute by default.
    pub attempt_every: Duration,
}

impl Default for AccountsSettings {
    fn default() -> Self {
        Self {
            session_time: Duration::from_secs(30 * 24 * 60 * 60),
            attempts: 10,
            attempt_every: Duration::from_secs(60),
        }
    }
}

/// The people the shop knows.
#[derive(Debug)]
pub struct AccountsModule {
    database: Database,
    settings: AccountsSettings,
    passwords: Passwords,
    attempts: Attempts,
}

impl AccountsModule {
    /// Opens the accounts on their database, which has the tables of `migrations::accounts`.
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database, settings: AccountsSettings) -> Result<Self, DbErr> {
        let attempts = Attempts::new(settings.attempts, settings.attempt_every);
        Ok(Self { database, settings, passwords: Passwords::default(), attempts })
    }

    /// Opens a session for somebody whose password was right.
    async fn open_session(&self, person: Person) -> Outcome<LogIn, AccountsError> {
        let token = tokens::fresh();
        let token_hash = tokens::hash(&token);
        let now = clock::now();
        let lasts = i64::try_from(self.settings.session_time.as_millis()).unwrap_or(i64::MAX);
        let expires_at = now.saturating_add(lasts);
        let id = person.id;
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    store::delete_sessions_over(tx, now).await.stored()?;
                    store::insert_session(tx, &token_hash, id, expires_at).await.stored::<AccountsError>()
                })
            })
            .await?;
        Ok(LogIn { person, token, expires_at })
    }
}

impl AccountsService for AccountsModule {
    async fn register(
        &self,
        _call: &Call,
        email: Email,
        name: String,
        password: Password,
    ) -> Outcome<Person, AccountsError> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
            return Err(AccountsError::Name.into());
        }
        if !passwords::is_acceptable(&password) {
            return Err(AccountsError::Password.into());
        }
        // Asked before the costly part; the constraint decides when two ask at once.
        if store::person_of_email(self.database.reader(), &email).await.stored()?.is_some() {
            return Err(AccountsError::Taken.into());
        }
        let password_hash = self.passwords.hash(password).await.map_err(Failure::unavailable)?;
        let person = Person { id: PersonId::generate(), email, name, roles: Vec::new() };
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::insert_person(tx, &person, &password_hash, clock::now()).await.stored()? {
                        return Err(AccountsError::Taken.into());
                    }
                    Ok(person)
                })
            })
            .await
    }

    async fn log_in(&self, _call: &Call, email: Email, password: Password) -> Outcome<LogIn, AccountsError> {
        let key = store::email_key(&email);
        if let Err(wait) = self.attempts.begin(&key, Instant::now()) {
            // Rounded up, so that whoever waits so long is let through.
            let retry_after_s = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
            return Err(AccountsError::TooManyAttempts { retry_after_s }.into());
        }
        let known = store::person_of_email(self.database.reader(), &email).await.stored()?;
        let hash = known.as_ref().map(|known| known.password_hash.clone());
        let is_right = self.passwords.matches(password, hash).await.map_err(Failure::unavailable)?;
        match known {
            Some(known) if is_right => {
                self.attempts.succeeded(&key);
                self.open_session(known.person).await
            }
            _ => Err(AccountsError::WrongCredentials.into()),
        }
    }

    async fn who(&self, _call: &Call, token: Token) -> Outcome<Option<Person>, AccountsError> {
        if !tokens::is_possible(&token) {
            return Ok(None);
        }
        store::person_of_session(self.database.reader(), &tokens::hash(&token), clock::now()).await.stored()
    }

    async fn log_out(&self, _call: &Call, token: Token) -> Outcome<(), AccountsError> {
        if !tokens::is_possible(&token) {
            return Ok(());
        }
        let token_hash = tokens::hash(&token);
        self.database
            .write(move |tx| Box::pin(async move { store::delete_session(tx, &token_hash).await.stored() }))
            .await
    }

    async fn addresses(&self, _call: &Call, person: PersonId) -> Outcome<Vec<Address>, AccountsError> {
        let kept = store::addresses(self.database.reader(), person).await.stored()?;
        Ok(kept.into_iter().map(|kept| kept.address).collect())
    }

    async fn keep_address(&self, _call: &Call, person: PersonId, address: Address) -> Outcome<(), AccountsError> {
        address.check().map_err(|wrong| AccountsError::Address { part: wrong.part })?;
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::is_known(tx, person).await.stored()? {
                        return Err(AccountsError::UnknownPerson.into());
                    }
                    let kept = store::addresses(tx, person).await.stored()?;
                    if kept.first().is_some_and(|last| last.address == address) {
                        return Ok(());
                    }
                    let used = kept.first().map_or(1, |last| last.used + 1);
                    store::put_address(tx, person, &address, used).await.stored()?;
                    let others = kept.into_iter().filter(|kept| kept.address != address);
                    let forgotten: Vec<String> = others.skip(MOST_ADDRESSES - 1).map(|kept| kept.digest).collect();
                    store::delete_addresses(tx, person, &forgotten).await.stored()
                })
            })
            .await
    }

    async fn grant(&self, _call: &Call, person: PersonId, role: String) -> Outcome<(), AccountsError> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::is_known(tx, person).await.stored()? {
                        return Err(AccountsError::UnknownPerson.into());
                    }
                    store::insert_role(tx, person, &role).await.stored()
                })
            })
            .await
    }
}
