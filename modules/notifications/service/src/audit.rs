//! What the mails must show whatever went wrong: for `cleave verify`, on a quiet database.

use std::collections::BTreeMap;

use notifications_contract::MailKind;
use runtime::Database;
use sea_orm::DbErr;
use vocabulary::OrderId;

use crate::store;

/// Which mails there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many mails there are about an order, of each kind (I9: one; none of the others).
    pub mails: BTreeMap<(OrderId, MailKind), u64>,
}

impl Audit {
    /// Orders that got more than one mail of a kind (I9). Empty when all is well.
    pub fn repeated(&self) -> impl Iterator<Item = (OrderId, MailKind)> {
        self.mails.iter().filter(|(_, count)| **count > 1).map(|(mail, _)| *mail)
    }

    /// Says whether there is a mail of a kind about an order.
    #[must_use]
    pub fn has(&self, order: OrderId, kind: MailKind) -> bool {
        self.mails.contains_key(&(order, kind))
    }
}

/// Counts the mails by order and kind.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit(database: &Database) -> Result<Audit, DbErr> {
    let mut audit = Audit::default();
    for (order, kind) in store::all(database.reader()).await? {
        *audit.mails.entry((order, kind.into())).or_default() += 1;
    }
    Ok(audit)
}
