//! Who is at the door: read once per request from its cookies and headers.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use accounts_contract::Token;
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{COOKIE, HeaderName, HeaderValue},
};
use seam::{Call, Criticality, Trace};
use vocabulary::{CartId, Currency, PersonId, SessionId};

use crate::{Asks, NAME, Storefront};

const SESSION_COOKIE: &str = "shop_session-id";
const CURRENCY_COOKIE: &str = "shop_currency";
const ACCOUNT_COOKIE: &str = "shop_account";
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A visit is remembered for 60 days, as is the currency and who is logged in; how long a log-in really holds, accounts decides.
const REMEMBERED_FOR_SECONDS: u32 = 60 * 24 * 60 * 60;

/// A request as the pages see it: whose it is, in which currency, and the calls that carry its questions.
pub(crate) struct Visit {
    pub(crate) shop: Storefront,
    /// For what there is no page without.
    pub(crate) call: Call,
    /// For a part that the page does without when it takes too long: one module that hangs must not hold up the page.
    pub(crate) aside: Call,
    pub(crate) session: SessionId,
    /// The currency that was chosen; whether there is a rate for it, only the currency module knows.
    pub(crate) wanted_currency: Currency,
    pub(crate) account: Option<Account>,
    pub(crate) request: HttpRequest,
    is_new: bool,
}

/// Who the signed cookie says is logged in. That the log-in still holds, accounts must say.
pub(crate) struct Account {
    pub(crate) person: PersonId,
    pub(crate) token: Token,
}

impl Visit {
    fn read(request: &HttpRequest) -> Self {
        let shop = request.app_data::<Storefront>().expect("configure() has put the storefront there").clone();
        let (mut session, mut wanted_currency, mut account) = (None, None, None);
        let headers = request.headers();
        let cookies = headers.get_all(COOKIE).filter_map(|header| header.to_str().ok());
        for (name, value) in cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='))
        {
            match name {
                SESSION_COOKIE => session = shop.seal().open(SESSION_COOKIE, value).and_then(|id| id.parse().ok()),
                CURRENCY_COOKIE => wanted_currency = value.parse().ok(),
                ACCOUNT_COOKIE => account = shop.seal().open(ACCOUNT_COOKIE, value).and_then(Account::read),
                _ => {}
            }
        }
        let trace = headers.get(TRACEPARENT).and_then(|header| header.to_str().ok()).and_then(Trace::parse);
        let trace = trace.unwrap_or_else(|| Trace { id: rand::random(), span: rand::random(), sampled: false });
        let (call, aside) = calls(&shop, trace);
        Self {
            call,
            aside,
            is_new: session.is_none(),
            session: session.unwrap_or_else(SessionId::generate),
            wanted_currency: wanted_currency.unwrap_or(Currency::USD),
            account,
            request: request.clone(),
            shop,
        }
    }

    /// The contracts.
    pub(crate) fn asks(&self) -> &Asks {
        self.shop.asks()
    }

    /// The cart of the person who is logged in, or else of the visit.
    pub(crate) fn cart(&self) -> CartId {
        self.account.as_ref().map_or_else(|| self.session.into(), |account| account.person.into())
    }

    /// Gives a page the time of a whole request, after a step that had a time of its own.
    pub(crate) fn take_time_again(&mut self) {
        (self.call, self.aside) = calls(&self.shop, self.call.trace());
    }

    /// A call for the step at which money and stock hang: it is shed last and has more time.
    pub(crate) fn check_out_call(&self) -> Call {
        Call::new(NAME, self.shop.settings().check_out_deadline())
            .traced(self.call.trace())
            .with_criticality(Criticality::Critical)
    }

    /// The same visitor as somebody nobody knows.
    pub(crate) fn start_over(&mut self) {
        self.session = SessionId::generate();
        self.account = None;
        self.is_new = true;
    }

    /// The cookie by which this visit is known again, when the browser does not have it yet.
    pub(crate) fn session_cookie(&self) -> Option<HeaderValue> {
        self.is_new.then(|| {
            let sealed = self.shop.seal().close(SESSION_COOKIE, &self.session.to_string());
            self.cookie(SESSION_COOKIE, &sealed, REMEMBERED_FOR_SECONDS)
        })
    }

    /// The cookie that remembers a currency.
    pub(crate) fn currency_cookie(&self, currency: Currency) -> HeaderValue {
        self.cookie(CURRENCY_COOKIE, currency.as_str(), REMEMBERED_FOR_SECONDS)
    }

    /// The cookie that remembers who is logged in.
    pub(crate) fn account_cookie(&self, account: &Account) -> HeaderValue {
        let sealed = self.shop.seal().close(ACCOUNT_COOKIE, &format!("{}.{}", account.person, account.token.0));
        self.cookie(ACCOUNT_COOKIE, &sealed, REMEMBERED_FOR_SECONDS)
    }

    /// The cookies that make a browser forget who was logged in, and the currency.
    pub(crate) fn forgetting_cookies(&self) -> [HeaderValue; 2] {
        [self.cookie(ACCOUNT_COOKIE, "", 0), self.cookie(CURRENCY_COOKIE, "", 0)]
    }

    fn cookie(&self, name: &str, value: &str, seconds: u32) -> HeaderValue {
        let secure = if self.came_over_tls() { "; Secure" } else { "" };
        HeaderValue::try_from(format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
            .unwrap_or_else(|_| HeaderValue::from_static("shop_unused=; Path=/; Max-Age=0"))
    }

    fn came_over_tls(&self) -> bool {
        let forwarded = self.request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        forwarded || self.shop.settings().behind_tls || self.request.app_config().secure()
    }
}

/// The call for what there is no page without, and the one for what it can do without.
fn calls(shop: &Storefront, trace: Trace) -> (Call, Call) {
    let call = Call::new(NAME, shop.settings().request_deadline()).traced(trace);
    let aside = call.clone().within(shop.settings().part_deadline());
    (call, aside)
}

impl Account {
    /// Reads `person.token`.
    fn read(text: &str) -> Option<Self> {
        let (person, token) = text.split_once('.')?;
        Some(Self { person: person.parse().ok()?, token: Token(token.to_owned()) })
    }
}

impl FromRequest for Visit {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::read(request)))
    }
}
