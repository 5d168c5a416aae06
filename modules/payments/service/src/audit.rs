//! What the till believes, for comparison with the provider's ledger and the orders.

use std::collections::BTreeMap;

use payments_contract::PaymentStatus;
use runtime::Database;
use sea_orm::{DbErr, EntityTrait as _, QueryOrder as _};
use vocabulary::{Money, OrderId};

use crate::tables::{Status, payments};

/// What the till believes of all payments, while nothing is being paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Each payment that was ever asked for or given up.
    pub payments: BTreeMap<OrderId, AuditedPayment>,
}

/// What the till believes of one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedPayment {
    /// How far it is.
    pub status: PaymentStatus,
    /// How much; `None` when it was given up before anybody asked.
    pub amount: Option<Money>,
}

impl AuditedPayment {
    /// Whether nothing is left to be done about it: not so while its fate is unknown, an amount is set aside, or is to be
    /// given back.
    pub fn is_settled(&self) -> bool {
        !matches!(self.status, PaymentStatus::Pending | PaymentStatus::Authorized | PaymentStatus::Refunding)
    }

    /// What the shop has of it: the amount when it is taken and not given back.
    pub fn kept(&self) -> Option<Money> {
        self.amount.filter(|_| self.status == PaymentStatus::Captured)
    }
}

impl Audit {
    /// The payments about which something is left to be done.
    pub fn unsettled(&self) -> impl Iterator<Item = OrderId> {
        self.payments.iter().filter(|(_, payment)| !payment.is_settled()).map(|(order, _)| *order)
    }
}

/// Reads all payments.
///
/// # Errors
/// When the database cannot be read, or holds what no payment is.
pub async fn audit(database: &Database) -> Result<Audit, DbErr> {
    let rows = payments::Entity::find().order_by_asc(payments::Column::OrderId).all(database.reader()).await?;
    let mut audit = Audit::default();
    for row in rows {
        let order = row.order_id.parse().map_err(|error| DbErr::Custom(format!("payments.order_id: {error}")))?;
        let status = Status::into(row.status);
        audit.payments.insert(order, AuditedPayment { status, amount: row.amount()? });
    }
    Ok(audit)
}
