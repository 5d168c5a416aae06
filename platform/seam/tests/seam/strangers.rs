//! What curl, a person and a program that was never built here get: words they can act on.

use std::io::{Read, Write};

use seam::wire::PeerOptions;

use crate::far::{Process, Topology, call, over};

/// Sends one request as a person would type it, and gives status and body.
fn post(process: &Process, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    request(process, "POST", path, headers, body)
}

fn request(process: &Process, verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = std::net::TcpStream::connect(process.address).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{verb} {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[actix_rt::test]
async fn a_person_with_a_token_asks_by_curl() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let token = format!("Bearer {}", topology.identity("storefront").bearer("probe").unwrap());
    let known = [("authorization", token.as_str()), ("cleave-caller", "storefront")];
    let cases = [
        ("/seam/probe/echo", r#"{"text":"hello"}"#, 200, r#""hello""#, "an answer"),
        ("/seam/probe/echo", r#"{"text":"hello","new":1}"#, 200, r#""hello""#, "a field nobody knows yet"),
        ("/seam/probe/nothing", "", 200, "null", "no arguments at all"),
        ("/seam/probe/refuse", r#"{"error":{"Not":"today"}}"#, 422, r#"{"Not":"today"}"#, "a domain error"),
        ("/seam/probe/echo", r#"{"txt":1}"#, 400, "missing field `text`", "wrong arguments"),
        ("/seam/probe/echoe", "{}", 404, "POST /seam/probe/echo  {text: String} -> String", "an unknown method"),
        ("/seam/prob/echo", "{}", 404, "there is no prob.echo here", "an unknown module"),
        ("/seam/probe/panic", r#"{"milliseconds":0}"#, 500, r#""breakdown":"panicked""#, "a panic"),
        ("/seam/probe/lack", "", 503, r#""breakdown":"unavailable""#, "something is missing"),
    ];
    for (path, body, status, part, reason) in cases {
        let (seen, text) = post(&process, path, &known, body);
        assert_eq!(seen, status, "{reason}: {text}");
        assert!(text.contains(part), "{reason}: {text}");
    }
    let late = [known[0], known[1], ("cleave-deadline-ms", "20")];
    let (status, text) = post(&process, "/seam/probe/wait", &late, r#"{"milliseconds":5000}"#);
    assert_eq!(status, 504, "{text}");
    let wrong = [known[0], known[1], ("cleave-deadline-ms", "soon")];
    let (status, text) = post(&process, "/seam/probe/nothing", &wrong, "");
    assert_eq!(status, 400, "{text}");
    let (status, text) = request(&process, "GET", "/seam/probe/nothing", &known, "");
    assert_eq!(status, 405, "{text}");
}

#[actix_rt::test]
async fn who_proves_nothing_is_denied_with_the_reason() {
    let topology = Topology::closed();
    let process = Process::start(&topology);
    let token = format!("Bearer {}", topology.identity("storefront").bearer("probe").unwrap());
    let forged = format!("Bearer {}", Topology::closed().identity("storefront").bearer("probe").unwrap());
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "no proof of who calls"),
        (&[("authorization", &forged)], "not made with that group's key"),
        (&[("authorization", &token)], "no module of the calling group"),
        (&[("authorization", &token), ("cleave-caller", "orders")], "no module of the calling group"),
    ];
    for (headers, part) in cases {
        let (status, text) = post(&process, "/seam/probe/nothing", headers, "");
        assert_eq!(status, 403, "{part}: {text}");
        assert!(text.contains(part), "{part}: {text}");
        let (status, text) = post(&process, "/seam/line", headers, "");
        assert!(status == 403 || part.contains("no module"), "{part}: {text}");
    }
}

#[actix_rt::test]
async fn an_open_process_answers_anybody() {
    let topology = Topology::open();
    let process = Process::start(&topology);
    assert_eq!(post(&process, "/seam/probe/echo", &[], r#"{"text":"hi"}"#), (200, r#""hi""#.to_owned()));
    let probe = over(&topology.peers(PeerOptions::default(), &[process.address]));
    assert_eq!(probe.circumstances(&call()).await.unwrap().caller, "storefront");
}
