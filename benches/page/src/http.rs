//! A keep-alive connection that asks for one page after the other and waits for each.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use anyhow::{Context as _, ensure};

/// A connection to one of the two.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Page {
    /// The lines of the head after the first, sorted, but for the date.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// A question that can be asked again and again.
pub(crate) fn question(path: &str, cookie: Option<&str>) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: shop.test\r\n{cookie}\r\n").into_bytes()
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 256 * 1_024] })
    }

    /// Asks, and gives how long the body of the answer is. What is no page is an error.
    pub(crate) fn ask(&mut self, question: &[u8]) -> anyhow::Result<usize> {
        let (head, whole) = self.exchange(question)?;
        Ok(whole - head)
    }

    /// Asks, and gives the whole answer.
    pub(crate) fn page(&mut self, question: &[u8]) -> anyhow::Result<Page> {
        let (head, whole) = self.exchange(question)?;
        let lines = std::str::from_utf8(&self.buffer[..head])?.lines().skip(1);
        let mut headers: Vec<String> =
            lines.filter(|line| !line.is_empty() && !line.starts_with("date:")).map(str::to_owned).collect();
        headers.sort();
        Ok(Page { headers, body: String::from_utf8(self.buffer[head..whole].to_vec())? })
    }

    /// Asks, and gives how long the head of the answer and the whole of it are.
    fn exchange(&mut self, question: &[u8]) -> anyhow::Result<(usize, usize)> {
        self.stream.write_all(question)?;
        let (mut filled, mut lengths) = (0, None);
        loop {
            ensure!(filled < self.buffer.len(), "an answer is longer than {} bytes", self.buffer.len());
            let read = self.stream.read(&mut self.buffer[filled..])?;
            ensure!(read > 0, "the connection was closed in the middle of an answer");
            filled += read;
            if lengths.is_none() {
                lengths = lengths_of(&self.buffer[..filled])?;
            }
            if let Some((head, whole)) = lengths.filter(|(_, whole)| filled >= *whole) {
                ensure!(filled == whole, "there is more than was asked for");
                return Ok((head, whole));
            }
        }
    }
}

/// How long the head and the whole answer are, once the head is there.
fn lengths_of(answer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end])?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "instead of a page came {head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("a page has no length")?.parse()?;
    Ok(Some((end + 4, end + 4 + length)))
}
