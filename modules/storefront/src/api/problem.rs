//! Says to programs what went wrong, after RFC 9457.

use std::{borrow::Cow, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal::Refusal;

/// What went wrong, and what to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    status: u16,
    /// What went wrong, in a few words that are always the same.
    #[schema(value_type = String)]
    title: &'static str,
    /// What went wrong this time, and what to do.
    #[schema(value_type = String)]
    detail: Cow<'static, str>,
    /// The field that is at fault, when one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Problem {
    pub(crate) fn because(status: StatusCode, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status: status.as_u16(), title, detail: detail.into(), field: None, retry_after_s: None }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::because(StatusCode::NOT_FOUND, "Nothing here", format!("There is no such {what}."))
    }

    /// The same problem, with the field that is at fault.
    pub(crate) fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same problem, worth another try after so many seconds.
    pub(crate) fn worth_a_retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }
}

/// What a page would say, without the page.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Trouble(trouble) => Self {
                retry_after_s: trouble.retry_after_s,
                ..Self::because(trouble.status, trouble.title, trouble.text)
            },
            Refusal::LogInOver { .. } => {
                Self::because(StatusCode::UNAUTHORIZED, "The log-in is over", "Log in again, or go on as a guest.")
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("it was made of a status code")
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code()).json(self);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
