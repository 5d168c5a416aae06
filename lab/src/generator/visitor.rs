//! One visitor: a session of the trace, its connection, and where it stands.

use std::fmt::Write as _;

use socket2::Socket;

use crate::http::{CookieJar, ResponseReader};
use crate::workload::{Body, Step, Values};

/// Where a visitor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The slot is free.
    Absent,
    /// Pauses until the due time.
    Thinking,
    /// Has a redirect to follow at the due time.
    Following,
    /// Has asked and waits for the answer.
    Waiting,
}

/// A slot for one visitor at a time; its buffers stay when the visitor leaves.
pub(super) struct Visitor {
    pub phase: Phase,
    /// The session of the trace.
    pub session: usize,
    /// The journey within the session, and the step within the journey.
    pub journey: usize,
    pub step: usize,
    /// What earlier steps of the session captured.
    pub captured: Values,
    pub cookies: CookieJar,
    pub connection: Option<Socket>,
    /// Distinguishes this slot's connections in events that come late.
    pub generation: u32,
    /// Whether the connection has carried an answer before; a server may close such a one at any moment.
    pub reused: bool,
    pub reader: ResponseReader,
    pub out: Vec<u8>,
    pub out_at: usize,
    /// The values of the current step.
    pub values: Values,
    /// The path of the current request, which redirects change.
    pub path: String,
    pub redirects: u8,
    /// When the request was meant to start, when it was written, and when it is given up.
    pub intended_ns: u64,
    pub sent_ns: u64,
    pub give_up_ns: u64,
    /// The bytes of the answer so far, head included.
    pub answer_bytes: u64,
}

impl Visitor {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Absent,
            session: 0,
            journey: 0,
            step: 0,
            captured: Values::default(),
            cookies: CookieJar::default(),
            connection: None,
            generation: 0,
            reused: false,
            reader: ResponseReader::default(),
            out: Vec::new(),
            out_at: 0,
            values: Values::default(),
            path: String::new(),
            redirects: 0,
            intended_ns: 0,
            sent_ns: 0,
            give_up_ns: 0,
            answer_bytes: 0,
        }
    }

    /// Lets the next visitor in.
    pub(super) fn begin(&mut self, session: usize, slots: usize) {
        self.session = session;
        self.journey = 0;
        self.step = 0;
        self.captured.0.clear();
        self.captured.0.resize(slots, None);
        self.cookies = CookieJar::default();
        self.drop_connection();
    }

    /// Closes the connection; events that are still on their way for it will not match.
    pub(super) fn drop_connection(&mut self) {
        self.connection = None;
        self.reused = false;
        self.generation = self.generation.wrapping_add(1);
    }

    /// Makes the values of a step: those drawn for the journey, then those captured in the session.
    pub(super) fn take_values(&mut self, drawn: &Values) {
        self.values.0.clone_from(&drawn.0);
        for (slot, captured) in self.captured.0.iter().enumerate() {
            if let (Some(captured), Some(value)) = (captured, self.values.0.get_mut(slot)) {
                *value = Some(captured.clone());
            }
        }
    }

    /// Writes the bytes of a step's request.
    pub(super) fn write_request(&mut self, step: &Step, authority: &str, traceparent: Option<&str>) {
        self.path = step.path.path(&self.values);
        self.redirects = 0;
        self.write_head(step.method, authority, traceparent);
        for (name, value) in &step.headers {
            // A line break in a captured value must not become a header of its own.
            let value = value.plain(&self.values).replace(['\r', '\n'], " ");
            self.push(&[name, ": ", &value, "\r\n"]);
        }
        match &step.body {
            Body::None if step.writes() => self.push(&["Content-Length: 0\r\n\r\n"]),
            Body::None => self.push(&["\r\n"]),
            Body::Form(fields) => {
                let mut body = String::new();
                for (name, value) in fields {
                    if !body.is_empty() {
                        body.push('&');
                    }
                    body.push_str(name);
                    body.push('=');
                    value.form_value(&self.values, &mut body);
                }
                self.push_body("application/x-www-form-urlencoded", &body);
            }
            Body::Text(text, content_type) => {
                let body = text.plain(&self.values);
                self.push_body(content_type, &body);
            }
        }
    }

    /// Writes the bytes of the request that a redirect asks for.
    pub(super) fn write_redirect(&mut self, path: String, authority: &str, traceparent: Option<&str>) {
        self.path = path;
        self.redirects += 1;
        self.write_head("GET", authority, traceparent);
        self.push(&["\r\n"]);
    }

    fn write_head(&mut self, method: &str, authority: &str, traceparent: Option<&str>) {
        self.out.clear();
        self.out_at = 0;
        let path = std::mem::take(&mut self.path);
        self.push(&[
            method,
            " ",
            &path,
            " HTTP/1.1\r\nHost: ",
            authority,
            "\r\nUser-Agent: cleave-lab\r\nAccept: */*\r\n",
        ]);
        if let Some(traceparent) = traceparent {
            self.push(&["traceparent: ", traceparent, "\r\n"]);
        }
        self.cookies.write_header(&path, &mut self.out);
        self.path = path;
    }

    fn push_body(&mut self, content_type: &str, body: &str) {
        let mut length = String::new();
        write!(length, "{}", body.len()).expect("writing to a string does not fail");
        self.push(&["Content-Type: ", content_type, "\r\nContent-Length: ", &length, "\r\n\r\n", body]);
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(part.as_bytes());
        }
    }
}
