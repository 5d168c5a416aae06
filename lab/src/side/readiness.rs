//! Waiting until a stranger's group serves, or saying why it never will.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use super::running::RunningSide;
use super::stranger::Ready;
use crate::http::Target;

/// How often a group is asked.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long one question may take: a program that accepts and does not answer is asked again.
const ONE_QUESTION: Duration = Duration::from_secs(1);

/// Waits until the group serves. The error has its last words.
pub(super) fn wait(
    side: &RunningSide,
    group: &str,
    ready: &Ready,
    url: &str,
    within: Duration,
    lines: &Receiver<String>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    let mut last_answer = String::new();
    loop {
        let serves = match ready {
            Ready::AtOnce => true,
            Ready::Accepts => TcpStream::connect_timeout(&Target::parse(url)?.address, ONE_QUESTION).is_ok(),
            Ready::Path(path) => answers(&Target::parse(url)?, path, &mut last_answer),
            Ready::Line(text) => has_said(lines, text),
        };
        if let Some(ended) = side.ended_early() {
            anyhow::bail!("before it was ready, {ended}");
        }
        if serves {
            return Ok(());
        }
        if Instant::now() > deadline {
            let expected = match ready {
                Ready::Path(path) => format!("{url}{path} answers {last_answer} instead of 200"),
                Ready::Line(text) => format!("no line on stdout has `{text}`"),
                Ready::Accepts | Ready::AtOnce => format!("nobody accepts connections at {url}"),
            };
            let words = side.last_words(group);
            anyhow::bail!(
                "the group {group} was not ready within {} s: {expected}; its last words: {words}",
                within.as_secs_f64()
            );
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Whether the path is answered with 200.
fn answers(target: &Target, path: &str, last_answer: &mut String) -> bool {
    *last_answer = match status(target, path) {
        Ok(status) if status == "200" => return true,
        Ok(status) => format!("with {status}"),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => "to nobody, for no one listens there,".to_owned(),
        Err(error) => format!("with nothing ({error})"),
    };
    false
}

fn status(target: &Target, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&target.address, ONE_QUESTION)?;
    stream.set_read_timeout(Some(ONE_QUESTION))?;
    let authority = &target.authority;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let mut head = Vec::new();
    let mut buffer = [0; 512];
    while head.len() < 12 {
        match stream.read(&mut buffer)? {
            0 => break,
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    // `HTTP/1.1 200 OK`
    let head = String::from_utf8_lossy(&head);
    Ok(head.split_whitespace().nth(1).unwrap_or("something that is not HTTP").to_owned())
}

fn has_said(lines: &Receiver<String>, text: &str) -> bool {
    loop {
        match lines.try_recv() {
            Ok(line) if line.contains(text) => return true,
            Ok(_) => {}
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return false,
        }
    }
}
