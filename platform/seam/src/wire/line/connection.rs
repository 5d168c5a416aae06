//! One connection of a line: opened, then polled for answers; everything on it happens in the driver's task.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{AUTHORIZATION, HOST},
};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{Line, body::CallFrames};
use crate::wire::{
    frame::{Cut, Frame, FrameKind, Opened, Opening, contract_fingerprint, write_plain_frame},
    headers,
    peers::Replica,
    stream::{NotConnected, Stream},
};

/// Where lines are opened.
pub(crate) const LINE_PATH: &str = "/seam/line";

/// Why a line did not open.
#[derive(Debug)]
pub(super) enum NotOpened {
    /// Nobody accepts connections there, or something that is no peer.
    NotThere(String),
    /// A connection came about, and then nothing.
    NoAnswer,
    /// The peer does not accept this group.
    Denied,
    /// Whoever is there cannot prove to be the peer.
    NotTheirs(String),
    /// The peer is about to end.
    Draining,
}

type Sent = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;
type Driven = Pin<Box<http1::Connection<TokioIo<Stream>, CallFrames>>>;

/// A connection whose opening has been sent.
pub(super) struct Connection {
    /// Held, because hyper ends a connection that nobody can use any more.
    _sender: SendRequest<CallFrames>,
    driven: Driven,
    sent: Option<Sent>,
    answers: Option<Incoming>,
    pub(super) frames: Cut,
}

impl Connection {
    /// Connects, sends the opening and waits for its answer.
    pub(super) async fn open(line: &Arc<Line>) -> Result<Self, NotOpened> {
        let replica = &*line.replica;
        let not_there = |error: &dyn std::fmt::Display| NotOpened::NotThere(error.to_string());
        let stream = replica.connect().await.map_err(|error| match error {
            NotConnected::NotThere(why) => NotOpened::NotThere(why),
            NotConnected::NotTheirs(why) => NotOpened::NotTheirs(why),
        })?;
        // One small buffer is cheaper to copy together than three are to send apart.
        let (mut sender, connection) = http1::Builder::new()
            .writev(false)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| not_there(&error))?;
        let mut request = Request::post(LINE_PATH)
            .header(HOST, replica.address.to_string())
            .header(headers::GROUP, replica.identity.group());
        if let Some(proof) = replica.identity.proof(&replica.group, LINE_PATH) {
            request = request.header(AUTHORIZATION, proof);
        }
        let body = CallFrames::new(line.clone(), opening(line));
        let request = request.body(body).map_err(|error| not_there(&error))?;
        let mut connection = Self {
            sent: Some(Box::pin(sender.send_request(request))),
            _sender: sender,
            driven: Box::pin(connection),
            answers: None,
            frames: Cut::new(replica.options.largest_frame),
        };
        match timeout(replica.options.opening, connection.opened(replica)).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(not_opened)) => Err(not_opened),
            Err(_) => Err(NotOpened::NoAnswer),
        }
    }

    async fn opened(&mut self, replica: &Replica) -> Result<(), NotOpened> {
        loop {
            let chunk = poll_fn(|context| self.poll_chunk(context)).await.map_err(|lost| match lost {
                Lost::Status(StatusCode::FORBIDDEN) => NotOpened::Denied,
                Lost::Status(StatusCode::SERVICE_UNAVAILABLE) => NotOpened::Draining,
                lost => NotOpened::NotThere(format!("{lost:?}")),
            })?;
            self.frames.feed(chunk);
            let Some(Frame { kind, fields }) =
                self.frames.frame().map_err(|error| NotOpened::NotThere(error.to_string()))?
            else {
                continue;
            };
            return match kind {
                Some(FrameKind::Opened) => {
                    let opened: Opened = serde_json::from_slice(&fields).unwrap_or_default();
                    if !opened.differing.is_empty() && replica.opened.load(Relaxed) == 0 {
                        tracing::warn!(
                            group = replica.group,
                            contracts = opened.differing.join(", "),
                            "the peer does not answer these contracts, or has another version of them"
                        );
                    }
                    Ok(())
                }
                _ => Err(NotOpened::NotThere("something that is no peer answered".to_owned())),
            };
        }
    }

    /// The next chunk of answers. Calls leave meanwhile.
    pub(super) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Lost>> {
        let ended = self.driven.as_mut().poll(context);
        if let Some(sent) = &mut self.sent
            && let Poll::Ready(response) = sent.as_mut().poll(context)
        {
            self.sent = None;
            let response = response.map_err(|error| Lost::Error(error.to_string()))?;
            if response.status() != StatusCode::OK {
                return Poll::Ready(Err(Lost::Status(response.status())));
            }
            self.answers = Some(response.into_body());
        }
        if let Some(answers) = &mut self.answers {
            while let Some(frame) = ready!(Pin::new(&mut *answers).poll_frame(context)) {
                let frame = frame.map_err(|error| Lost::Error(error.to_string()))?;
                if let Ok(chunk) = frame.into_data() {
                    return Poll::Ready(Ok(chunk));
                }
            }
            return Poll::Ready(Err(Lost::Ended));
        }
        match ended {
            Poll::Ready(Ok(())) => Poll::Ready(Err(Lost::Ended)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Lost::Error(error.to_string()))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Why no answers come any more.
#[derive(Debug)]
pub(super) enum Lost {
    /// The peer ended the stream properly.
    Ended,
    /// The peer's HTTP server does not take part.
    Status(StatusCode),
    /// The connection broke.
    #[expect(dead_code, reason = "read by `Debug`, for the log")]
    Error(String),
}

fn opening(line: &Line) -> Bytes {
    let options = &line.replica.options;
    let contracts = line.replica.contracts();
    let opening = Opening {
        largest_frame: options.largest_frame.try_into().unwrap_or(u32::MAX),
        large_answer: options.large_answer.try_into().unwrap_or(u32::MAX),
        callers: line.state().calls.callers().map(|caller| caller.as_str().to_owned()).collect(),
        contracts: contracts.iter().map(|known| (known.module.to_owned(), contract_fingerprint(known))).collect(),
    };
    let fields = serde_json::to_vec(&opening).expect("an opening is names and numbers");
    let mut frame = BytesMut::new();
    write_plain_frame(FrameKind::Opening, &fields, &mut frame);
    frame.freeze()
}
