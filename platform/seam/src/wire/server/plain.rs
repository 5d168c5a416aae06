//! The plain half of the server: one POST per call, in words that curl and a person understand.

use std::fmt::Write;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;

use super::{Server, Serving};
use crate::{
    Breakdown, Call, MayHaveExecuted, guarded,
    spans::{self, Recording},
    wire::{Codec, Reply, ReplyKind, Routes, headers},
};

/// `GET /seam/here`: says that a peer is here, to whom no line comes to life.
pub(super) async fn here() -> HttpResponse {
    HttpResponse::Ok().body("here\n")
}

/// `GET /seam`: says what may be asked.
pub(super) async fn overview(server: web::Data<Server>) -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body(listing(&server.0))
}

/// Any verb but POST.
pub(super) async fn wrong_verb() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "POST"))
        .body("a contract's methods are asked by POST, with their arguments as a JSON object\n")
}

/// `POST /seam/{module}/{method}`: answers one call.
pub(super) async fn answer(
    server: web::Data<Server>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    mut payload: web::Payload,
) -> HttpResponse {
    let serving = &*server.0;
    let header = |name: &str| request.headers().get(name).map(header::HeaderValue::as_bytes);
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let Some(codec) = headers::codec(text(headers::CONTENT_TYPE)) else {
        let what = "this content type is not read here: send application/json or application/msgpack";
        return broken(Codec::Json, StatusCode::UNSUPPORTED_MEDIA_TYPE, what);
    };
    let group = match serving.prove(request.headers(), request.path()) {
        Ok(proven) => proven.group,
        Err(refused) => return denied(codec, &refused),
    };
    let caller = match serving.caller(&group, text(headers::CALLER).unwrap_or("anyone")) {
        Ok(caller) => caller,
        Err(refused) => return denied(codec, &refused),
    };
    let call = match headers::read_call(caller, header) {
        Ok(call) => call,
        Err(what) => return broken(codec, StatusCode::BAD_REQUEST, &what),
    };
    let (module, method) = &*path;
    let found = serving.modules.get(module.as_str()).and_then(|routes| {
        let methods = routes.descriptor().methods;
        Some((routes, methods.iter().position(|known| known.name == method)?))
    });
    let Some((routes, index)) = found else {
        let what = format!("there is no {module}.{method} here; there is\n{}", listing(serving));
        return broken(codec, StatusCode::NOT_FOUND, &what);
    };
    let arguments = async {
        let mut arguments = web::BytesMut::new();
        while let Some(chunk) = payload.next().await {
            arguments.extend_from_slice(&chunk.map_err(|error| error.to_string())?);
            if arguments.len() > serving.options.largest_frame {
                return Err(format!("the arguments are longer than {} bytes", serving.options.largest_frame));
            }
        }
        Ok(arguments)
    };
    let arguments = match guarded(call.deadline(), arguments).await {
        Ok(Ok(arguments)) => arguments,
        Ok(Err(what)) => return broken(codec, StatusCode::BAD_REQUEST, &what),
        Err(breakdown) => return response(Reply::of_breakdown(codec, &breakdown)),
    };
    // Somebody who types a method without arguments sends nothing at all.
    let arguments = if arguments.is_empty() && codec == Codec::Json { b"{}".as_slice() } else { &arguments };
    response(run(serving, &**routes, index, call, codec, arguments).await)
}

async fn run(
    serving: &Serving,
    routes: &dyn Routes,
    index: usize,
    call: Call,
    codec: Codec,
    arguments: &[u8],
) -> Reply {
    if let Err(breakdown) = serving.admission.admit(call.criticality()) {
        return Reply::of_breakdown(codec, &breakdown);
    }
    let _running = Counted::new(serving);
    let _recording = Recording::of_door(call.trace(), spans::received_now());
    let deadline = call.deadline();
    guarded(deadline, routes.answer(index, call, codec, arguments))
        .await
        .unwrap_or_else(|breakdown| Reply::of_breakdown(codec, &breakdown))
}

/// A call that counts as running for as long as this lives.
struct Counted<'a>(&'a Serving);

impl<'a> Counted<'a> {
    fn new(serving: &'a Serving) -> Self {
        serving.admission.began_to_wait();
        Self(serving)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.admission.ended();
        if self.0.is_draining() {
            self.0.something_ended.notify_waiters();
        }
    }
}

fn denied(codec: Codec, refused: &super::Refused) -> HttpResponse {
    tracing::warn!(%refused, "a call is denied");
    explained(codec, StatusCode::FORBIDDEN, &Breakdown::Denied, &refused.to_string())
}

fn broken(codec: Codec, status: StatusCode, what: &str) -> HttpResponse {
    let breakdown = Breakdown::Broken { what: what.to_owned(), executed: MayHaveExecuted::No };
    explained(codec, status, &breakdown, what)
}

/// A breakdown with a sentence for people beside it, which programs pass over.
fn explained(codec: Codec, status: StatusCode, breakdown: &Breakdown, message: &str) -> HttpResponse {
    #[derive(Serialize)]
    struct Explained<'a> {
        #[serde(flatten)]
        breakdown: &'a Breakdown,
        message: &'a str,
    }
    let body = codec.encode(&Explained { breakdown, message }).unwrap_or_default();
    headed(status, ReplyKind::Breakdown, codec).body(body)
}

fn response(reply: Reply) -> HttpResponse {
    let codec = reply.codec;
    match reply.kind {
        ReplyKind::Answer => headed(StatusCode::OK, reply.kind, codec).body(Bytes::from(reply.body)),
        ReplyKind::Refusal => headed(StatusCode::UNPROCESSABLE_ENTITY, reply.kind, codec).body(Bytes::from(reply.body)),
        ReplyKind::Breakdown => {
            let read = codec.decode::<Breakdown>(&reply.body);
            let breakdown = read.unwrap_or_else(|_| Breakdown::lost());
            let mut response = explained(codec, status(&breakdown), &breakdown, &breakdown.to_string());
            let retry_after = match &breakdown {
                Breakdown::Overloaded { retry_after_ms } => Some(retry_after_ms.div_ceil(1_000)),
                Breakdown::Unavailable { .. } => Some(1),
                _ => None,
            };
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

fn status(breakdown: &Breakdown) -> StatusCode {
    match breakdown {
        Breakdown::DeadlineExceeded { .. } => StatusCode::GATEWAY_TIMEOUT,
        Breakdown::Overloaded { .. } | Breakdown::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Breakdown::Denied => StatusCode::FORBIDDEN,
        Breakdown::Broken { executed: MayHaveExecuted::No, .. } => StatusCode::BAD_REQUEST,
        Breakdown::Broken { .. } | Breakdown::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn headed(status: StatusCode, kind: ReplyKind, codec: Codec) -> HttpResponseBuilder {
    let kind = match kind {
        ReplyKind::Answer => "answer",
        ReplyKind::Refusal => "refusal",
        ReplyKind::Breakdown => "breakdown",
    };
    let mut builder = HttpResponse::build(status);
    builder.insert_header((headers::REPLY, kind)).insert_header((header::CONTENT_TYPE, headers::content_type(codec)));
    builder
}

fn listing(serving: &Serving) -> String {
    let mut text = String::new();
    for contract in serving.contracts() {
        for method in contract.methods {
            let arguments: Vec<_> = method.arguments.iter().map(|(name, of)| format!("{name}: {of}")).collect();
            let (module, name, arguments) = (contract.module, method.name, arguments.join(", "));
            _ = writeln!(text, "POST /seam/{module}/{name}  {{{arguments}}} -> {} or {}", method.answer, method.error);
        }
    }
    text
}
