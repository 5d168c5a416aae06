//! The generator against servers of known behaviour.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lab::generator::{Drive, Measured, Pacing, Progress, Think, TracePrefix, drive_unobserved};
use lab::http::Target;
use lab::workload::{Arrivals, Trace, TraceOptions, Workload};

/// What the server does with a request, given its first line; the text is the whole answer.
type Handler = dyn Fn(&str) -> String + Send + Sync;

fn serve(handler: impl Fn(&str) -> String + Send + Sync + 'static) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handler: Arc<Handler> = Arc::new(handler);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handler = Arc::clone(&handler);
            std::thread::spawn(move || converse(stream, &*handler));
        }
    });
    Target::parse(&format!("http://{address}")).unwrap()
}

fn converse(mut stream: TcpStream, handler: &Handler) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).unwrap_or(0) > 0 && line != "\r\n" {
            head.push_str(&line);
            line.clear();
        }
        if head.is_empty() {
            return;
        }
        let answer = handler(&head);
        if stream.write_all(answer.as_bytes()).is_err() || answer.contains("Connection: close") {
            return;
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const SIMPLE: &str = r#"
name = "simple"
session = { journeys = [3, 5], think_ms = [5, 20] }
[[journeys]]
name = "look"
[[journeys.steps]]
get = "/look"
expect = { contains = ["fine"] }
"#;

fn drive(target: &Target, text: &str, arrivals: Arrivals, pacing: Pacing, think: Think) -> Measured {
    let workload = Workload::parse(text, "test.toml").unwrap();
    let trace = Trace::draw(&workload, TraceOptions { seed: 7, number: 1, arrivals });
    drive_traced(target, &workload, &trace, pacing, think, None)
}

fn drive_traced(
    target: &Target,
    workload: &Workload,
    trace: &Trace,
    pacing: Pacing,
    think: Think,
    traced: Option<TracePrefix>,
) -> Measured {
    drive_unobserved(&Drive {
        target,
        workload,
        trace,
        pacing,
        think,
        timed_from_ns: 0,
        request_limit: Duration::from_secs(5),
        drain_limit: Duration::from_secs(3),
        traced,
        stop: &AtomicBool::new(false),
        progress: &Progress::default(),
    })
    .unwrap()
}

fn partly_open(target: &Target, text: &str, requests_per_second: f64, seconds: f64) -> Measured {
    let arrivals = Arrivals::PartlyOpen { requests_per_second, seconds };
    drive(target, text, arrivals, Pacing::Arrivals, Think::AsPlanned)
}

fn one_by_one(target: &Target, text: &str, sessions: usize) -> Measured {
    let pacing = Pacing::Returning { visitors: 1, until: None };
    drive(target, text, Arrivals::Closed { sessions }, pacing, Think::Never)
}

fn ms(measured: &hdrhistogram::Histogram<u64>, quantile: f64) -> f64 {
    measured.value_at_quantile(quantile) as f64 / 1000.0
}

#[test]
fn a_constant_service_time_is_measured_as_it_is() {
    let target = serve(|_| {
        std::thread::sleep(Duration::from_millis(5));
        ok("fine")
    });
    let measured = partly_open(&target, SIMPLE, 150.0, 1.0);
    assert!(measured.failed == 0 && measured.unsent == 0, "{:?}", measured.errors);
    assert!(measured.answered > 80, "{}", measured.answered);
    assert_eq!((measured.sent, measured.timed), (measured.answered, measured.answered));
    let (p50, service) = (ms(&measured.latency, 0.5), ms(&measured.service, 0.5));
    assert!((5.0..8.0).contains(&p50) && (5.0..8.0).contains(&service), "{p50} {service}");
}

#[test]
fn a_stall_shows_in_full_from_the_intended_start() {
    // One lock makes the server serve one at a time; half a second after the start it stalls for half a second.
    let began = Instant::now();
    let lock = Mutex::new(());
    let stalled = AtomicBool::new(false);
    let target = serve(move |_| {
        let _one_at_a_time = lock.lock().unwrap();
        if began.elapsed() > Duration::from_millis(500) && !stalled.swap(true, Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(500));
        }
        ok("fine")
    });
    let arrivals = Arrivals::Open { requests_per_second: 400.0, seconds: 1.5 };
    let open = drive(&target, SIMPLE, arrivals, Pacing::Arrivals, Think::AsPlanned);
    // 200 of 600 arrivals fall into the stall: the slowest waited for all of it, a tenth of all for 350 ms and more.
    assert_eq!(open.answered, 600);
    assert!((450.0..900.0).contains(&ms(&open.latency, 1.0)), "{}", ms(&open.latency, 1.0));
    assert!((300.0..600.0).contains(&ms(&open.latency, 0.9)), "p90 {}", ms(&open.latency, 0.9));
    assert!(ms(&open.latency, 0.5) < 50.0, "most did not meet the stall: p50 {}", ms(&open.latency, 0.5));
}

#[test]
fn a_closed_loop_hides_the_same_stall() {
    let began = Instant::now();
    let stalled = AtomicBool::new(false);
    let target = serve(move |_| {
        if began.elapsed() > Duration::from_millis(100) && !stalled.swap(true, Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(500));
        }
        ok("fine")
    });
    let pacing = Pacing::Returning { visitors: 1, until: Some(Duration::from_millis(1500)) };
    let closed = drive(&target, SIMPLE, Arrivals::Closed { sessions: 100_000 }, pacing, Think::Never);
    assert!(ms(&closed.latency, 1.0) > 450.0);
    assert!(ms(&closed.latency, 0.99) < 50.0, "one visitor waits once and asks no more: {}", ms(&closed.latency, 0.99));
}

#[test]
fn the_same_seed_sends_the_same_requests() {
    let journal = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&journal);
    let target = serve(move |head| {
        seen.lock().unwrap().push(head.lines().next().unwrap().to_owned());
        ok("fine")
    });
    let text = SIMPLE.replace("/look", "/look/${shelf}") + "[variables]\nshelf = { range = [1, 1000] }\n";
    let first = one_by_one(&target, &text, 20);
    let requests = std::mem::take(&mut *journal.lock().unwrap());
    one_by_one(&target, &text, 20);
    assert_eq!(requests, *journal.lock().unwrap());
    assert_eq!(requests.len() as u64, first.answered);
    assert!((60..=100).contains(&requests.len()), "20 sessions of 3 to 5 journeys: {}", requests.len());
}

#[test]
fn sessions_keep_cookies_follow_redirects_and_use_what_they_captured() {
    let text = r#"
name = "order"
session = { journeys = [1, 1], think_ms = [0, 0] }
[variables]
item = { one_of = ["sun glasses"] }
[[journeys]]
name = "order"
[[journeys.steps]]
name = "order"
post = "/order"
form = { item = "${item}", visitor = "v${session}" }
expect = { redirect = "/orders/", contains = ["order page"] }
capture = { number = { after = "number=", before = ";" }, page = { location = true } }
[[journeys.steps]]
name = "look it up"
get = "${page}?number=${number}"
expect = { contains = ["number 77"] }
"#;
    let target = serve(|head| {
        let first = head.lines().next().unwrap();
        let has_cookie = head.contains("Cookie: basket=9\r\n");
        if first.starts_with("POST /order ") {
            return "HTTP/1.1 303 See Other\r\nLocation: /orders/5\r\nSet-Cookie: basket=9; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
        }
        match first {
            "GET /orders/5 HTTP/1.1" if has_cookie => ok("order page number=77;"),
            "GET /orders/5?number=77 HTTP/1.1" if has_cookie => ok("number 77"),
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        }
    });
    let measured = one_by_one(&target, text, 5);
    assert_eq!(measured.failed, 0, "{:?}", measured.errors);
    let counts: Vec<(&str, u64)> =
        measured.requests.iter().map(|(name, figures)| (name.as_str(), figures.count)).collect();
    assert_eq!(counts, [("look it up", 5), ("order", 5), ("order → followed", 5)]);
}

#[test]
fn wrong_answers_are_counted_and_named() {
    let number = AtomicU64::new(0);
    let target = serve(move |_| match number.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => ok("fine"),
        1 => ok("something else"),
        _ => "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    let measured = one_by_one(&target, SIMPLE, 30);
    assert!(measured.failed > 20, "{}", measured.failed);
    let errors: Vec<&str> = measured.errors.keys().map(String::as_str).collect();
    assert_eq!(errors, ["look: status 500, expected 200", "look: the answer lacks `fine`"]);
}

#[test]
fn a_target_that_refuses_connections_is_an_error_per_session_and_not_a_hang() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let target = Target::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let measured = one_by_one(&target, SIMPLE, 20);
    assert_eq!((measured.failed, measured.answered, measured.unsent), (20, 0, 0), "{:?}", measured.errors);
}

#[test]
fn a_request_without_an_answer_is_booked_with_the_time_it_waited() {
    let target = serve(|_| {
        std::thread::sleep(Duration::from_secs(30));
        ok("fine")
    });
    let workload = Workload::parse(SIMPLE, "test.toml").unwrap();
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals: Arrivals::Closed { sessions: 1 } });
    let measured = drive_unobserved(&Drive {
        target: &target,
        workload: &workload,
        trace: &trace,
        pacing: Pacing::Returning { visitors: 1, until: None },
        think: Think::Never,
        timed_from_ns: 0,
        request_limit: Duration::from_millis(300),
        drain_limit: Duration::from_secs(3),
        traced: None,
        stop: &AtomicBool::new(false),
        progress: &Progress::default(),
    })
    .unwrap();
    assert_eq!((measured.answered, measured.failed), (0, 1));
    assert!((300.0..600.0).contains(&ms(&measured.latency, 1.0)), "{}", ms(&measured.latency, 1.0));
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_opened_again() {
    let target = serve(|_| "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine".to_owned());
    let measured = one_by_one(&target, SIMPLE, 10);
    assert_eq!(measured.failed, 0, "{:?}", measured.errors);
    assert_eq!(measured.connections, measured.answered);
}

#[test]
fn a_drive_ends_early_when_it_is_told_to() {
    let target = serve(|_| ok("fine"));
    let workload = Workload::parse(SIMPLE, "test.toml").unwrap();
    let arrivals = Arrivals::PartlyOpen { requests_per_second: 20.0, seconds: 60.0 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
    let (stop, progress) = (AtomicBool::new(false), Progress::default());
    let began = Instant::now();
    let measured = std::thread::scope(|scope| {
        let drive = Drive {
            target: &target,
            workload: &workload,
            trace: &trace,
            pacing: Pacing::Arrivals,
            think: Think::AsPlanned,
            timed_from_ns: 0,
            request_limit: Duration::from_secs(5),
            drain_limit: Duration::from_secs(3),
            traced: None,
            stop: &stop,
            progress: &progress,
        };
        let driving = scope.spawn(move || drive_unobserved(&drive).unwrap());
        while began.elapsed() < Duration::from_millis(300) {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        driving.join().unwrap()
    });
    assert!(measured.stopped && began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_traced_stretch_says_of_each_trace_which_request_began_it() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let target = serve(move |head| {
        seen.lock().unwrap().push(head.to_owned());
        if head.starts_with("POST") {
            return "HTTP/1.1 303 See Other\r\nLocation: /look\r\nContent-Length: 0\r\n\r\n".to_owned();
        }
        ok("fine")
    });
    let text = SIMPLE.replace("get = \"/look\"", "post = \"/write\"\n").replace("[3, 5]", "[2, 2]");
    let workload = Workload::parse(&text, "test.toml").unwrap();
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals: Arrivals::Closed { sessions: 3 } });
    let prefix = TracePrefix::new(0xabc);
    let pacing = Pacing::Returning { visitors: 1, until: None };
    let measured = drive_traced(&target, &workload, &trace, pacing, Think::Never, Some(prefix));
    assert_eq!((measured.answered, measured.failed), (12, 0), "{:?}", measured.errors);
    for (number, head) in heads.lock().unwrap().iter().enumerate() {
        let header = head.lines().find_map(|line| line.strip_prefix("traceparent: 00-")).unwrap();
        let (id, rest) = header.split_once('-').unwrap();
        let of = prefix.request_of(u128::from_str_radix(id, 16).unwrap()).unwrap();
        let expected = if head.starts_with("POST") { "look" } else { "look → followed" };
        assert_eq!(workload.requests[usize::from(of.request)], expected);
        assert_eq!((usize::from(of.journey), of.number as usize), (0, number));
        assert!(rest.ends_with("-01") && !rest.starts_with("0000000000000000"), "{header}");
    }
}
