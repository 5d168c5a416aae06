//! Who somebody is, and what was written to them.

use accounts_contract::{AccountsError, AccountsService, LogIn, Password, Person, Token};
use notifications_contract::{Mail, MailKind, NotificationsError, NotificationsService};
use orders_contract::Order;
use seam::{Call, Outcome};
use vocabulary::{Address, Email, PersonId, SessionId};

use super::{FakeShop, NOW};

impl AccountsService for FakeShop {
    async fn register(
        &self,
        _: &Call,
        email: Email,
        name: String,
        password: Password,
    ) -> Outcome<Person, AccountsError> {
        let mut state = self.answering("accounts")?;
        if password.0.len() < 8 {
            return Err(AccountsError::Password.into());
        }
        if state.people.iter().any(|(person, _)| person.email == email) {
            return Err(AccountsError::Taken.into());
        }
        let person = Person { id: PersonId::generate(), email, name, roles: Vec::new() };
        state.people.push((person.clone(), password.0));
        Ok(person)
    }

    async fn log_in(&self, _: &Call, email: Email, password: Password) -> Outcome<LogIn, AccountsError> {
        let mut state = self.answering("accounts")?;
        let known = state.people.iter().find(|(person, secret)| person.email == email && *secret == password.0);
        let person = known.ok_or(AccountsError::WrongCredentials)?.0.clone();
        let token = format!("token-{}", state.tokens.len());
        state.tokens.insert(token.clone(), person.id);
        Ok(LogIn { person, token: Token(token), expires_at: NOW + 1 })
    }

    async fn who(&self, _: &Call, token: Token) -> Outcome<Option<Person>, AccountsError> {
        let state = self.answering("accounts")?;
        let id = state.tokens.get(&token.0);
        Ok(state.people.iter().map(|(person, _)| person).find(|person| Some(&person.id) == id).cloned())
    }

    async fn log_out(&self, _: &Call, token: Token) -> Outcome<(), AccountsError> {
        self.answering("accounts")?.tokens.remove(&token.0);
        Ok(())
    }

    async fn addresses(&self, _: &Call, _: PersonId) -> Outcome<Vec<Address>, AccountsError> {
        let _state = self.answering("accounts")?;
        Ok(Vec::new())
    }

    async fn keep_address(&self, _: &Call, _: PersonId, _: Address) -> Outcome<(), AccountsError> {
        let _state = self.answering("accounts")?;
        Ok(())
    }

    async fn grant(&self, _: &Call, _: PersonId, _: String) -> Outcome<(), AccountsError> {
        Err(AccountsError::UnknownPerson.into())
    }
}

impl NotificationsService for FakeShop {
    async fn sent_to(&self, _: &Call, session: SessionId) -> Outcome<Vec<Mail>, NotificationsError> {
        let state = self.answering("notifications")?;
        let mail = |order: &Order| Mail {
            order: order.id,
            kind: MailKind::OrderConfirmation,
            subject: "Thank you for your order".to_owned(),
            html: "<!doctype html><title>Thank you</title><p>Thank you for your order.</p>".to_owned(),
            text: format!("Hello,\n\nthank you for your order {}.\nIt came to {}.\n", order.id, order.total),
            sent_at: NOW,
        };
        let own = state.orders.iter().rev().filter(|(owner, _, _)| *owner == session);
        Ok(own.map(|(_, _, order)| mail(order)).collect())
    }
}
