//! Who is at the door, read from signed cookies as the shop reads them; nobody is logged in here.

use actix_web::{
    HttpRequest,
    http::header::{COOKIE, HeaderValue},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vocabulary::{Currency, SessionId};

const SESSION_COOKIE: &str = "shop_session-id";
const CURRENCY_COOKIE: &str = "shop_currency";

/// Signs what a browser keeps.
pub(crate) struct Seal(Hmac<Sha256>);

/// Who is at the door.
pub(crate) struct Visitor {
    pub(crate) session: SessionId,
    pub(crate) wanted_currency: Currency,
    is_new: bool,
}

impl Visitor {
    /// Reads the cookies of a request.
    pub(crate) fn at(request: &HttpRequest, seal: &Seal) -> Self {
        let (mut session, mut wanted_currency) = (None, None);
        let cookies = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
        for (name, value) in cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='))
        {
            match name {
                SESSION_COOKIE => session = seal.open(SESSION_COOKIE, value).and_then(|id| id.parse().ok()),
                CURRENCY_COOKIE => wanted_currency = value.parse().ok(),
                _ => {}
            }
        }
        Self {
            is_new: session.is_none(),
            session: session.unwrap_or_else(SessionId::generate),
            wanted_currency: wanted_currency.unwrap_or(Currency::USD),
        }
    }

    /// The cookie by which the visit is known again, when the browser does not have it yet.
    pub(crate) fn cookie(&self, seal: &Seal) -> Option<HeaderValue> {
        let sealed = self.is_new.then(|| seal.close(SESSION_COOKIE, &self.session.to_string()))?;
        let cookie = format!("{SESSION_COOKIE}={sealed}; Path=/; Max-Age=5184000; HttpOnly; SameSite=Lax");
        HeaderValue::try_from(cookie).ok()
    }
}

impl Seal {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    fn close(&self, purpose: &str, value: &str) -> String {
        let signature = self.over(purpose, value).finalize().into_bytes();
        format!("{value}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn open<'a>(&self, purpose: &str, sealed: &'a str) -> Option<&'a str> {
        let (value, signature) = sealed.rsplit_once('.')?;
        let mut claimed = [0_u8; 33];
        let written = URL_SAFE_NO_PAD.decode_slice(signature, &mut claimed).ok()?;
        self.over(purpose, value).verify_slice(&claimed[..written]).ok()?;
        Some(value)
    }

    fn over(&self, purpose: &str, value: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac
    }
}
