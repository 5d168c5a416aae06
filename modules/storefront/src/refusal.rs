//! What a visitor gets instead of a page: what happened, and what to do.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE},
    },
};
use askama::Template;
use seam::Breakdown;

use crate::answer;

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A page that says why.
    Trouble(Box<Trouble>),
    /// The log-in is over: once more as a guest.
    LogInOver {
        /// Where to go.
        to: String,
        /// What makes the browser forget the log-in.
        forget: HeaderValue,
    },
}

/// What an error page says.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) text: Cow<'static, str>,
    pub(crate) retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal for a reason that the visitor can do something about.
    pub(crate) fn because(status: StatusCode, title: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Trouble(Box::new(Trouble { status, title, text: text.into(), retry_after_s: None }))
    }

    /// There is nothing at this address; `what` completes "There is no ...".
    pub(crate) fn not_found(what: &str) -> Self {
        Self::because(
            StatusCode::NOT_FOUND,
            "Nothing here",
            format!("There is no {what} at this address. It may have moved, or the address has a slip in it."),
        )
    }

    /// A module without which there is no page did not answer; `what` completes "... cannot be reached".
    pub(crate) fn broken_down(what: &str, breakdown: &Breakdown) -> Self {
        let (status, title, retry_after_s) = match breakdown {
            Breakdown::DeadlineExceeded { .. } => (StatusCode::GATEWAY_TIMEOUT, "That took too long", 2),
            Breakdown::Overloaded { retry_after_ms } => {
                (StatusCode::SERVICE_UNAVAILABLE, "Too many people at once", retry_after_ms.div_ceil(1_000).max(1))
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, "Back in a moment", 5),
        };
        let text = format!("{what} cannot be reached right now. Nothing is lost: try again in a few seconds.");
        tracing::warn!(what, %breakdown, "a page could not be served");
        Self::Trouble(Box::new(Trouble { status, title, text: text.into(), retry_after_s: Some(retry_after_s) }))
    }

    /// The trouble, when it is one.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Trouble(trouble) => Some(trouble),
            Self::LogInOver { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble) => formatter.write_str(&trouble.text),
            Self::LogInOver { .. } => formatter.write_str("the log-in is over"),
        }
    }
}

#[derive(Template)]
#[template(path = "storefront/error.html")]
struct ErrorPage<'a> {
    trouble: &'a Trouble,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.trouble().map_or(StatusCode::SEE_OTHER, |trouble| trouble.status)
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Trouble(trouble) => {
                let mut response = answer::html(trouble.status, &ErrorPage { trouble });
                if let Some(seconds) = trouble.retry_after_s {
                    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                }
                response
            }
            Self::LogInOver { to, forget } => HttpResponse::SeeOther()
                .insert_header((LOCATION, to.as_str()))
                .insert_header((SET_COOKIE, forget.clone()))
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use seam::MayHaveExecuted;

    use super::*;

    #[test]
    fn every_breakdown_says_when_to_try_again_and_none_is_a_500() {
        let cases = [
            (Breakdown::not_there(), 503, "5"),
            (Breakdown::lost(), 503, "5"),
            (Breakdown::overloaded(Duration::from_millis(2_100)), 503, "3"),
            (Breakdown::overloaded(Duration::ZERO), 503, "1"),
            (Breakdown::DeadlineExceeded { executed: MayHaveExecuted::Maybe }, 504, "2"),
            (Breakdown::Denied, 503, "5"),
            (Breakdown::Broken { what: "codec".to_owned(), executed: MayHaveExecuted::No }, 503, "5"),
            (Breakdown::Panicked, 503, "5"),
        ];
        for (breakdown, status, retry_after) in cases {
            let response = Refusal::broken_down("The catalogue", &breakdown).error_response();
            assert_eq!(response.status().as_u16(), status, "{breakdown}");
            assert_eq!(response.headers().get(RETRY_AFTER).unwrap(), retry_after, "{breakdown}");
        }
    }
}
