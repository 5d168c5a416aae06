//! One POST per call: for large questions and answers, and for where a proxy keeps lines from coming to life.

use std::{cell::RefCell, future::Future, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, header::HeaderValue};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::runtime::{Handle, Id, RuntimeFlavor};

use super::{Body, Codec, Question, Reply, ReplyKind, headers, line, peers::Replica};
use crate::{Breakdown, MayHaveExecuted};

/// Where a peer says that it is one.
pub(super) const HERE_PATH: &str = "/seam/here";

/// Shorter than the five seconds for which actix keeps an idle connection.
const IDLE: Duration = Duration::from_secs(3);

type Plain = Client<HttpConnector, Full<Bytes>>;

/// Asks by a POST of its own. The caller bounds the wait.
pub(super) async fn ask(replica: &Replica, question: &Question<'_>) -> Result<Reply, Breakdown> {
    let broken = |what| Breakdown::Broken { what, executed: MayHaveExecuted::No };
    let (options, contract) = (&replica.options, question.contract);
    let mut body = Vec::with_capacity(256);
    question.arguments.encode_into(options.codec, &mut body).map_err(broken)?;
    let path = format!("/seam/{}/{}", contract.module, contract.methods[question.method].name);
    let mut request = Request::post(format!("http://{}{path}", replica.address))
        .header(headers::CONTENT_TYPE, headers::content_type(options.codec))
        .header(headers::GROUP, replica.identity.group());
    if let Some(proof) = replica.identity.proof(&replica.group, &path) {
        request = request.header(headers::AUTHORIZATION, proof);
    }
    let mut request = request.body(Full::from(body)).map_err(|error| broken(error.to_string()))?;
    headers::write_call(question.call, |name, value| {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().insert(name, value);
        }
    });
    let response = send(request)
        .await
        .map_err(|error| if error.is_connect() { Breakdown::not_there() } else { Breakdown::lost() })?;
    reply(response, options.largest_frame).await
}

/// Whether a peer answers at all, though it does not open a line.
pub(super) async fn is_there(replica: &Replica) -> bool {
    let Ok(request) = Request::get(format!("http://{}{HERE_PATH}", replica.address)).body(Full::default()) else {
        return false;
    };
    match tokio::time::timeout(replica.options.opening, send(request)).await {
        Ok(Ok(response)) => response.status() == StatusCode::OK,
        _ => false,
    }
}

async fn reply(response: Response<Incoming>, largest: usize) -> Result<Reply, Breakdown> {
    let (status, held) = (response.status(), response.headers());
    let text = |name| held.get(name).and_then(|value| value.to_str().ok());
    let kind = match text(headers::REPLY) {
        Some("answer") => ReplyKind::Answer,
        Some("refusal") => ReplyKind::Refusal,
        Some("breakdown") => ReplyKind::Breakdown,
        _ => return Err(stranger(status)),
    };
    let codec = headers::codec(text(headers::CONTENT_TYPE)).unwrap_or(Codec::Json);
    match Limited::new(response.into_body(), largest).collect().await {
        Ok(collected) => Ok(Reply { kind, codec, body: Body::Came(collected.to_bytes()) }),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Breakdown::Broken {
            what: format!("the answer is longer than {largest} bytes"),
            executed: MayHaveExecuted::Maybe,
        }),
        Err(_) => Err(Breakdown::lost()),
    }
}

/// What an answer means that no peer gave, but something that stands between.
fn stranger(status: StatusCode) -> Breakdown {
    match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Breakdown::lost(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Breakdown::Denied,
        _ => Breakdown::Broken {
            what: format!("status {status} from something that is no peer"),
            executed: MayHaveExecuted::Maybe,
        },
    }
}

/// Sends on the runtime that the pooled connections live on: this thread's, or the shared one.
async fn send(request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
    thread_local! {
        static OWNED: RefCell<Option<(Id, Plain)>> = const { RefCell::new(None) };
    }
    static SHARED: std::sync::OnceLock<Plain> = std::sync::OnceLock::new();

    let owned = match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => Some(OWNED.with_borrow_mut(|owned| {
            let id = handle.id();
            match owned {
                Some((runtime, client)) if *runtime == id => client.clone(),
                _ => owned.insert((id, client())).1.clone(),
            }
        })),
        _ => None,
    };
    match owned {
        Some(client) => client.request(request).await,
        None => {
            let client = SHARED.get_or_init(client).clone();
            on_the_shared_thread(async move { client.request(request).await }).await
        }
    }
}

async fn on_the_shared_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    line::on_the_shared_thread().spawn(work).await.expect("the shared thread never ends, and requests do not panic")
}

fn client() -> Plain {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_millis(500)));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(32)
        .build(connector)
}
