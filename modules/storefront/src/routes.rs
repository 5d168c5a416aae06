//! Which address leads to which page.

use actix_web::{
    HttpResponse, Resource, Route,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    guard::{self, Guard},
    http::StatusCode,
    web::{self, QueryConfig, ServiceConfig},
};

use crate::{
    Storefront, api, assets, pages, pictures,
    refusal::Refusal,
    shield::shield,
    submitted::{form_config, json_config},
};

/// Puts the whole shop into an actix application: all paths, their middleware and the page for what is not there.
pub fn configure(storefront: &Storefront, app: &mut ServiceConfig) {
    app.app_data(storefront.clone())
        .app_data(form_config(storefront))
        .app_data(json_config(storefront))
        .app_data(query_config())
        .service(at("/").route(get().to(pages::home::show)))
        .service(at("/product/{sku}").route(get().to(pages::product::show)))
        .service(
            at("/product/{sku}/reviews")
                .route(get().to(pages::product::read_instead))
                .route(web::post().to(pages::product::review)),
        )
        .service(at("/product-meta/{skus}").route(get().to(pages::product_meta::show)))
        .service(at("/category/{slug}").route(get().to(pages::category::show)))
        .service(at("/search").route(get().to(pages::search::show)))
        .service(at("/cart").route(get().to(pages::cart::show)).route(web::post().to(pages::cart_changes::add)))
        .service(
            at("/cart/update")
                .route(get().to(pages::cart_changes::read_instead))
                .route(web::post().to(pages::cart_changes::update)),
        )
        .service(
            at("/cart/empty")
                .route(get().to(pages::cart_changes::read_instead))
                .route(web::post().to(pages::cart_changes::empty)),
        )
        .service(
            at("/cart/checkout")
                .route(get().to(pages::cart_changes::read_instead))
                .route(web::post().to(pages::check_out::place)),
        )
        .service(at("/orders").route(get().to(pages::orders::history)))
        .service(at("/orders/{order}").route(get().to(pages::orders::show)))
        .service(at("/orders/{order}/cancel").route(web::post().to(pages::orders::cancel)))
        .service(at("/mails").route(get().to(pages::mails::list)))
        .service(at("/mails/{order}/{kind}").route(get().to(pages::mails::show)))
        .service(at("/login").route(get().to(pages::account::ask_log_in)).route(web::post().to(pages::account::log_in)))
        .service(
            at("/register")
                .route(get().to(pages::account::ask_registration))
                .route(web::post().to(pages::account::register)),
        )
        .service(at("/account").route(get().to(pages::account::show)))
        .service(at("/logout").route(get().to(pages::account::log_out)).route(web::post().to(pages::account::log_out)))
        .service(at("/setCurrency").route(web::post().to(pages::currency::choose)))
        .service(at("/_healthz").route(get().to(|| async { "ok" })))
        .service(at("/robots.txt").route(get().to(assets::robots)))
        .service(at("/favicon.svg").route(get().to(assets::icon)))
        .service(at("/favicon.ico").route(get().to(assets::old_icon)))
        .service(at("/static/{file}").route(get().to(assets::style)))
        .service(at("/pictures/{edition}/{file}").route(get().to(pictures::picture)))
        .configure(api::configure)
        .service(anywhere_else());
}

/// A place in the shop; another method than its own gets a page that says so.
pub(crate) fn at(path: &str) -> Resource<impl Place> {
    web::resource(path).wrap_fn(shield).default_service(web::to(not_like_this))
}

/// What answers at a place.
pub(crate) trait Place:
    ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = actix_web::Error, InitError = ()>
    + 'static
{
}

impl<F> Place for F where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
        > + 'static
{
}

/// All addresses at which there is no place.
fn anywhere_else() -> Resource<impl Place> {
    web::resource("/{anything:.*}").wrap_fn(shield).default_service(web::to(nothing_here))
}

/// Reading: `HEAD` is `GET` without the body.
pub(crate) fn get() -> Route {
    Route::new().guard(guard::fn_guard(|request| guard::Get().check(request) || guard::Head().check(request)))
}

/// What cannot be read as a question gets a page, not a line of text.
fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|_, _| {
        let text = "The part after the question mark cannot be read. Use the fields and links of the shop.";
        Refusal::because(StatusCode::BAD_REQUEST, "The address cannot be read", text).into()
    })
}

async fn nothing_here() -> Result<HttpResponse, Refusal> {
    Err(Refusal::not_found("page"))
}

async fn not_like_this() -> Result<HttpResponse, Refusal> {
    Err(Refusal::because(
        StatusCode::METHOD_NOT_ALLOWED,
        "Not like this",
        "This address takes another kind of request. Go back to the page you came from and use its form.",
    ))
}
