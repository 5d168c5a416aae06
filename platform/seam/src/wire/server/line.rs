//! Lines, the callee's half: reads calls from the request's body while it streams their answers as the response's.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering::SeqCst},
    task::{Context, Poll, Waker},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, Sleep, sleep};

use super::{Server, Serving};
use crate::{
    Breakdown, MayHaveExecuted, ModuleName,
    spans::{self, Recording},
    wire::{
        Body, Codec, Reply,
        codec::give_back,
        frame::{
            CallFrame, Cut, Frame, FrameKind, Opened, Opening, write_answer, write_ask_plainly, write_plain_frame,
        },
        line::LINE_PATH,
    },
};

/// Answers that have gathered are sent from this many bytes on, even if more calls could be read.
const ENOUGH: usize = 64 * 1024;

/// `POST /seam/line`: accepts a line of a group that has proved itself.
pub(super) async fn answer(server: web::Data<Server>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let serving = server.get_ref().0.clone();
    let proven = serving.prove(request.headers(), LINE_PATH).and_then(|proven| {
        serving.used_proofs.note(&proven)?;
        Ok(proven.group)
    });
    match proven {
        Ok(_) if serving.is_draining() => HttpResponse::ServiceUnavailable().body("this process is going away"),
        Ok(group) => {
            let answers = Answers::new(serving, group, payload);
            HttpResponse::Ok().content_type("application/octet-stream").body(answers)
        }
        Err(refused) => {
            tracing::warn!(peer = ?request.peer_addr(), %refused, "a line is denied");
            HttpResponse::Forbidden().body(refused.to_string())
        }
    }
}

/// The stream of answers of one line, which is also all there is to the line on this side.
struct Answers {
    serving: Arc<Serving>,
    number: u64,
    payload: web::Payload,
    frames: Cut,
    group: String,
    opened: Option<Bounds>,
    callers: Vec<Result<ModuleName, ()>>,
    running: FuturesUnordered<Running>,
    out: BytesMut,
    reading: bool,
    said_goodbye: bool,
    known_waker: Option<Waker>,
    heard: bool,
    /// When the chunk came that is being read, while spans are recorded.
    received: u64,
    silence: Pin<Box<Sleep>>,
}

/// What the other end can take, once it has said so.
#[derive(Clone, Copy)]
struct Bounds {
    largest_frame: usize,
    large_answer: usize,
}

/// A call that waits for something.
struct Running {
    serving: Arc<Serving>,
    number: u32,
    is_read: bool,
    codec: Codec,
    recording: Option<Box<Recording>>,
    answer: Pin<Box<dyn Future<Output = Reply> + Send>>,
}

impl Future for Running {
    type Output = (u32, bool, Reply, Option<Box<Recording>>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let codec = self.codec;
        contained(codec, || self.answer.as_mut().poll(context))
            .map(|reply| (self.number, self.is_read, reply, self.recording.take()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.admission.ended();
    }
}

/// Routes contain the panics of their services; should anything else panic, it costs one call and not the line.
fn contained(codec: Codec, poll: impl FnOnce() -> Poll<Reply>) -> Poll<Reply> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll))
        .unwrap_or_else(|_| Poll::Ready(Reply::of_breakdown(codec, &Breakdown::Panicked)))
}

impl Answers {
    #[expect(clippy::disallowed_methods, reason = "notices a caller whose network died")]
    fn new(serving: Arc<Serving>, group: String, payload: web::Payload) -> Self {
        Self {
            number: serving.next_line.fetch_add(1, SeqCst),
            payload,
            frames: Cut::new(serving.options.largest_frame),
            group,
            opened: None,
            callers: Vec::new(),
            running: FuturesUnordered::new(),
            out: BytesMut::new(),
            reading: true,
            said_goodbye: false,
            known_waker: None,
            heard: false,
            received: 0,
            silence: Box::pin(sleep(serving.options.silence)),
            serving,
        }
    }

    /// Reads as many calls as there are, and begins them.
    fn read(&mut self, context: &mut Context<'_>) {
        while self.reading && self.out.len() < ENOUGH && self.running.len() < self.serving.options.running_per_line {
            let chunk = match Pin::new(&mut self.payload).poll_next(context) {
                Poll::Ready(Some(Ok(chunk))) => chunk,
                Poll::Ready(None) => return self.reading = false,
                Poll::Ready(Some(Err(error))) => return self.end(&error.to_string()),
                Poll::Pending => return,
            };
            self.heard = true;
            self.received = spans::received_now();
            self.frames.feed(chunk);
            loop {
                match self.frames.frame() {
                    Ok(Some(frame)) => {
                        if let Err(why) = self.take(frame, context) {
                            return self.end(&why);
                        }
                    }
                    Ok(None) => break,
                    Err(error) => return self.end(&error.to_string()),
                }
            }
        }
    }

    /// Ends the line at once: what its caller sent makes no sense, or it is gone.
    fn end(&mut self, why: &str) {
        tracing::debug!(group = self.group, why, "a line ends");
        self.reading = false;
        self.running.clear();
    }

    fn take(&mut self, Frame { kind, fields }: Frame, context: &mut Context<'_>) -> Result<(), String> {
        match (kind, self.opened) {
            (Some(FrameKind::Opening), None) => self.open(&fields),
            (_, None) => Err("a line starts with an opening".to_owned()),
            (Some(FrameKind::Call), Some(_)) => {
                let call = CallFrame::read(fields).map_err(|error| error.to_string())?;
                self.begin(&call, context);
                Ok(())
            }
            (Some(FrameKind::Caller), Some(_)) => {
                let (number, name) = fields.split_first().ok_or("a caller without a number")?;
                let known = self.serving.caller(&self.group, &String::from_utf8_lossy(name)).map_err(|_| ());
                match usize::from(*number) {
                    // Said again on a new connection, after the opening has named it.
                    number if number < self.callers.len() => self.callers[number] = known,
                    number if number == self.callers.len() => self.callers.push(known),
                    _ => return Err("callers out of order".to_owned()),
                }
                Ok(())
            }
            (Some(FrameKind::Ping), Some(_)) => {
                write_plain_frame(FrameKind::Pong, &[], &mut self.out);
                Ok(())
            }
            // A kind of the future, or one of the other direction.
            _ => Ok(()),
        }
    }

    fn open(&mut self, fields: &Bytes) -> Result<(), String> {
        let opening: Opening = serde_json::from_slice(fields).map_err(|error| format!("its opening: {error}"))?;
        let opened = Opened {
            largest_frame: self.serving.options.largest_frame.try_into().unwrap_or(u32::MAX),
            differing: self.serving.differing(&opening.contracts),
        };
        let written = serde_json::to_vec(&opened).expect("names and numbers");
        write_plain_frame(FrameKind::Opened, &written, &mut self.out);
        let known = opening.callers.iter().take(256);
        self.callers = known.map(|name| self.serving.caller(&self.group, name).map_err(|_| ())).collect();
        self.opened =
            Some(Bounds { largest_frame: opening.largest_frame as usize, large_answer: opening.large_answer as usize });
        Ok(())
    }

    /// Begins a call; what is answered at once never waits anywhere.
    fn begin(&mut self, call: &CallFrame, context: &mut Context<'_>) {
        let (number, codec) = (call.number, call.codec);
        let Some(method) = self.serving.methods.get(&call.method) else {
            return self.reply(number, false, Reply::unknown_method(codec));
        };
        let caller = self.callers.get(usize::from(call.caller)).copied();
        let Some(Ok(caller)) = caller else {
            return self.reply(number, false, Reply::of_breakdown(codec, &Breakdown::Denied));
        };
        if let Err(breakdown) = self.serving.admission.admit(call.criticality) {
            return self.reply(number, false, Reply::of_breakdown(codec, &breakdown));
        }
        let (routes, index, is_read) = (&method.routes, method.index, method.is_read);
        // Let go of when the answer is written.
        let recording = if call.trace.sampled { Recording::of_door(call.trace, self.received) } else { None };
        let mut answer = routes.answer(index, call.call(caller), codec, &call.arguments);
        match contained(codec, || answer.as_mut().poll(context)) {
            Poll::Ready(reply) => self.reply(number, is_read, reply),
            Poll::Pending => {
                self.serving.admission.began_to_wait();
                let recording = recording.map(Box::new);
                self.running.push(Running { serving: self.serving.clone(), number, is_read, codec, recording, answer });
            }
        }
    }

    fn reply(&mut self, number: u32, is_read: bool, reply: Reply) {
        let Some(bounds) = self.opened else { return };
        if is_read && reply.body.len() > bounds.large_answer {
            return write_ask_plainly(number, &mut self.out);
        }
        if reply.body.len() + 16 > bounds.largest_frame {
            let what =
                format!("the answer has {} bytes; the caller accepts {}", reply.body.len(), bounds.largest_frame);
            let broken = Breakdown::Broken { what, executed: MayHaveExecuted::Maybe };
            let Reply { kind, codec, body } = Reply::of_breakdown(reply.codec, &broken);
            return write_answer(number, kind, codec, &body, &mut self.out);
        }
        write_answer(number, reply.kind, reply.codec, &reply.body, &mut self.out);
        if let Body::Written(buffer) = reply.body {
            give_back(buffer);
        }
    }

    /// Lets [`Server::drain`] wake this line.
    fn be_known(&mut self, waker: &Waker) {
        if self.known_waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            return;
        }
        self.known_waker = Some(waker.clone());
        self.serving.lines().insert(self.number, waker.clone());
    }

    fn is_silent(&mut self, context: &mut Context<'_>) -> bool {
        while self.silence.as_mut().poll(context).is_ready() {
            if !std::mem::take(&mut self.heard) {
                return true;
            }
            self.silence.as_mut().reset(Instant::now() + self.serving.options.silence);
        }
        false
    }
}

impl MessageBody for Answers {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        this.be_known(context.waker());
        this.read(context);
        while let Poll::Ready(Some((number, is_read, reply, recording))) = this.running.poll_next_unpin(context) {
            this.reply(number, is_read, reply);
            drop(recording);
            if this.out.len() >= ENOUGH {
                break;
            }
        }
        if this.serving.is_draining() && !this.said_goodbye && this.opened.is_some() {
            this.said_goodbye = true;
            write_plain_frame(FrameKind::GoingAway, &[], &mut this.out);
        }
        if !this.out.is_empty() {
            return Poll::Ready(Some(Ok(this.out.split().freeze())));
        }
        if !this.reading && this.running.is_empty() {
            return Poll::Ready(None);
        }
        if this.is_silent(context) {
            this.end("its caller gives no sign of life");
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.running.clear();
        self.serving.lines().remove(&self.number);
        self.serving.something_ended.notify_waiters();
    }
}
