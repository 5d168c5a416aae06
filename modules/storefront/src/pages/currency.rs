//! The choice of a currency.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HOST, REFERER, SET_COOKIE},
    },
};
use seam::Fault;
use serde::Deserialize;
use vocabulary::Currency;

use crate::{refusal::Refusal, submitted::Submitted, visit::Visit};

/// The currency somebody chose.
#[derive(Deserialize)]
pub(crate) struct Choice {
    currency_code: String,
}

/// Remembers a currency and leads back to where the visitor was.
pub(crate) async fn choose(visit: Visit, Submitted(choice): Submitted<Choice>) -> Result<HttpResponse, Refusal> {
    let currency: Currency = choice.currency_code.parse().map_err(|_| not_this_one(&choice.currency_code))?;
    match visit.asks().currency.supported(&visit.call).await {
        Ok(supported) if supported.contains(&currency) => {}
        Ok(_) => return Err(not_this_one(&choice.currency_code)),
        Err(Fault::Domain(error)) => {
            return Err(Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "Not in this currency", error.to_string()));
        }
        Err(Fault::Breakdown(breakdown)) => return Err(Refusal::broken_down("The exchange rates", &breakdown)),
    }
    let mut response = visit.redirect(came_from(&visit).unwrap_or("/"));
    response.headers_mut().append(SET_COOKIE, visit.currency_cookie(currency));
    Ok(response)
}

/// The page of this shop that the form was on. An address elsewhere is passed over, so that nobody is led away.
fn came_from(visit: &Visit) -> Option<&str> {
    let headers = visit.request.headers();
    let (_, referer) = headers.get(REFERER)?.to_str().ok()?.split_once("://")?;
    let host = headers.get(HOST)?.to_str().ok()?;
    let path = referer.strip_prefix(host)?;
    let stays_here = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    // A form that came back with a remark stands at the address it was sent to, which cannot be read.
    let readable = if path.starts_with("/cart/") { "/cart" } else { path.strip_suffix("/reviews").unwrap_or(path) };
    stays_here.then_some(readable)
}

fn not_this_one(code: &str) -> Refusal {
    let code: String = code.chars().take(12).collect();
    Refusal::because(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Not in this currency",
        format!(
            "Prices cannot be shown in \u{201c}{code}\u{201d}. Choose one of the currencies at the top of the page."
        ),
    )
}
