//! One POST per call: for large questions and answers, and for where a proxy keeps lines from coming to life.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response, StatusCode, Uri, body::Incoming, header::HeaderValue};
use hyper_util::{
    client::legacy::{Client, Error},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tower_service::Service;

use super::{
    Body, Codec, Question, Reply, ReplyKind, Tls, headers, line,
    peers::Replica,
    stream::{NotConnected, Stream},
};
use crate::{Breakdown, MayHaveExecuted, spans::Moment};

/// Where a peer says that it is one.
pub(super) const HERE_PATH: &str = "/seam/here";

/// Shorter than the five seconds for which actix keeps an idle connection.
const IDLE: Duration = Duration::from_secs(3);

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_millis(500);

type Plain = Client<Connector, Full<Bytes>>;

/// Asks by a POST of its own. The caller bounds the wait.
pub(super) async fn ask(replica: &Replica, question: &Question<'_>) -> Result<Reply, Breakdown> {
    let broken = |what| Breakdown::Broken { what, executed: MayHaveExecuted::No };
    let (options, contract) = (&replica.options, question.contract);
    let mut body = Vec::with_capacity(256);
    question.arguments.encode_into(options.codec, &mut body).map_err(broken)?;
    if let Some(recording) = question.recording {
        recording.note(Moment::Serialised);
        recording.note_question(body.len());
    }
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
    if let Some(recording) = question.recording {
        recording.note(Moment::Sent);
    }
    let response = send(replica, request).await.map_err(|error| match not_connected(&error) {
        Some(NotConnected::NotTheirs(why)) => {
            replica.distrusts(why);
            Breakdown::Denied
        }
        Some(NotConnected::NotThere(_)) => Breakdown::not_there(),
        None => Breakdown::lost(),
    })?;
    let reply = reply(response, options.largest_frame).await;
    if let Some(recording) = question.recording {
        recording.note(Moment::Arrived);
    }
    reply
}

/// Whether a peer answers at all, though it does not open a line.
pub(super) async fn is_there(replica: &Replica) -> bool {
    let Ok(request) = Request::get(format!("http://{}{HERE_PATH}", replica.address)).body(Full::default()) else {
        return false;
    };
    match tokio::time::timeout(replica.options.opening, send(replica, request)).await {
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

/// Why no connection came about, when that is what went wrong.
fn not_connected(error: &Error) -> Option<&NotConnected> {
    const UNSAID: &NotConnected = &NotConnected::NotThere(String::new());
    let said = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    error.is_connect().then(|| said.unwrap_or(UNSAID))
}

/// Sends on the runtime that the pooled connections live on: this thread's, or the shared one.
async fn send(replica: &Replica, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
    thread_local! {
        static OWNED: RefCell<(Option<Id>, Clients)> = const { RefCell::new((None, Clients(Vec::new()))) };
    }
    static SHARED: Mutex<Clients> = Mutex::new(Clients(Vec::new()));

    let owned = match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => {
            Some(OWNED.with_borrow_mut(|(runtime, clients)| {
                if runtime.replace(handle.id()) != Some(handle.id()) {
                    clients.0.clear();
                }
                clients.towards(replica)
            }))
        }
        _ => None,
    };
    match owned {
        Some(client) => client.request(request).await,
        None => {
            let client = SHARED.lock().unwrap_or_else(PoisonError::into_inner).towards(replica);
            on_the_shared_thread(async move { client.request(request).await }).await
        }
    }
}

async fn on_the_shared_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    line::on_the_shared_thread().spawn(work).await.expect("the shared thread never ends, and requests do not panic")
}

/// How many pools a thread keeps: more than a topology has groups, so that only those of replicas long gone are dropped.
const POOLS: usize = 64;

/// The pools of one thread: one for all that is in the open, and one for each replica that must prove who it is.
struct Clients(Vec<(Option<usize>, Plain)>);

impl Clients {
    fn towards(&mut self, replica: &Replica) -> Plain {
        let sealed = replica.options.tls.as_ref();
        let key = sealed.map(|_| replica.index);
        if let Some((_, client)) = self.0.iter().find(|(known, _)| *known == key) {
            return client.clone();
        }
        if self.0.len() == POOLS {
            self.0.remove(0);
        }
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(32)
            .build(Connector(sealed.map(|tls| (tls.clone(), replica.group.clone()))));
        self.0.push((key, client.clone()));
        client
    }
}

/// Connects to addresses, for hyper: in the open, or to a group that proves who it is.
#[derive(Clone)]
struct Connector(Option<(Tls, String)>);

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = NotConnected;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotConnected>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotConnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let sealing = self.0.clone();
        Box::pin(async move {
            let address = to.authority().and_then(|authority| authority.as_str().parse().ok());
            let address = address.ok_or_else(|| NotConnected::NotThere(format!("{to} has no address")))?;
            let sealing = sealing.as_ref().map(|(tls, group)| (tls, group.as_str()));
            Ok(TokioIo::new(Stream::connect(address, CONNECTING, sealing).await?))
        })
    }
}
