//! The style sheet, the icon and other files that never change under one name.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION},
    web::Path,
};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

const STYLE: &str = include_str!("../../../templates/storefront/shop.css");
const ICON: &str = include_str!("../../../templates/storefront/icon.svg");
const ROBOTS: &str = "User-agent: *\nDisallow: /cart\nDisallow: /orders\nDisallow: /mails\nDisallow: /account\nDisallow: /logout\nDisallow: /api/\n";

/// A name under which the content never changes may be kept for a year.
pub(crate) const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

static STYLE_ADDRESS: LazyLock<String> =
    LazyLock::new(|| format!("/static/shop.{}.css", fingerprint(&[STYLE.as_bytes()])));

/// Where the style sheet is.
pub(crate) fn style_address() -> &'static str {
    &STYLE_ADDRESS
}

/// A short name for a content.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn style(file: Path<String>) -> Result<HttpResponse, Refusal> {
    if STYLE_ADDRESS.strip_prefix("/static/") != Some(file.as_str()) {
        return Err(Refusal::not_found("file"));
    }
    Ok(fixed("text/css; charset=utf-8", IMMUTABLE, STYLE))
}

pub(crate) async fn icon() -> HttpResponse {
    fixed("image/svg+xml", FOR_A_DAY, ICON)
}

/// Browsers that do not read the page ask for this one.
pub(crate) async fn old_icon() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/favicon.svg"))
        .insert_header((CACHE_CONTROL, FOR_A_DAY))
        .finish()
}

pub(crate) async fn robots() -> HttpResponse {
    fixed("text/plain; charset=utf-8", FOR_A_DAY, ROBOTS)
}

fn fixed(content_type: &'static str, kept: HeaderValue, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)))
        .insert_header((CACHE_CONTROL, kept))
        .body(body)
}
