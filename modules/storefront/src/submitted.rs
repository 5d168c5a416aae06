//! Takes what browsers and programs send: bounded in size and in time.

use std::{future::Future, pin::Pin};

use actix_web::{
    Error, FromRequest, HttpRequest,
    dev::Payload,
    error::{JsonPayloadError, UrlencodedError},
    http::StatusCode,
    web::{Form, FormConfig, Json, JsonConfig},
};
use serde::de::DeserializeOwned;

use crate::{Storefront, api::Problem, refusal::Refusal};

/// A form as it was sent; fields nobody asked for are passed over.
pub(crate) struct Submitted<T>(pub(crate) T);

/// JSON as it was sent; fields nobody asked for are passed over.
pub(crate) struct SubmittedJson<T>(pub(crate) T);

type Arriving<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

impl<T: DeserializeOwned + 'static> FromRequest for Submitted<T> {
    type Error = Refusal;
    type Future = Arriving<Self, Refusal>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = in_time(request, Form::<T>::from_request(request, payload));
        Box::pin(async move { form.await.map(|form| Self(form.into_inner())).map_err(refusal) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for SubmittedJson<T> {
    type Error = Problem;
    type Future = Arriving<Self, Problem>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = in_time(request, Json::<T>::from_request(request, payload));
        Box::pin(async move { json.await.map(|json| Self(json.into_inner())).map_err(problem) })
    }
}

/// How actix is to read forms; the bound of time is our own.
pub(crate) fn form_config(storefront: &Storefront) -> FormConfig {
    FormConfig::default().limit(storefront.settings().body_limit_bytes)
}

/// How actix is to read JSON; the bound of time is our own.
pub(crate) fn json_config(storefront: &Storefront) -> JsonConfig {
    JsonConfig::default().limit(storefront.settings().body_limit_bytes)
}

/// The body, or `None` when it trickles in for longer than a request may take to arrive.
fn in_time<T, B: Future<Output = Result<T, Error>> + 'static>(
    request: &HttpRequest,
    body: B,
) -> impl Future<Output = Result<T, Option<Error>>> + use<T, B> {
    let storefront = request.app_data::<Storefront>().expect("configure() has put the storefront there");
    let deadline = storefront.settings().body_deadline();
    async move { tokio::time::timeout(deadline, body).await.map_err(|_| None)?.map_err(Some) }
}

fn refusal(error: Option<Error>) -> Refusal {
    let Some(error) = error else { return too_late() };
    match error.as_error::<UrlencodedError>() {
        Some(UrlencodedError::Overflow { .. }) => too_large(),
        Some(UrlencodedError::ContentType) => Refusal::because(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "This is no form",
            "Send it as application/x-www-form-urlencoded, as a browser does.",
        ),
        _ => Refusal::because(
            StatusCode::BAD_REQUEST,
            "The form cannot be read",
            "A field is missing or holds something else than it should. Go back, look it over and send it again.",
        ),
    }
}

fn problem(error: Option<Error>) -> Problem {
    let Some(error) = error else { return too_late().into() };
    match error.as_error::<JsonPayloadError>() {
        Some(JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. }) => too_large().into(),
        Some(JsonPayloadError::ContentType) => {
            Problem::because(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is no JSON", "Send it as application/json.")
        }
        // What serde says may repeat what was sent; it goes back to the sender alone.
        Some(JsonPayloadError::Deserialize(error)) => {
            Problem::because(StatusCode::BAD_REQUEST, "The JSON cannot be read", error.to_string())
        }
        _ => Problem::because(StatusCode::BAD_REQUEST, "The JSON cannot be read", "Look it over and send it again."),
    }
}

fn too_late() -> Refusal {
    Refusal::because(
        StatusCode::REQUEST_TIMEOUT,
        "That took too long",
        "What you sent did not arrive in time. Check your connection and send it again.",
    )
}

fn too_large() -> Refusal {
    Refusal::because(
        StatusCode::PAYLOAD_TOO_LARGE,
        "That is too much",
        "What you sent holds more than the shop takes. Shorten it and send it again.",
    )
}
