//! The mails of a visit: what was written about its orders.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue},
    web::Path,
};
use askama::Template;
use notifications_contract::{Mail, MailKind, NotificationsError};
use seam::Fault;
use tokio::join;
use vocabulary::OrderId;

use crate::{around::Around, refusal::Refusal, visit::Visit};

/// A mail is a document of its own: it brings its style along, and may do nothing else.
const MAIL_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "storefront/mails.html")]
struct MailsPage {
    around: Around,
    mails: Vec<Mail>,
}

/// All mails of this visit.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Refusal> {
    let (surroundings, mails) =
        join!(visit.look_around(), visit.asks().notifications.sent_to(&visit.call, visit.session));
    let around = surroundings?.around;
    let mails = mails.map_err(no_mails)?;
    Ok(visit.page(&MailsPage { around, mails }))
}

/// One mail as it was sent.
pub(crate) async fn show(visit: Visit, path: Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let (order, kind) = path.into_inner();
    let order: OrderId = order.parse().map_err(|_| Refusal::not_found("mail"))?;
    let mails = visit.asks().notifications.sent_to(&visit.call, visit.session).await.map_err(no_mails)?;
    let mail = mails.into_iter().find(|mail| mail.order == order && kind_in_address(mail) == kind);
    let mail = mail.ok_or_else(|| Refusal::not_found("mail"))?;
    let response = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, MAIL_POLICY))
        .body(mail.html);
    Ok(visit.remembered(response))
}

pub(crate) fn kind_in_address(mail: &Mail) -> &'static str {
    match mail.kind {
        MailKind::OrderConfirmation => "order-confirmation",
        MailKind::OrderCancelled => "order-cancelled",
    }
}

fn no_mails(fault: Fault<NotificationsError>) -> Refusal {
    match fault {
        Fault::Domain(error) => {
            Refusal::because(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, "That does not go", error.to_string())
        }
        Fault::Breakdown(breakdown) => Refusal::broken_down("The mail room", &breakdown),
    }
}
