//! How the payments module answers: it keeps account of each order's payment, and the provider moves the money.
//!
//! - What is to be asked of the provider is written down before, and what it said after. A crash in between leaves a payment whose
//!   fate is not known, and says so.
//! - The key of each command is made of order and step, so that repeating it after a crash moves nothing twice.
//! - [`void`](PaymentsModule::void) settles what is not known: the provider, which takes one command at a time, says whether the
//!   void or the capture came first, and every later word of the other is refused.
//! - A card goes to the provider and nowhere else.
//!
//! What is deliberately absent: an intent of its own before each capture. `authorized` is that intent: from then on the provider
//! has to be asked before the payment can be called anything else. So a check-out costs three writes here.

mod audit;
mod provider;
mod store;
mod tables;

use payments_contract::{Authorization, Payment, PaymentsError, PaymentsService, VoidOutcome};
use runtime::{Database, Stored as _, clock};
use seam::{Call, Failure, Outcome};
use vocabulary::{Card, CardFace, Money, OrderId};

pub use audit::{Audit, AuditedPayment, audit};
use provider::{Answer, Command, Provider, Standing, Step};
pub use provider::{ProviderSettings, StartError};
use store::{Row, Said};
use tables::Status;

/// The till.
#[derive(Debug)]
pub struct PaymentsModule {
    database: Database,
    provider: Provider,
}

impl PaymentsModule {
    /// Opens the till on its database, which has the tables of `migrations::payments`. The provider need not be there yet.
    ///
    /// # Errors
    /// When the provider's address is none.
    #[expect(clippy::unused_async, reason = "every module starts alike, and most load something")]
    pub async fn start(database: Database, provider: ProviderSettings) -> Result<Self, StartError> {
        Ok(Self { database, provider: Provider::new(provider)? })
    }

    async fn tell(&self, call: &Call, command: Command<'_>) -> Result<Answer, Failure<PaymentsError>> {
        self.provider.tell(command, call.deadline()).await.map_err(Failure::unavailable)
    }

    async fn find(&self, order: OrderId) -> Result<Option<Row>, Failure<PaymentsError>> {
        store::find(self.database.reader(), order).await.stored()
    }

    async fn advance(&self, order: OrderId, from: &'static [Status], to: Said) -> Result<(), Failure<PaymentsError>> {
        let unit =
            self.database.write(move |tx| Box::pin(async move { store::advance(tx, order, from, to).await.stored() }));
        unit.await
    }
}

/// Where a payment may stand when the provider is first asked to void or to capture it.
const OPEN: &[Status] = &[Status::Pending, Status::Authorized];

impl PaymentsService for PaymentsModule {
    async fn authorize(
        &self,
        call: &Call,
        order: OrderId,
        amount: Money,
        card: Card,
    ) -> Outcome<Authorization, PaymentsError> {
        let (year, month, _) = clock::civil_date(clock::now());
        let face = card
            .check(year, month)
            .map_err(|error| PaymentsError::Card { field: error.part.to_owned(), reason: error.reason.to_owned() })?;
        if let Some(known) = self.begin(order, amount, face.clone()).await? {
            if known.status != Status::Voided && known.amount().stored()? != Some(amount) {
                return Err(PaymentsError::OtherAmount { order }.into());
            }
            match known.status {
                Status::Pending => {}
                Status::Declined => return Err(declined(known.reason).into()),
                Status::Voided => return Err(PaymentsError::Voided { order }.into()),
                Status::Authorized | Status::Captured | Status::Refunding | Status::Refunded => {
                    return Ok(authorization_of(known));
                }
            }
        }
        let answer = self.tell(call, Command::Authorize { order, amount, card: &card }).await?;
        match answer {
            Answer { done: true, standing: Standing::Authorized, reference, .. } => {
                let reference = reference.unwrap_or_default();
                let said = Said { reference: Some(reference.clone()), ..Status::Authorized.into() };
                self.advance(order, &[Status::Pending], said).await?;
                Ok(Authorization { reference, network: face.network.to_owned(), last_four: face.last_four })
            }
            Answer { standing: Standing::Declined, reason, .. } => {
                let said = Said { reason: reason.clone(), ..Status::Declined.into() };
                self.advance(order, &[Status::Pending], said).await?;
                Err(declined(reason).into())
            }
            Answer { standing: Standing::Voided, .. } => {
                self.advance(order, OPEN, Status::Voided.into()).await?;
                Err(PaymentsError::Voided { order }.into())
            }
            other => Err(unexpected("authorize", &other)),
        }
    }

    async fn capture(&self, call: &Call, order: OrderId) -> Outcome<(), PaymentsError> {
        let Some(payment) = self.find(order).await? else { return Err(PaymentsError::WrongState { order }.into()) };
        match payment.status {
            Status::Authorized => {}
            Status::Captured => return Ok(()),
            Status::Voided => return Err(PaymentsError::Voided { order }.into()),
            Status::Pending | Status::Declined | Status::Refunding | Status::Refunded => {
                return Err(PaymentsError::WrongState { order }.into());
            }
        }
        let amount = payment.amount().stored()?.ok_or(PaymentsError::WrongState { order })?;
        let answer = self.tell(call, Command::Move { order, amount, step: Step::Capture }).await?;
        match answer {
            Answer { done: true, standing: Standing::Captured, .. } => {
                self.advance(order, OPEN, Status::Captured.into()).await
            }
            Answer { standing: Standing::Voided, .. } => {
                self.advance(order, OPEN, Status::Voided.into()).await?;
                Err(PaymentsError::Voided { order }.into())
            }
            other => Err(unexpected("capture", &other)),
        }
    }

    async fn void(&self, call: &Call, order: OrderId) -> Outcome<VoidOutcome, PaymentsError> {
        // Nobody has asked the provider before the row was there, so a row that forbids it is enough.
        let unit = self.database.write(move |tx| Box::pin(async move { store::forbid(tx, order).await.stored() }));
        let known: Result<Option<Row>, Failure<PaymentsError>> = unit.await;
        match known?.map(|payment| payment.status) {
            None | Some(Status::Declined | Status::Voided | Status::Refunded) => return Ok(VoidOutcome::Voided),
            Some(Status::Captured) => return Ok(VoidOutcome::AlreadyCaptured),
            Some(Status::Refunding) => return self.refund(call, order).await.map(|()| VoidOutcome::Voided),
            Some(Status::Pending | Status::Authorized) => {}
        }
        let answer = self.tell(call, Command::Void { order }).await?;
        match answer {
            Answer { done: true, standing: Standing::Voided, .. } => {
                self.advance(order, OPEN, Status::Voided.into()).await?;
                Ok(VoidOutcome::Voided)
            }
            Answer { standing: Standing::Captured, .. } => {
                self.advance(order, OPEN, Status::Captured.into()).await?;
                Ok(VoidOutcome::AlreadyCaptured)
            }
            other => Err(unexpected("void", &other)),
        }
    }

    async fn refund(&self, call: &Call, order: OrderId) -> Outcome<(), PaymentsError> {
        let unit =
            self.database.write(move |tx| Box::pin(async move { store::begin_refund(tx, order).await.stored() }));
        let payment: Option<Row> = unit.await?;
        let payment = payment.ok_or(PaymentsError::WrongState { order })?;
        match payment.status {
            Status::Refunding => {}
            Status::Refunded => return Ok(()),
            Status::Voided => return Err(PaymentsError::Voided { order }.into()),
            Status::Pending | Status::Authorized | Status::Declined | Status::Captured => {
                return Err(PaymentsError::WrongState { order }.into());
            }
        }
        let amount = payment.amount().stored()?.ok_or(PaymentsError::WrongState { order })?;
        let answer = self.tell(call, Command::Move { order, amount, step: Step::Refund }).await?;
        match answer {
            Answer { done: true, standing: Standing::Refunded, .. } => {
                self.advance(order, &[Status::Refunding], Status::Refunded.into()).await
            }
            other => Err(unexpected("refund", &other)),
        }
    }

    async fn look_up(&self, _call: &Call, order: OrderId) -> Outcome<Option<Payment>, PaymentsError> {
        let Some(payment) = self.find(order).await? else { return Ok(None) };
        let amount = payment.amount().stored()?;
        Ok(amount.map(|amount| Payment { order, amount, status: payment.status.into() }))
    }
}

impl PaymentsModule {
    async fn begin(
        &self,
        order: OrderId,
        amount: Money,
        face: CardFace,
    ) -> Result<Option<Row>, Failure<PaymentsError>> {
        let unit = self
            .database
            .write(move |tx| Box::pin(async move { store::begin(tx, order, amount, &face).await.stored() }));
        unit.await
    }
}

fn authorization_of(payment: Row) -> Authorization {
    Authorization {
        reference: payment.reference.unwrap_or_default(),
        network: payment.network.unwrap_or_default(),
        last_four: payment.last_four.unwrap_or_default(),
    }
}

fn declined(reason: Option<String>) -> PaymentsError {
    PaymentsError::Declined { reason: reason.unwrap_or_else(|| "the bank gave no reason".to_owned()) }
}

/// The provider says what cannot be, as far as the till knows: nothing is concluded from it.
fn unexpected(command: &str, answer: &Answer) -> Failure<PaymentsError> {
    tracing::error!(command, ?answer, "the payment provider contradicts the till");
    Failure::unavailable(format!("the payment provider answered {:?} to {command}", answer.standing))
}
