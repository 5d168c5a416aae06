//! Writes pages and redirects.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE},
    },
};
use askama::Template;

use crate::visit::Visit;

/// Most pages fit, so that the text is not moved while it grows.
const USUAL_PAGE_BYTES: usize = 16 * 1_024;

/// A page for nobody in particular.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    let mut text = String::with_capacity(USUAL_PAGE_BYTES);
    page.render_into(&mut text).expect("templates have no filters that fail, and a String takes everything");
    let mut response = HttpResponse::with_body(status, actix_web::body::BoxBody::new(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

impl Visit {
    /// A page for this visitor.
    pub(crate) fn page(&self, page: &impl Template) -> HttpResponse {
        self.page_with(StatusCode::OK, page)
    }

    /// A page for this visitor that is not what they asked for.
    pub(crate) fn page_with(&self, status: StatusCode, page: &impl Template) -> HttpResponse {
        self.remembered(html(status, page))
    }

    /// Sends the visitor to another page of the shop, to be read with GET.
    pub(crate) fn redirect(&self, to: &str) -> HttpResponse {
        let location = HeaderValue::from_str(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
        let mut response = HttpResponse::new(StatusCode::SEE_OTHER);
        response.headers_mut().insert(LOCATION, location);
        self.remembered(response)
    }

    /// The response with the cookie by which the visit is known again, when it is new.
    pub(crate) fn remembered(&self, mut response: HttpResponse) -> HttpResponse {
        if let Some(cookie) = self.session_cookie() {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}
