//! The check-out: an order, or the cart again with what stands in the way.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
};
use orders_contract::{CheckOut, Order, OrdersError};
use seam::{Breakdown, Call, Fault, Principal};
use uuid::Uuid;

use crate::{
    checkout_form::{CheckOutForm, Remark, Wishes},
    pages::cart::{self, Returned},
    refusal::Refusal,
    submitted::Submitted,
    visit::Visit,
};

/// Turns the cart into an order.
pub(crate) async fn place(mut visit: Visit, Submitted(form): Submitted<CheckOutForm>) -> Result<HttpResponse, Refusal> {
    let wishes = match form.read() {
        Ok(wishes) => wishes,
        Err(remarks) => {
            let notice = Some("Nothing was ordered yet: please look at the fields that are marked.".to_owned());
            return again(&visit, StatusCode::UNPROCESSABLE_ENTITY, Returned { form: Some(form), remarks, notice })
                .await;
        }
    };
    let key = form.key().map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let address = wishes.address.clone();
    let ordered = ask(&visit, key, wishes).await;
    visit.take_time_again();
    match ordered {
        Ok(order) => {
            if let Some(account) = &visit.account
                && let Err(fault) = visit.asks().accounts.keep_address(&visit.aside, account.person, address).await
            {
                tracing::warn!(%fault, "an address could not be kept; the order stands");
            }
            Ok(visit.redirect(&format!("/orders/{}", order.id)))
        }
        Err(Fault::Domain(error)) => refused(&visit, form, error).await,
        Err(Fault::Breakdown(breakdown)) => cut_off(&visit, form, &breakdown).await,
    }
}

/// Asks the order desk, with the weight and the time that a check-out gets.
pub(crate) async fn ask(visit: &Visit, key: String, wishes: Wishes) -> Result<Order, Fault<OrdersError>> {
    let call = on_behalf(visit, visit.check_out_call().with_idempotency_key(Arc::from(key.as_str())));
    let Wishes { email, address, card, coupon } = wishes;
    let wanted = CheckOut {
        key,
        session: visit.session,
        cart: visit.cart(),
        currency: visit.wanted_currency,
        email,
        address,
        card,
        coupon,
    };
    visit.asks().orders.check_out(&call, wanted).await
}

/// The signed cookie names the person; roles are none of the check-out's business.
fn on_behalf(visit: &Visit, call: Call) -> Call {
    match &visit.account {
        Some(account) => {
            call.on_behalf_of(Arc::new(Principal { subject: account.person.to_string(), roles: Vec::new() }))
        }
        None => call,
    }
}

/// The order desk understood and refused: nothing was bought.
async fn refused(visit: &Visit, mut form: CheckOutForm, error: OrdersError) -> Result<HttpResponse, Refusal> {
    let still_running = error == OrdersError::InProgress;
    let status = status_of(&error);
    let on_field = |field: &str, text: String| vec![Remark { field: field.to_owned(), text }];
    let (remarks, notice) = match error {
        OrdersError::Field { field, reason } => (on_field(&field, sentence(&reason)), NOTHING_YET.to_owned()),
        OrdersError::Declined { reason } => (
            on_field("credit_card_number", format!("The card was declined: {reason}")),
            "The card was declined and nothing was paid. Try another card.".to_owned(),
        ),
        OrdersError::Coupon { reason } => (
            on_field("coupon", sentence(&reason)),
            "The coupon does not work. Take it out, or try another; nothing was paid.".to_owned(),
        ),
        error @ OrdersError::OutOfStock { .. } => (
            Vec::new(),
            format!("{}. Change the quantity and try again; nothing was paid.", sentence(&error.to_string())),
        ),
        OrdersError::EmptyCart => (Vec::new(), "There is nothing in your cart to order.".to_owned()),
        OrdersError::InProgress => (
            Vec::new(),
            "This order is being placed right now. Look at your orders in a moment, before you send it again."
                .to_owned(),
        ),
        error => (Vec::new(), format!("{}. Nothing was paid.", sentence(&error.to_string()))),
    };
    // The old key stands for what was refused; another try is another order. Only one that still runs must keep its key.
    if !still_running {
        form.idempotency_key.clear();
    }
    again(visit, status, Returned { form: Some(form), remarks, notice: Some(notice) }).await
}

const NOTHING_YET: &str = "Nothing was ordered yet: please look at the field that is marked.";

/// How a refusal of the order desk is said in HTTP.
pub(crate) fn status_of(error: &OrdersError) -> StatusCode {
    match error {
        OrdersError::Field { .. } | OrdersError::Coupon { .. } | OrdersError::EmptyCart | OrdersError::KeyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        OrdersError::Declined { .. } => StatusCode::PAYMENT_REQUIRED,
        OrdersError::NotFound => StatusCode::NOT_FOUND,
        OrdersError::Gone { .. }
        | OrdersError::OutOfStock { .. }
        | OrdersError::InProgress
        | OrdersError::FailedBefore
        | OrdersError::TooLate => StatusCode::CONFLICT,
    }
}

/// No answer came, so the order may or may not have been placed. The form keeps its key: sent again, it gives the same order.
async fn cut_off(visit: &Visit, form: CheckOutForm, breakdown: &Breakdown) -> Result<HttpResponse, Refusal> {
    let refusal = Refusal::broken_down("The order desk", breakdown);
    let Some(trouble) = refusal.trouble() else { return Err(refusal) };
    let notice = "We could not finish your order just now. Type the card once more and send it again: it is the same order, \
                  so nothing is bought or paid twice.";
    let returned = Returned { form: Some(form), remarks: Vec::new(), notice: Some(notice.to_owned()) };
    let mut response = again(visit, trouble.status, returned).await?;
    if let Some(seconds) = trouble.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

async fn again(visit: &Visit, status: StatusCode, returned: Returned) -> Result<HttpResponse, Refusal> {
    let page = cart::page(visit, returned).await?;
    Ok(visit.page_with(status, &page))
}

/// A reason as a sentence begins.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
