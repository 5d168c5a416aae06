//! A stand-in shop that obeys the command line the lab measures through: small, of known cost, for tests of the lab itself.
//!
//! `up monolith` serves from one process. `up services` runs a second process and burns a known amount of CPU per request beside, so
//! that the lab has something to find. `up broken` answers with another page than the others do. `CLEAVE__LAB__DELAY_US` and
//! `CLEAVE__LAB__BURN_US` are obeyed as the real shop does, and so is a hang that is asked for in the folder `CLEAVE__LAB__FAULTS`, in the
//! module `pages`; `stock` knows of no faults. `up` restarts what dies.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fixture that speaks a line protocol on stdout")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

#[path = "standin/spans.rs"]
mod spans;

/// What every request costs in CPU, and what it costs more when split, microseconds.
const WORK_US: u64 = 100;
const SPLIT_US: u64 = 60;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        // A program may know a topology and not say what is in it.
        ["topology", "mute", ..] => ExitCode::SUCCESS,
        ["topology", name, ..] if ["monolith", "services", "broken"].contains(&name) || Path::new(name).is_file() => {
            let is_fixed = std::fs::read_to_string(name).is_ok_and(|file| file.contains("internal ="));
            let internal = if is_fixed { r#""127.0.0.1:7301""# } else { "null" };
            let together = format!(r#"{{"name": "shop", "modules": ["pages", "stock"], "internal": {internal}}}"#);
            let apart = r#"{"name": "pages", "modules": ["pages"]}, {"name": "stock", "modules": ["stock"]}"#;
            println!("{{\"groups\": [{}]}}", if name == "services" { apart } else { &together });
            ExitCode::SUCCESS
        }
        ["topology", name, ..] => {
            eprintln!("error: there is no topology `{name}`; did you mean `monolith`?");
            ExitCode::from(2)
        }
        ["seed", ..] => {
            let folder = value_of(&arguments, "--data");
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(Path::new(&folder).join("shop.db"), "seeded"))
                .unwrap();
            ExitCode::SUCCESS
        }
        ["verify", ..] => {
            let found = std::fs::read_to_string(Path::new(&value_of(&arguments, "--data")).join("shop.db"));
            println!("I1 the data is there: {}", if found.is_ok() { "holds" } else { "broken" });
            ExitCode::from(u8::from(found.is_err()))
        }
        ["probe", ..] => {
            let rungs = [
                ("direct call", 1.5, r#""note":"there is nothing below""#),
                ("dyn call", 9.8, r#""workload":{"processes":"one","environment":{}}"#),
                ("codec", 900.0, r#""workload":{"processes":"one","environment":{"CLEAVE__LAB__DELAY_US":"5000"}}"#),
                ("loopback", 61_000.0, r#""workload":{"processes":"one","environment":{"STANDIN_REFUSES":"1"}}"#),
                ("separate process", 66_000.0, r#""workload":{"processes":"several","environment":{}}"#),
            ];
            let rungs = rungs
                .map(|(rung, ns, more)| format!(r#"{{"rung":"{rung}","wall_ns":{ns},"cpu_ns":{},{more}}}"#, ns * 0.9));
            println!("[{}]", rungs.join(","));
            ExitCode::SUCCESS
        }
        ["up", ..] if std::env::var_os("STANDIN_REFUSES").is_some() => {
            eprintln!("error: this stand-in does not know that setting");
            ExitCode::from(2)
        }
        ["up", topology, ..] => up(topology),
        ["serve", topology, ..] => serve(topology, &value_of(&arguments, "--address")),
        ["stock" | "provider", ..] => {
            wait_for_term();
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(2),
    }
}

fn value_of(arguments: &[String], flag: &str) -> String {
    arguments.iter().skip_while(|argument| *argument != flag).nth(1).cloned().unwrap_or_default()
}

fn child(arguments: &[String], stdout: Stdio) -> Child {
    let me = std::env::current_exe().unwrap();
    Command::new(me).args(arguments).stdin(Stdio::null()).stdout(stdout).spawn().unwrap()
}

/// The arguments of the processes of a topology; those that serve are told their address, where they had one before.
fn parts(topology: &str, address: &str) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let group = if topology == "services" { "pages" } else { "shop" };
    let mut parts = vec![words(&["serve", topology, "--group", group, "--address", address]), words(&["provider"])];
    if topology == "services" {
        parts.push(words(&["stock", "--group", "stock"]));
    }
    parts
}

fn up(topology: &str) -> ExitCode {
    let mut arguments = parts(topology, "127.0.0.1:0");
    let mut serving = child(&arguments[0], Stdio::piped());
    let mut address = String::new();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let mut children = vec![serving];
    children.extend(arguments[1..].iter().map(|arguments| child(arguments, Stdio::null())));
    let ended = on_term();
    println!("ready {} topology={topology} pid={}", address.trim(), std::process::id());
    arguments = parts(topology, address.trim().trim_start_matches("http://"));
    while !ended.load(Ordering::Relaxed) {
        for (running, arguments) in children.iter_mut().zip(&arguments) {
            if !matches!(running.try_wait(), Ok(None)) {
                *running = child(arguments, Stdio::null());
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    for child in &mut children {
        let pid = nix::unistd::Pid::from_raw(child.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = child.wait();
    }
    ExitCode::SUCCESS
}

fn on_term() -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&ended)).unwrap();
    ended
}

fn wait_for_term() {
    let ended = on_term();
    while !ended.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn serve(topology: &str, address: &str) -> ExitCode {
    let listener = TcpListener::bind(address).unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let cost = Cost {
        burn: WORK_US + if topology == "services" { SPLIT_US } else { 0 } + setting("CLEAVE__LAB__BURN_US"),
        delay: Duration::from_micros(setting("CLEAVE__LAB__DELAY_US")),
        broken: topology == "broken",
        split: topology == "services",
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || converse(stream, cost));
        }
    });
    if let Some(folder) = std::env::var_os("CLEAVE__LAB__FAULTS") {
        std::thread::spawn(move || obey(Path::new(&folder)));
    }
    wait_for_term();
    ExitCode::SUCCESS
}

/// Whether the pages answer nothing.
static HANGS: AtomicBool = AtomicBool::new(false);

/// Hangs while the file says so.
fn obey(folder: &Path) {
    loop {
        let asked = std::fs::read_to_string(folder.join("pages")).is_ok_and(|words| words.trim() == "hang");
        if HANGS.swap(asked, Ordering::Relaxed) != asked {
            let obeyed = folder.join("pages.obeyed");
            let _ = if asked { std::fs::write(obeyed, "hang") } else { std::fs::remove_file(obeyed) };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[derive(Clone, Copy)]
struct Cost {
    burn: u64,
    delay: Duration,
    broken: bool,
    split: bool,
}

fn converse(stream: TcpStream, cost: Cost) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let mut basket = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let request = line.clone();
        let (mut length, mut traceparent) = (0, None);
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            } else if let Some(value) = line.strip_prefix("traceparent: ") {
                traceparent = Some(value.to_owned());
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        while HANGS.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let began = spans::now();
        wait_exactly(cost.delay);
        burn(cost.burn);
        let answer = answer(method, path, &String::from_utf8_lossy(&body), &mut basket, cost.broken);
        if let Some(traceparent) = traceparent.filter(|_| !cost.broken) {
            spans::write(&traceparent, began, cost.split);
        }
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(method: &str, path: &str, form: &str, basket: &mut String, broken: bool) -> String {
    let redirect = |to: &str| format!("HTTP/1.1 303 See Other\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    let page = |name: &str, more: &str| {
        let body = format!("<html><body data-page=\"{name}\">{more}{}</body></html>", "shop ".repeat(400));
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let id = "019aa0f1-7b4c-7c3e-8000-0123456789ab";
    match (method, path) {
        ("GET", "/") => page("home", if broken { "another shop " } else { "" }),
        ("GET", "/cart") => page("cart", basket),
        ("POST", "/setCurrency") => redirect("/"),
        ("POST", "/cart") => {
            basket.push_str(form);
            redirect("/cart")
        }
        ("POST", "/cart/checkout") => {
            basket.clear();
            redirect(&format!("/orders/{id}"))
        }
        ("GET", path) if path.starts_with("/product/") => page("product", path),
        ("GET", path) if path.starts_with("/orders/") => page("order", path),
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    }
}

fn thread_cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

fn burn(microseconds: u64) {
    let until = thread_cpu() + Duration::from_micros(microseconds);
    while thread_cpu() < until {
        std::hint::spin_loop();
    }
}

/// Sleeps in the kernel's own resolution.
fn wait_exactly(delay: Duration) {
    let until = Instant::now() + delay;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::sleep(left);
    }
}
