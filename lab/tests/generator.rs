//! The generator against servers of known behaviour.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lab::generator::{
    Drive, Measured, Pacing, Progress, REQUEST_COLUMNS, REQUESTS_FILE, RequestLog, Think, TracePrefix, drive_unobserved,
};
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
        log: None,
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
fn a_lone_visitor_is_served_awake_unless_the_answer_is_slow_and_several_never_are() {
    let awake = |visitors, answered_after_ms| {
        let target = serve(move |_| {
            std::thread::sleep(Duration::from_millis(answered_after_ms));
            ok("fine")
        });
        let pacing = Pacing::Returning { visitors, until: None };
        let measured = drive(&target, SIMPLE, Arrivals::Closed { sessions: 4 }, pacing, Think::Never);
        measured.generator_cpu_ns as f64 / measured.wall_ns as f64
    };
    assert!(awake(1, 1) > 0.5, "nobody else has anything to do meanwhile");
    assert!(awake(2, 1) < 0.5, "a generator that is always awake could not say what it costs");
    assert!(awake(1, 60) < 0.25, "at real-time priority, not even the kernel would write the target's data meanwhile");
}

/// A server that answers one request at a time, each at once, but for one stall: half a second after it started, two seconds long.
fn serve_with_a_stall() -> Target {
    let began = Instant::now();
    let lock = Mutex::new(());
    let stalled = AtomicBool::new(false);
    serve(move |_| {
        let _one_at_a_time = lock.lock().unwrap();
        if began.elapsed() > Duration::from_millis(500) && !stalled.swap(true, Ordering::Relaxed) {
            std::thread::sleep(Duration::from_secs(2));
        }
        ok("fine")
    })
}

#[test]
fn a_stall_of_two_seconds_shows_in_full_where_a_closed_loop_would_hide_it() {
    let arrivals = Arrivals::Open { requests_per_second: 200.0, seconds: 4.0 };
    let open = drive(&serve_with_a_stall(), SIMPLE, arrivals, Pacing::Arrivals, Think::AsPlanned);
    // The same server, asked by four visitors who wait for each answer and pause 20 ms: as often, while it answers.
    let closed_text = SIMPLE.replace("[5, 20]", "[20, 20]");
    let pacing = Pacing::Returning { visitors: 4, until: Some(Duration::from_secs(4)) };
    let target = serve_with_a_stall();
    let closed = drive(&target, &closed_text, Arrivals::Closed { sessions: 1000 }, pacing, Think::AsPlanned);
    println!("                 p50 ms    p75 ms    p90 ms    p99 ms    max ms");
    for (name, measured) in [("from the intended start, open", &open), ("what a closed loop claims", &closed)] {
        let row = [0.5, 0.75, 0.9, 0.99, 1.0].map(|quantile| format!("{:>8.1}", ms(&measured.latency, quantile)));
        println!("{name}: {}", row.join("  "));
    }
    assert_eq!((open.answered, open.failed, closed.failed), (800, 0, 0));
    // 400 of the 800 arrivals fall into the stall and wait for what is left of it: the slowest for all of it, a quarter of all for a
    // second and more, a tenth for 1.6 s.
    assert!((1950.0..2600.0).contains(&ms(&open.latency, 1.0)), "max {}", ms(&open.latency, 1.0));
    assert!((1500.0..2200.0).contains(&ms(&open.latency, 0.9)), "p90 {}", ms(&open.latency, 0.9));
    assert!((900.0..1600.0).contains(&ms(&open.latency, 0.75)), "p75 {}", ms(&open.latency, 0.75));
    // The closed loop met the same stall, four times at most, and its p90 says nothing of it.
    assert!(ms(&closed.latency, 1.0) > 1900.0 && closed.answered > 100, "{}", closed.answered);
    assert!(ms(&closed.latency, 0.9) < 100.0, "p90 {}", ms(&closed.latency, 0.9));
}

#[test]
fn a_server_that_carries_so_many_requests_a_second_is_found_to_carry_so_many() {
    // One at a time, each takes 5 ms of its own: 200 a second and no more.
    let free_at = Mutex::new(Instant::now());
    let target = serve(move |_| {
        let came_at = Instant::now();
        let done_at = {
            let mut free_at = free_at.lock().unwrap();
            *free_at = (*free_at).max(came_at) + Duration::from_millis(5);
            *free_at
        };
        // A sleep that ends late delays this answer and none behind it.
        std::thread::sleep(done_at.saturating_duration_since(Instant::now()));
        ok("fine")
    });
    let offered = |requests_per_second| {
        let arrivals = Arrivals::Open { requests_per_second, seconds: 1.5 };
        drive(&target, SIMPLE, arrivals, Pacing::Arrivals, Think::AsPlanned)
    };
    let rate = |measured: &Measured| measured.answered as f64 / (measured.wall_ns as f64 / 1e9);
    let (below, above) = (offered(100.0), offered(400.0));
    assert!((rate(&below) / 100.0 - 1.0).abs() < 0.1, "{}", rate(&below));
    assert!((rate(&above) / 200.0 - 1.0).abs() < 0.15, "{}", rate(&above));
    // What is offered beyond the cap queues up: 600 requests take 3 s, so that the last of them waits for half of that.
    assert_eq!((above.sent, above.unsent, above.failed), (600, 0, 0));
    assert!(ms(&below.latency, 0.5) < 20.0, "{}", ms(&below.latency, 0.5));
    assert!((1300.0..2200.0).contains(&ms(&above.latency, 0.99)), "{}", ms(&above.latency, 0.99));
    assert!((500.0..1100.0).contains(&ms(&above.latency, 0.5)), "{}", ms(&above.latency, 0.5));
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
fn what_a_write_causes_has_time_to_arrive_before_its_redirect_is_followed_and_the_next_step_reads() {
    const ARRIVES_AFTER: Duration = Duration::from_millis(40);
    let text = r#"
name = "writing"
session = { journeys = [2, 2], think_ms = [0, 0] }
[[journeys]]
name = "write"
[[journeys.steps]]
post = "/write"
expect = { redirect = "/seen", contains = ["arrived"] }
"#;
    let written = Mutex::new(Instant::now());
    let target = serve(move |head| {
        if head.starts_with("POST /write") {
            *written.lock().unwrap() = Instant::now();
            return "HTTP/1.1 303 See Other\r\nLocation: /seen\r\nContent-Length: 0\r\n\r\n".to_owned();
        }
        ok(if written.lock().unwrap().elapsed() >= ARRIVES_AFTER { "arrived" } else { "not yet" })
    });
    let pacing = Pacing::Returning { visitors: 1, until: None };
    let settled = drive(&target, text, Arrivals::Closed { sessions: 1 }, pacing, Think::AfterWrites(2 * ARRIVES_AFTER));
    assert_eq!((settled.answered, settled.failed), (4, 0), "{:?}", settled.errors);
    let hurried = drive(&target, text, Arrivals::Closed { sessions: 1 }, pacing, Think::Never);
    assert_eq!(hurried.failed, 1, "{:?}", hurried.errors);
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
        log: None,
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
            log: None,
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

#[test]
fn visitors_of_a_closed_load_think_and_never_ask_twice_at_a_time() {
    let (now, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (inside, seen) = (Arc::clone(&now), Arc::clone(&most));
    let target = serve(move |_| {
        seen.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(10));
        inside.fetch_sub(1, Ordering::SeqCst);
        ok("fine")
    });
    let text =
        SIMPLE.replace("[3, 5]", "[1, 1]").replace("[5, 20]", "[30, 30]") + "[load]\nform = \"closed\"\nvisitors = 8\n";
    let workload = Workload::parse(&text, "test.toml").unwrap();
    let arrivals = Arrivals::AsWorkload { requests_per_second: 100.0, seconds: 2.0 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 1, number: 1, arrivals });
    let pacing = workload.load.pacing(50.0, Duration::from_secs(2));
    let closed = drive_traced(&target, &workload, &trace, pacing, Think::AsPlanned, None);
    assert_eq!((closed.failed, most.load(Ordering::SeqCst)), (0, 4), "{:?}", closed.errors);
    // Four visitors, each with a request every 40 ms and a little: no more than 100 a second, whatever the server could carry.
    assert!((100..=204).contains(&closed.answered), "{}", closed.answered);
}

#[test]
fn visitors_pause_before_a_step_that_asks_for_it() {
    let target = serve(|_| ok("fine"));
    let text = r#"
name = "two steps"
session = { journeys = [1, 1], think_ms = [0, 0] }
[[journeys]]
name = "look twice"
steps = [{ get = "/a" }, { get = "/b", think_ms = [150, 160] }]
"#;
    let pacing = Pacing::Returning { visitors: 1, until: None };
    let paused = drive(&target, text, Arrivals::Closed { sessions: 1 }, pacing, Think::AsPlanned);
    assert_eq!((paused.answered, paused.failed), (2, 0));
    assert!(paused.wall_ns >= 150_000_000, "{}", paused.wall_ns);
    assert!(ms(&paused.latency, 1.0) < 100.0, "a pause is no latency: {}", ms(&paused.latency, 1.0));
    let hurried = one_by_one(&target, text, 1);
    assert!(hurried.wall_ns < 150_000_000, "{}", hurried.wall_ns);
}

#[test]
fn a_lone_visitor_can_pause_equally_long_before_every_request_and_between_visits() {
    let target = serve(|_| ok("fine"));
    let pacing = Pacing::Returning { visitors: 1, until: None };
    let pause = Duration::from_millis(20);
    let paused = drive(&target, SIMPLE, Arrivals::Closed { sessions: 4 }, pacing, Think::AfterEach(pause));
    let all = u64::try_from(pause.as_nanos()).unwrap() * paused.sent;
    assert!(paused.failed == 0 && paused.sent > 4, "{paused:?}");
    assert!(paused.wall_ns >= all, "{} of {all}", paused.wall_ns);
    assert!(ms(&paused.lateness, 0.5) < 1.0, "a pause is no lateness: {}", ms(&paused.lateness, 0.5));
}

#[test]
fn every_request_becomes_a_line_that_zstd_reads() {
    let number = AtomicU64::new(0);
    let target =
        serve(move |_| ok(if number.fetch_add(1, Ordering::Relaxed) == 700 { "something else" } else { "fine" }));
    let workload = Workload::parse(&SIMPLE.replace("\"look\"", "\"look, and \\\"see\\\"\""), "test.toml").unwrap();
    let arrivals = Arrivals::Closed { sessions: 300 };
    let trace = Trace::draw(&workload, TraceOptions { seed: 3, number: 1, arrivals });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(REQUESTS_FILE);
    let table = RequestLog::create(&file).unwrap();
    table.begin_block(2, "one");
    let stretch = table.stretch("25", &workload).unwrap();
    let measured = drive_unobserved(&Drive {
        target: &target,
        workload: &workload,
        trace: &trace,
        pacing: Pacing::Returning { visitors: 4, until: None },
        think: Think::Never,
        timed_from_ns: 0,
        request_limit: Duration::from_secs(5),
        drain_limit: Duration::from_secs(3),
        traced: None,
        log: Some(&stretch),
        stop: &AtomicBool::new(false),
        progress: &Progress::default(),
    })
    .unwrap();
    drop(stretch);
    let logged = table.finish().unwrap();
    assert_eq!((logged.written, logged.lost), (measured.sent, 0));
    assert!(logged.written > 1000, "more than one batch: {}", logged.written);

    let text = match std::process::Command::new("zstd").arg("-dcq").arg(&file).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        }
        // Where there is no zstd command, the library that it is made of.
        Err(_) => zstd::decode_all(std::fs::File::open(&file).unwrap()).unwrap(),
    };
    let text = String::from_utf8(text).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(REQUEST_COLUMNS));
    let mut latencies = lab::generator::new_histogram();
    let mut wrong = 0;
    for line in lines {
        let rest = line.strip_prefix("2,one,25,").unwrap();
        let (session, rest) = rest.split_once(",\"look, and \"\"see\"\"\",\"look, and \"\"see\"\"\",").unwrap();
        assert!(session.parse::<usize>().unwrap() < trace.sessions.len());
        let [intended, sent, answered, status, right, bytes] = rest.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let nanoseconds = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
        assert!(nanoseconds(intended) <= nanoseconds(sent) && nanoseconds(sent) < nanoseconds(answered));
        latencies.saturating_record(((nanoseconds(answered) - nanoseconds(intended)) / 1000).max(1));
        assert_eq!(status, "200");
        wrong += usize::from(right == "false");
        let expected = ok(if right == "true" { "fine" } else { "something else" }).len();
        assert_eq!(bytes.parse::<usize>().unwrap(), expected);
    }
    assert_eq!(wrong, 1);
    assert_eq!(latencies, measured.latency, "the percentiles can be computed again from the lines");
}

#[test]
fn a_request_without_an_answer_is_a_line_without_one() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let target = Target::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let workload = Workload::parse(SIMPLE, "test.toml").unwrap();
    let trace = Trace::draw(&workload, TraceOptions { seed: 3, number: 1, arrivals: Arrivals::Closed { sessions: 2 } });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(REQUESTS_FILE);
    let table = RequestLog::create(&file).unwrap();
    assert!(table.stretch("1", &workload).is_none(), "outside of a block there is nothing to keep");
    table.begin_block(1, "one");
    let stretch = table.stretch("1", &workload).unwrap();
    drive_unobserved(&Drive {
        target: &target,
        workload: &workload,
        trace: &trace,
        pacing: Pacing::Returning { visitors: 1, until: None },
        think: Think::Never,
        timed_from_ns: 0,
        request_limit: Duration::from_secs(5),
        drain_limit: Duration::from_secs(3),
        traced: None,
        log: Some(&stretch),
        stop: &AtomicBool::new(false),
        progress: &Progress::default(),
    })
    .unwrap();
    drop(stretch);
    assert_eq!(table.finish().unwrap().written, 2);
    let text = String::from_utf8(zstd::decode_all(std::fs::File::open(&file).unwrap()).unwrap()).unwrap();
    assert!(text.lines().skip(1).all(|line| line.ends_with(",,,false,0")), "{text}");
    assert!(
        RequestLog::create(&file).unwrap_err().to_string().contains(REQUESTS_FILE),
        "a table is never written over"
    );
}
