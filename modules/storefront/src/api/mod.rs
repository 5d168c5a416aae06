//! The public API for programs, in JSON; described at `/api/openapi.json`.
//!
//! It has the same visits as the pages: a program that keeps the cookie it is given keeps its cart.

mod cart;
mod check_out;
mod problem;
mod products;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, QueryConfig, ServiceConfig},
};
use utoipa::OpenApi;

pub(crate) use self::problem::Problem;
use crate::{routes::get, shield::shield};

/// Puts the API below `/api`.
pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(
        web::scope("/api")
            .wrap_fn(shield)
            .app_data(query_config())
            .route("/openapi.json", get().to(description))
            .route("/products", get().to(products::list))
            .route("/products/{sku}", get().to(products::show))
            .route("/cart", get().to(cart::show))
            .route("/cart", web::post().to(cart::add))
            .route("/checkout", web::post().to(check_out::place))
            .default_service(web::to(nothing_here)),
    );
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Cleave, the shop", description = "Products, a cart and a check-out, for programs.", license(name = "MIT OR Apache-2.0")),
    servers((url = "/")),
    paths(products::list, products::show, cart::show, cart::add, check_out::place)
)]
struct Description;

async fn description() -> HttpResponse {
    HttpResponse::Ok().json(Description::openapi())
}

fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|error, _| {
        Problem::because(StatusCode::BAD_REQUEST, "The question cannot be read", error.to_string()).into()
    })
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("address"))
}
