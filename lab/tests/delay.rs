//! The delaying proxy between real sockets: late by as much as was asked, and otherwise as if it were not there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use lab::delay::{DelayingProxy, Passed};

/// A proxy in front of one target, for as long as this lives.
struct Between {
    address: SocketAddr,
    passed: Arc<Passed>,
    leash: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Between {
    fn start(target: SocketAddr, one_way: Duration) -> Self {
        let proxy = DelayingProxy::bind(&[target], one_way).unwrap();
        let (address, passed) = (proxy.addresses().unwrap()[0], proxy.passed());
        let (leash, end) = UnixStream::pair().unwrap();
        let thread = thread::spawn(move || proxy.serve_until(end).unwrap());
        Self { address, passed, leash: Some(leash), thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        // A bound for what would otherwise wait for ever.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        drop(self.leash.take());
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the proxy ends when its leash is let go");
    }
}

/// Somebody who answers on a thread of its own: each connection is handed to `serve`.
fn target(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, serve) = (listener.local_addr().unwrap(), Arc::new(serve));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            stream.set_nodelay(true).unwrap();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Sends back whatever comes, and ends when the caller does.
fn echo(mut stream: TcpStream) {
    let mut writing = stream.try_clone().unwrap();
    let _ = std::io::copy(&mut stream, &mut writing);
    let _ = writing.shutdown(Shutdown::Write);
}

/// Round trips of one byte, the shortest first.
fn round_trips(stream: &mut TcpStream, count: usize) -> Vec<Duration> {
    let mut taken: Vec<_> = (0..count)
        .map(|_| {
            let began = Instant::now();
            stream.write_all(b"x").unwrap();
            stream.read_exact(&mut [0]).unwrap();
            began.elapsed()
        })
        .collect();
    taken.sort();
    taken
}

#[test]
fn every_round_trip_takes_twice_the_delay_longer_and_most_take_little_more() {
    let target = target(echo);
    let (none, some) = (Between::start(target, Duration::ZERO), Between::start(target, Duration::from_millis(3)));
    let (without, with) = (round_trips(&mut none.connect(), 100), round_trips(&mut some.connect(), 100));
    assert!(with[0] >= Duration::from_millis(6), "the shortest was {:?}", with[0]);
    // A machine that is busy elsewhere is late at times, so that only the quicker half is looked at, and with room.
    let added = with[50].saturating_sub(without[50]);
    assert!(added < Duration::from_millis(9), "in the middle {added:?} were added to {:?}", without[50]);
}

#[test]
fn a_delay_below_a_millisecond_is_not_rounded_to_one() {
    let target = target(echo);
    let between = Between::start(target, Duration::from_micros(100));
    let taken = round_trips(&mut between.connect(), 400);
    assert!(taken[0] >= Duration::from_micros(200), "the shortest was {:?}", taken[0]);
    assert!(taken[40] < Duration::from_millis(1), "a tenth is quicker than {:?}", taken[40]);
}

#[test]
fn what_is_sent_together_arrives_together_so_that_throughput_is_not_limited() {
    let target = target(echo);
    let between = Between::start(target, Duration::from_millis(50));
    let mut stream = between.connect();
    let sent: Vec<u8> = (0..32 * 1024 * 1024_u32).map(|number| (number % 251) as u8).collect();
    let began = Instant::now();
    let mut writing = stream.try_clone().unwrap();
    let copy = sent.clone();
    let writer = thread::spawn(move || {
        writing.write_all(&copy).unwrap();
        writing.shutdown(Shutdown::Write).unwrap();
    });
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    writer.join().unwrap();
    assert!(received == sent, "{} of {} bytes came back, or not the same", received.len(), sent.len());
    assert_eq!((between.passed.towards(), between.passed.back()), (sent.len() as u64, sent.len() as u64));
    // One parcel at a time, 512 round trips of 64 KiB would take 51 seconds.
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
}

#[test]
fn who_has_said_all_can_still_be_answered() {
    let target = target(|mut stream| {
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        stream.write_all(format!("you said {said}").as_bytes()).unwrap();
    });
    let between = Between::start(target, Duration::from_millis(1));
    let mut stream = between.connect();
    stream.write_all(b"goodbye").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "you said goodbye");
}

#[test]
fn a_reset_is_passed_on_as_one() {
    let target = target(|stream| {
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    });
    let between = Between::start(target, Duration::from_millis(1));
    let error = between.connect().read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn where_nobody_answers_the_caller_is_told_at_once() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let between = Between::start(nobody, Duration::from_millis(1));
    let error = between.connect().read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // And the proxy lives on.
    let error = between.connect().read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
