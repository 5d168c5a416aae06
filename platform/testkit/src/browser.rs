//! A small browser for tests: one visitor with cookies, who follows redirects over connections that stay open.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, LOCATION, SET_COOKIE},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Serialize, de::DeserializeOwned};

const REDIRECTS: usize = 10;
const TIMEOUT: Duration = Duration::from_secs(30);

/// A visitor of one site.
///
/// ```no_run
/// # async fn visit() {
/// let visitor = testkit::Browser::at("http://127.0.0.1:8080");
/// let page = visitor.post_form("/guests", &[("name", "Ada")]).await;
/// assert_eq!((page.status, page.path.as_str()), (200.try_into().unwrap(), "/guests"));
/// # }
/// ```
#[derive(Debug)]
pub struct Browser {
    site: String,
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: HeaderMap,
    follows: bool,
}

/// What a visitor was shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status of the last answer.
    pub status: StatusCode,
    /// Where it came from, with the query, after all redirects.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Page {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is not the expected JSON: {error}\n{}", self.path, self.text()))
    }

    /// A header as text; empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Browser {
    /// A new visitor, without cookies, of `http://host:port`.
    #[must_use]
    pub fn at(site: &str) -> Self {
        Self {
            site: site.trim_end_matches('/').to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            cookies: Mutex::default(),
            headers: HeaderMap::new(),
            follows: true,
        }
    }

    /// The same visitor, who stays at a redirect to look at it.
    #[must_use]
    pub fn staying_at_redirects(mut self) -> Self {
        self.follows = false;
        self
    }

    /// The same visitor, who sends this header with every request.
    ///
    /// # Panics
    /// When the name or the value cannot stand in a header.
    #[must_use]
    pub fn sending(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap_or_else(|_| panic!("{value:?} cannot stand in a header"));
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn get(&self, path: &str) -> Page {
        self.visit(Method::GET, path, None).await
    }

    /// Sends a form.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.try_post_form(path, fields).await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// Sends JSON.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Page {
        let body = serde_json::to_vec(body).expect("what a test sends can be written as JSON");
        self.visit(Method::POST, path, Some(("application/json", body.into()))).await
    }

    /// A cookie the site has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Sends a request, and follows redirects as a browser does: with a GET.
    ///
    /// # Panics
    /// When no answer comes, or redirects do not end.
    pub async fn visit(&self, method: Method, path: &str, body: Option<(&'static str, Bytes)>) -> Page {
        self.try_visit(method, path, body).await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same of a site that may be down.
    ///
    /// # Errors
    /// When no answer comes: which request, and why.
    ///
    /// # Panics
    /// When redirects do not end.
    pub async fn try_visit(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Page, String> {
        let mut page = self.ask(method, path, body).await?;
        for _ in 0..REDIRECTS {
            if !self.follows || !page.status.is_redirection() || !page.headers.contains_key(LOCATION) {
                return Ok(page);
            }
            let location = page.header("location").to_owned();
            let path = location.strip_prefix(&self.site).unwrap_or(&location);
            assert!(path.starts_with('/'), "{} leads away from the site, to {location}", page.path);
            page = self.ask(Method::GET, path, None).await?;
        }
        panic!("{path} leads from one redirect to the next");
    }

    /// Opens a page of a site that may be down.
    ///
    /// # Errors
    /// When no answer comes.
    ///
    /// # Panics
    /// When redirects do not end.
    pub async fn try_get(&self, path: &str) -> Result<Page, String> {
        self.try_visit(Method::GET, path, None).await
    }

    /// Sends a form to a site that may be down.
    ///
    /// # Errors
    /// When no answer comes.
    ///
    /// # Panics
    /// When redirects do not end.
    pub async fn try_post_form(&self, path: &str, fields: &[(&str, &str)]) -> Result<Page, String> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.try_visit(Method::POST, path, Some(("application/x-www-form-urlencoded", form.into()))).await
    }

    /// One request, one answer.
    async fn ask(&self, method: Method, path: &str, body: Option<(&'static str, Bytes)>) -> Result<Page, String> {
        let what = format!("{method} {}{path}", self.site);
        let uri: Uri = format!("{}{path}", self.site).parse().map_err(|error| format!("{what}: {error}"))?;
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(cookies) = self.cookie_header() {
            request = request.header(COOKIE, cookies);
        }
        let (kind, body) = body.map_or((None, Bytes::new()), |(kind, body)| (Some(kind), body));
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(body)).map_err(|error| format!("{what}: {error}"))?;

        let answer = async {
            let answer = self.client.request(request).await.map_err(|error| format!("{what}: {error:?}"))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| format!("{what}: {error}"))?.to_bytes();
            self.keep_cookies(&head.headers);
            Ok(Page { status: head.status, path: path.to_owned(), headers: head.headers, body })
        };
        let in_time = tokio::time::timeout(TIMEOUT, answer).await;
        in_time.unwrap_or_else(|_| Err(format!("{what}: no answer within {TIMEOUT:?}")))
    }

    fn cookie_header(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            let attributes: Vec<String> = attributes.split(';').map(|one| one.trim().to_ascii_lowercase()).collect();
            // The site is plain HTTP: a browser neither keeps nor sends cookies that are for TLS only.
            if attributes.iter().any(|attribute| attribute == "secure") {
                continue;
            }
            if attributes.iter().any(|attribute| attribute == "max-age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests;
