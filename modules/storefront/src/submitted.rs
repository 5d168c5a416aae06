//! Takes forms from browsers: bounded in size and in time.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::UrlencodedError,
    http::StatusCode,
    web::{Form, FormConfig},
};
use serde::de::DeserializeOwned;

use crate::{Storefront, refusal::Refusal};

/// A form as it was sent; fields nobody asked for are passed over.
pub(crate) struct Submitted<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Submitted<T> {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let storefront = request.app_data::<Storefront>().expect("configure() has put the storefront there");
        let deadline = storefront.settings().body_deadline();
        let form = Form::<T>::from_request(request, payload);
        Box::pin(async move {
            match tokio::time::timeout(deadline, form).await {
                Ok(Ok(form)) => Ok(Self(form.into_inner())),
                Ok(Err(error)) => Err(refusal(error.as_error::<UrlencodedError>())),
                Err(_) => Err(Refusal::because(
                    StatusCode::REQUEST_TIMEOUT,
                    "That took too long",
                    "The form did not arrive in time. Check your connection and send it again.",
                )),
            }
        })
    }
}

/// How actix is to read forms; the time bound is our own.
pub(crate) fn form_config(storefront: &Storefront) -> FormConfig {
    FormConfig::default().limit(storefront.settings().body_limit_bytes)
}

fn refusal(error: Option<&UrlencodedError>) -> Refusal {
    match error {
        Some(UrlencodedError::Overflow { .. }) => Refusal::because(
            StatusCode::PAYLOAD_TOO_LARGE,
            "That is too much",
            "The form holds more than the shop takes. Shorten it and send it again.",
        ),
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
