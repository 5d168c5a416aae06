//! A browser and the shop it visits.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should say where")]

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{
    App,
    http::{
        StatusCode,
        header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    },
    test::{self, TestRequest},
};
use storefront::{Settings, Storefront};

use crate::fakes::FakeShop;

/// The key all shops of these tests sign with, so that a second one stands for a restart of the first.
const KEY: [u8; 32] = *b"a key of thirty-two bytes, exact";

/// A browser in front of a shop: it keeps cookies and does not follow redirects.
pub(crate) struct Browser {
    pub(crate) shop: Arc<FakeShop>,
    settings: Settings,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What a browser was answered.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// Where it leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |location| location.to_str().unwrap())
    }

    /// The page with this mark, with this status.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, page: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert!(self.text.contains(&format!("data-page=\"{page}\"")), "no {page} page: {}", self.text);
        self
    }

    /// A redirect to be read with GET.
    #[track_caller]
    pub(crate) fn leads_to(&self, location: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.location()), (303, location), "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "{text:?} is not in: {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says_nothing_of(&self, text: &str) -> &Self {
        assert!(!self.text.contains(text), "{text:?} is in: {}", self.text);
        self
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self { shop: FakeShop::stocked(), settings, cookies: BTreeMap::new() }
    }

    /// Somebody else, in front of the same shop.
    pub(crate) fn somebody_else(&self) -> Self {
        Self { shop: self.shop.clone(), settings: self.settings.clone(), cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(TestRequest::post().uri(path).set_form(form)).await
    }

    /// Sends a request with the cookies there are, and keeps the new ones. Each time the storefront is built anew, so that nothing
    /// can be remembered but in cookies and modules.
    pub(crate) async fn send(&mut self, request: TestRequest) -> Page {
        let storefront = Storefront::new(self.shop.asks(), self.settings.clone(), &KEY);
        let app = test::init_service(App::new().configure(|app| storefront::configure(&storefront, app))).await;
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.insert_header((COOKIE, cookies.join("; "))) };
        let response = test::call_service(&app, request.to_request()).await;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let text = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
        Page { status, headers, text }
    }
}

/// A check-out form as Online Boutique's load generator fills it in.
pub(crate) fn check_out_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("email", "someone@example.com"),
        ("street_address", "1600 Amphitheatre Parkway"),
        ("zip_code", "94043"),
        ("city", "Mountain View"),
        ("state", "CA"),
        ("country", "Cocos (Keeling) Islands"),
        ("credit_card_number", "4432801561520454"),
        ("credit_card_expiration_month", "1"),
        ("credit_card_expiration_year", "2097"),
        ("credit_card_cvv", "672"),
    ]
}

/// The form with one field changed.
pub(crate) fn with_field(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut form = check_out_form();
    form.retain(|(field, _)| *field != name);
    form.push((name, value));
    form
}
