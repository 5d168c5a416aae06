//! Keeps other sites out and tells browsers what these pages never do.

use actix_web::{
    Error, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{
            CONTENT_SECURITY_POLICY, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
};

use seam::{
    Trace,
    spans::{self, Recording},
};

use crate::{NAME, Storefront, api::Problem, refusal::Refusal, visit::TRACEPARENT};

/// No script at all, nothing from elsewhere, and no other site's frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Wraps every request: the lab's known deltas, the refusal of other sites' forms, the headers.
///
/// A plain function around each place, where a middleware around them all would cost every page two more boxed futures and another
/// look for its place.
pub(crate) fn shield<S, B>(
    request: ServiceRequest,
    place: &S,
) -> impl Future<Output = Result<ServiceResponse<BoxBody>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let lab = request.app_data::<Storefront>().map(|storefront| storefront.settings().lab).unwrap_or_default();
    // The page's own span: all that is asked for it lies within.
    let recording = if spans::are_recorded() { recording(request.headers()) } else { None };
    let is_refused = !request.method().is_safe() && comes_from_another_site(request.headers());
    // Nothing is done for the request before this is awaited.
    let answer = if is_refused { Err(refused(request)) } else { Ok(place.call(request)) };
    async move {
        let _recording = recording;
        let mut response = match answer {
            Ok(answer) => answer.await?.map_into_boxed_body(),
            Err(refused) => refused,
        };
        // When the page is made, so that nothing of it is slower for having waited.
        if lab.change_something() {
            lab.apply().await;
        }
        let headers = response.headers_mut();
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        Ok(response)
    }
}

/// The span of a request that is sampled.
fn recording(headers: &HeaderMap) -> Option<Recording> {
    let trace = headers.get(TRACEPARENT).and_then(|header| header.to_str().ok()).and_then(Trace::parse)?;
    Recording::of_request(trace, NAME)
}

/// Whether a browser says that another site sent this. A client that says nothing is no browser that could be misled: browsers
/// send `Sec-Fetch-Site` or, those before 2023, at least `Origin` with every POST.
fn comes_from_another_site(headers: &HeaderMap) -> bool {
    const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    origin.is_none() || origin != headers.get(HOST).and_then(|host| host.to_str().ok())
}

fn refused(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let refusal = Refusal::because(
        StatusCode::FORBIDDEN,
        "Not from here",
        "Another site has sent this. Nothing was done: open the shop itself and try again from there.",
    );
    let for_a_program = request.path().starts_with("/api/");
    request.into_response(if for_a_program {
        Problem::from(refusal).error_response()
    } else {
        refusal.error_response()
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_other_sites_are_refused() {
        type Headers = &'static [(&'static str, &'static str)];
        let cases: [(Headers, bool, &str); 9] = [
            (&[], false, "a plain client"),
            (&[("host", "shop.test")], false, "a plain client that names the host"),
            (&[("sec-fetch-site", "same-origin")], false, "our own page"),
            (&[("sec-fetch-site", "none")], false, "the visitor's own doing"),
            (&[("sec-fetch-site", "cross-site")], true, "another site"),
            (&[("sec-fetch-site", "same-site")], true, "another host of the same domain"),
            (&[("host", "shop.test"), ("origin", "https://shop.test")], false, "our own page in an old browser"),
            (&[("host", "shop.test"), ("origin", "https://evil.test")], true, "another site in an old browser"),
            (&[("host", "shop.test"), ("origin", "null")], true, "a page that hides where it is from"),
        ];
        for (headers, refused, reason) in cases {
            let request = headers.iter().fold(TestRequest::post(), |request, header| request.insert_header(*header));
            assert_eq!(comes_from_another_site(request.to_http_request().headers()), refused, "{reason}");
        }
    }
}
