//! Reads answers from whatever pieces the socket delivers them in.

use super::HttpError;

/// The largest head and the largest body that are kept, bytes.
const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// What is kept of an answer's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// All `Set-Cookie` headers.
    pub set_cookies: Vec<String>,
    /// Whether the server will close the connection after this answer.
    pub closes: bool,
}

/// What feeding bytes led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// More bytes are needed.
    More,
    /// The answer is whole; this many of the bytes fed last belong to it.
    Done(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    Sized { left: usize },
    ChunkSize,
    Chunk { left: usize },
    ChunkEnd { left: usize },
    Trailer,
    UntilClose,
    Done,
}

/// Takes in one answer after another; its buffers are reused.
#[derive(Debug)]
pub struct ResponseReader {
    state: State,
    head_bytes: Vec<u8>,
    line: Vec<u8>,
    head: ResponseHead,
    body: Vec<u8>,
    started: bool,
}

impl Default for ResponseReader {
    fn default() -> Self {
        Self {
            state: State::Head,
            head_bytes: Vec::new(),
            line: Vec::new(),
            head: ResponseHead::default(),
            body: Vec::new(),
            started: false,
        }
    }
}

impl ResponseReader {
    /// Makes ready for the next answer and keeps the buffers.
    pub fn reset(&mut self) {
        self.state = State::Head;
        self.head_bytes.clear();
        self.line.clear();
        self.head = ResponseHead::default();
        self.body.clear();
        self.started = false;
    }

    /// Whether any byte of the answer has come.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The head; complete once [`Fed::Done`] was returned.
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// The body without its transfer coding.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes in the bytes that have come.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, HttpError> {
        let mut at = 0;
        self.started |= !bytes.is_empty();
        loop {
            match self.state {
                State::Done => return Ok(Fed::Done(at)),
                State::Head => match self.take_head(&bytes[at..])? {
                    Some(used) => at += used,
                    None => return Ok(Fed::More),
                },
                State::Sized { left } => {
                    let taken = self.take_body(&bytes[at..], left)?;
                    at += taken;
                    self.state = if taken == left { State::Done } else { State::Sized { left: left - taken } };
                    if taken < left {
                        return Ok(Fed::More);
                    }
                }
                State::Chunk { left } => {
                    let taken = self.take_body(&bytes[at..], left)?;
                    at += taken;
                    if taken < left {
                        self.state = State::Chunk { left: left - taken };
                        return Ok(Fed::More);
                    }
                    self.state = State::ChunkEnd { left: 2 };
                }
                State::ChunkEnd { left } => {
                    let taken = left.min(bytes.len() - at);
                    at += taken;
                    if taken < left {
                        self.state = State::ChunkEnd { left: left - taken };
                        return Ok(Fed::More);
                    }
                    self.state = State::ChunkSize;
                }
                State::ChunkSize => match self.take_line(&bytes[at..])? {
                    None => return Ok(Fed::More),
                    Some(used) => {
                        at += used;
                        let size = chunk_size(&self.line)?;
                        self.line.clear();
                        self.state = if size == 0 { State::Trailer } else { State::Chunk { left: size } };
                    }
                },
                State::Trailer => match self.take_line(&bytes[at..])? {
                    None => return Ok(Fed::More),
                    Some(used) => {
                        at += used;
                        if self.line.is_empty() {
                            self.state = State::Done;
                        }
                        self.line.clear();
                    }
                },
                State::UntilClose => {
                    self.take_body(&bytes[at..], usize::MAX)?;
                    return Ok(Fed::More);
                }
            }
        }
    }

    /// Says that the connection has ended; an answer without a length ends with it.
    pub fn end(&mut self) -> Result<(), HttpError> {
        if self.state == State::UntilClose {
            self.state = State::Done;
            return Ok(());
        }
        Err(HttpError::Truncated)
    }

    /// Returns how many bytes belong to the head once it is whole.
    fn take_head(&mut self, bytes: &[u8]) -> Result<Option<usize>, HttpError> {
        let before = self.head_bytes.len();
        self.head_bytes.extend_from_slice(bytes);
        // The blank line may be split over two reads: look again from three bytes before the new ones.
        let from = before.saturating_sub(3);
        let Some(found) = memchr::memmem::find(&self.head_bytes[from..], b"\r\n\r\n") else {
            if self.head_bytes.len() > HEAD_LIMIT {
                return Err(HttpError::TooLarge { limit: HEAD_LIMIT });
            }
            return Ok(None);
        };
        let end = from + found + 4;
        self.head_bytes.truncate(end);
        self.read_head()?;
        self.head_bytes.clear();
        Ok(Some(end - before))
    }

    fn read_head(&mut self) -> Result<(), HttpError> {
        let mut headers = [httparse::EMPTY_HEADER; 96];
        let mut parsed = httparse::Response::new(&mut headers);
        parsed.parse(&self.head_bytes).map_err(|error| HttpError::Head(error.to_string()))?;
        let status = parsed.code.unwrap_or_default();
        if (100..200).contains(&status) {
            // An interim answer: the real one follows.
            self.state = State::Head;
            return Ok(());
        }
        self.head = ResponseHead { status, closes: parsed.version == Some(0), ..ResponseHead::default() };
        let mut length = None;
        let mut chunked = false;
        for header in parsed.headers.iter() {
            let name = header.name;
            if name.eq_ignore_ascii_case("content-length") {
                let text = String::from_utf8_lossy(header.value);
                length = Some(text.trim().parse::<usize>().map_err(|_| HttpError::Length(text.into_owned()))?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = header.value.to_ascii_lowercase().ends_with(b"chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                if header.value.eq_ignore_ascii_case(b"close") {
                    self.head.closes = true;
                } else if header.value.eq_ignore_ascii_case(b"keep-alive") {
                    self.head.closes = false;
                }
            } else if name.eq_ignore_ascii_case("location") {
                self.head.location = Some(String::from_utf8_lossy(header.value).into_owned());
            } else if name.eq_ignore_ascii_case("set-cookie") {
                self.head.set_cookies.push(String::from_utf8_lossy(header.value).into_owned());
            }
        }
        self.state = if matches!(status, 204 | 304) {
            State::Done
        } else if chunked {
            State::ChunkSize
        } else if let Some(length) = length {
            if length > BODY_LIMIT {
                return Err(HttpError::TooLarge { limit: BODY_LIMIT });
            }
            State::Sized { left: length }
        } else {
            self.head.closes = true;
            State::UntilClose
        };
        Ok(())
    }

    fn take_body(&mut self, bytes: &[u8], most: usize) -> Result<usize, HttpError> {
        let taken = most.min(bytes.len());
        if self.body.len() + taken > BODY_LIMIT {
            return Err(HttpError::TooLarge { limit: BODY_LIMIT });
        }
        self.body.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Collects up to a line break; returns the bytes used once the line is whole, which `self.line` then holds without its end.
    fn take_line(&mut self, bytes: &[u8]) -> Result<Option<usize>, HttpError> {
        let end = memchr::memchr(b'\n', bytes);
        self.line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        if self.line.len() > HEAD_LIMIT {
            return Err(HttpError::TooLarge { limit: HEAD_LIMIT });
        }
        let Some(end) = end else { return Ok(None) };
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(Some(end + 1))
    }
}

fn chunk_size(line: &[u8]) -> Result<usize, HttpError> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(digits, 16).map_err(|_| HttpError::Length(text.clone().into_owned()))?;
    if size > BODY_LIMIT {
        return Err(HttpError::TooLarge { limit: BODY_LIMIT });
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_whole(bytes: &[u8]) -> (ResponseReader, Fed) {
        let mut reader = ResponseReader::default();
        let fed = reader.feed(bytes).unwrap();
        (reader, fed)
    }

    const SIZED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\nhello";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 302 Found\r\nTransfer-Encoding: chunked\r\nLocation: /cart\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";

    #[test]
    fn a_body_with_a_length_is_read_to_its_end_and_no_further() {
        let mut bytes = SIZED.to_vec();
        bytes.extend_from_slice(b"HTTP/1.1 200");
        let (reader, fed) = read_whole(&bytes);
        assert_eq!(fed, Fed::Done(SIZED.len()));
        assert_eq!(reader.body(), b"hello");
        assert_eq!(reader.head().set_cookies, ["a=1", "b=2"]);
        assert!(!reader.head().closes);
    }

    #[test]
    fn chunks_extensions_and_trailers_are_taken_apart() {
        let (reader, fed) = read_whole(CHUNKED);
        assert_eq!(fed, Fed::Done(CHUNKED.len()));
        assert_eq!(reader.body(), b"hello world");
        assert_eq!(reader.head().status, 302);
        assert_eq!(reader.head().location.as_deref(), Some("/cart"));
    }

    #[test]
    fn an_answer_without_a_length_ends_with_the_connection() {
        let (mut reader, fed) = read_whole(b"HTTP/1.0 200 OK\r\n\r\nall of it");
        assert_eq!(fed, Fed::More);
        reader.end().unwrap();
        assert_eq!(reader.feed(b""), Ok(Fed::Done(0)));
        assert_eq!(reader.body(), b"all of it");
        assert!(reader.head().closes);
    }

    #[test]
    fn a_cut_answer_is_an_error_and_not_a_short_body() {
        let (mut reader, fed) = read_whole(&SIZED[..SIZED.len() - 1]);
        assert_eq!(fed, Fed::More);
        assert_eq!(reader.end(), Err(HttpError::Truncated));
    }

    #[test]
    fn an_interim_answer_is_skipped_and_statuses_without_a_body_end_at_once() {
        let (reader, fed) = read_whole(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
        assert!(matches!(fed, Fed::Done(_)));
        assert_eq!(reader.head().status, 204);
    }

    #[test]
    fn what_is_not_http_is_refused() {
        let feed = |bytes: &[u8]| ResponseReader::default().feed(bytes);
        assert!(matches!(feed(b"SSH-2.0-OpenSSH\r\n\r\n"), Err(HttpError::Head(_))));
        assert!(matches!(feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n"), Err(HttpError::Length(_))));
        assert!(matches!(
            feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            Err(HttpError::Length(_))
        ));
        assert!(matches!(
            feed(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
            Err(HttpError::TooLarge { .. })
        ));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_network_cuts_the_bytes(cuts in proptest::collection::vec(1usize..20, 1..40), chunked: bool) {
            let whole = if chunked { CHUNKED } else { SIZED };
            let mut reader = ResponseReader::default();
            let (mut at, mut done) = (0, false);
            for cut in cuts.iter().cycle() {
                let end = (at + cut).min(whole.len());
                match reader.feed(&whole[at..end]).unwrap() {
                    Fed::More => at = end,
                    Fed::Done(used) => { prop_assert_eq!(at + used, whole.len()); done = true; break }
                }
            }
            prop_assert!(done);
            prop_assert_eq!(reader.body(), if chunked { &b"hello world"[..] } else { &b"hello"[..] });
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut reader = ResponseReader::default();
            let mut whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            whole.extend_from_slice(&bytes);
            let _ = reader.feed(&whole);
            let _ = ResponseReader::default().feed(&bytes);
        }
    }
}
