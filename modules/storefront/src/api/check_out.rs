//! The check-out for programs: safe to repeat under an idempotency key.

use actix_web::{HttpResponse, http::StatusCode};
use orders_contract::{Order, OrderStatus, OrdersError};
use seam::Fault;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::products::Amount;
use crate::{
    api::Problem, checkout_form::CheckOutForm, pages::check_out, refusal::Refusal, submitted::SubmittedJson,
    visit::Visit,
};

/// All that is needed to order what is in the cart.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CheckOutRequest {
    /// Where the confirmation goes.
    email: String,
    /// Street and number.
    street_address: String,
    /// Postal code, as written in that country.
    zip_code: String,
    /// Town.
    city: String,
    /// State, province or region.
    state: String,
    /// Country by its usual name.
    country: String,
    /// 13 to 19 digits; spaces and dashes are passed over.
    credit_card_number: String,
    /// 1 to 12.
    credit_card_expiration_month: u8,
    /// Four digits.
    credit_card_expiration_year: u16,
    /// Three or four digits.
    credit_card_cvv: String,
    /// A coupon's code, if any.
    #[serde(default)]
    coupon: String,
}

/// An order as it was placed.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderView {
    /// Its id.
    id: String,
    /// How far it is: `pending`, `confirmed`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    status: OrderStatus,
    /// When it was placed, in milliseconds since 1970-01-01T00:00:00Z.
    placed_at: i64,
    /// What was bought.
    lines: Vec<OrderLineView>,
    /// All lines together.
    items: Amount,
    /// What sending costs.
    shipping: Amount,
    /// What a coupon took off.
    discount: Amount,
    /// What was paid.
    total: Amount,
    /// What the carrier knows the parcel by.
    tracking_id: Option<String>,
}

/// One product of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderLineView {
    /// The product's id.
    product_id: String,
    /// Its name at the time.
    name: String,
    /// How many units.
    quantity: u32,
    /// Price of one at the time.
    price: Amount,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let line = |line: orders_contract::OrderLine| OrderLineView {
            product_id: line.sku.to_string(),
            name: line.name,
            quantity: line.quantity,
            price: line.price.into(),
        };
        Self {
            id: order.id.to_string(),
            status: order.status,
            placed_at: order.placed_at,
            lines: order.lines.into_iter().map(line).collect(),
            items: order.items.into(),
            shipping: order.shipping.into(),
            discount: order.discount.into(),
            total: order.total.into(),
            tracking_id: order.tracking_id,
        }
    }
}

/// Orders what is in the visit's cart. Repeat it with the same key until there is an answer: it is one order.
#[utoipa::path(post, path = "/api/checkout", request_body = CheckOutRequest,
    params(("Idempotency-Key" = String, Header, description = "1 to 100 characters, new for each order")),
    responses(
        (status = 201, description = "The order, also when it had been placed before under this key", body = OrderView),
        (status = 400, description = "No usable Idempotency-Key", body = Problem),
        (status = 402, description = "The card was declined", body = Problem),
        (status = 409, description = "The order is being placed right now, or something is sold out", body = Problem),
        (status = 422, description = "A field cannot be right, or the key came with other contents before", body = Problem),
        (status = 503, description = "The order desk cannot be reached: repeat it with the same key", body = Problem),
    ))]
pub(crate) async fn place(
    visit: Visit,
    SubmittedJson(request): SubmittedJson<CheckOutRequest>,
) -> Result<HttpResponse, Problem> {
    let key = visit.request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key.filter(|key| (1..=100).contains(&key.len())) else {
        let detail = "Send a header Idempotency-Key of 1 to 100 characters, a new one for each order.";
        return Err(Problem::because(StatusCode::BAD_REQUEST, "No idempotency key", detail));
    };
    let wishes = CheckOutForm::from(request).read().map_err(|remarks| {
        let first = remarks.into_iter().next();
        let (field, text) = first.map_or_else(Default::default, |remark| (remark.field, remark.text));
        Problem::because(StatusCode::UNPROCESSABLE_ENTITY, "A field cannot be right", text).in_field(field)
    })?;
    match check_out::ask(&visit, key.to_owned(), wishes).await {
        Ok(order) => Ok(visit.remembered(HttpResponse::Created().json(OrderView::from(order)))),
        Err(Fault::Domain(error)) => Err(refused(error)),
        Err(Fault::Breakdown(breakdown)) => Err(Refusal::broken_down("The order desk", &breakdown).into()),
    }
}

fn refused(error: OrdersError) -> Problem {
    let (status, detail) = (check_out::status_of(&error), error.to_string());
    let problem = |title| Problem::because(status, title, detail);
    match error {
        OrdersError::Field { field, .. } => problem("A field cannot be right").in_field(field),
        OrdersError::Declined { .. } => problem("The card was declined").in_field("credit_card_number"),
        OrdersError::Coupon { .. } => problem("The coupon does not work").in_field("coupon"),
        OrdersError::InProgress => problem("The order is being placed right now").worth_a_retry_after(1),
        OrdersError::KeyReused => problem("The key came with other contents before"),
        _ => problem("The order cannot be placed"),
    }
}

impl From<CheckOutRequest> for CheckOutForm {
    fn from(request: CheckOutRequest) -> Self {
        Self {
            email: request.email,
            street_address: request.street_address,
            zip_code: request.zip_code,
            city: request.city,
            state: request.state,
            country: request.country,
            credit_card_number: request.credit_card_number,
            credit_card_expiration_month: request.credit_card_expiration_month.to_string(),
            credit_card_expiration_year: request.credit_card_expiration_year.to_string(),
            credit_card_cvv: request.credit_card_cvv,
            coupon: request.coupon,
            idempotency_key: String::new(),
        }
    }
}
