//! How the notifications module answers: it writes a mail for each order that was placed or taken back, and keeps it.
//!
//! - A mail is written in the transaction that records its event as done, so there is one per order and kind, whatever is
//!   delivered how often.
//! - It is kept as it was rendered: what somebody was told does not change when the templates do.

mod audit;
mod letter;
mod post;
mod store;
mod tables;

use std::sync::Arc;

use events::Inbox;
use notifications_contract::{Mail, NotificationsError, NotificationsService};
use runtime::{Database, Stored as _};
use sea_orm::DbErr;
use seam::{Call, Outcome};
use vocabulary::SessionId;

pub use audit::{Audit, audit};
pub use post::PostDesk;

/// How many mails a session is shown at most.
const MOST_SHOWN: u64 = 50;

/// The mails.
#[derive(Debug)]
pub struct NotificationsModule {
    database: Database,
    post: Arc<PostDesk>,
}

impl NotificationsModule {
    /// Opens the mails on their database, which has the tables of `migrations::notifications`.
    ///
    /// # Errors
    /// None today: nothing is loaded.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database) -> Result<Self, DbErr> {
        Ok(Self { database, post: Arc::new(PostDesk) })
    }

    /// Where the events of orders are to be delivered.
    #[must_use]
    pub fn inbox(&self) -> Inbox<PostDesk> {
        Inbox::new(&self.database, Arc::clone(&self.post))
    }
}

impl NotificationsService for NotificationsModule {
    async fn sent_to(&self, _call: &Call, session: SessionId) -> Outcome<Vec<Mail>, NotificationsError> {
        store::sent_to(self.database.reader(), session, MOST_SHOWN).await.stored()
    }
}
