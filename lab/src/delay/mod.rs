//! A network with a known delay, for machines whose kernel lends none: forwards TCP, each byte so much later than it came.
//!
//! One thread, one timer of the kernel's (`timerfd`, finer than the 1 ms wheel of async runtimes). What is read is due one delay
//! later, in order; nothing is spun for and nothing slowed down beside that. Half-closes and resets are passed on in their turn. What
//! the proxy cannot do as a network would: it answers a connect at once, and it costs CPU of its own, which is why it belongs into a
//! process of its own and why the ladder has a rung with the proxy and no delay.

mod pair;

use std::{
    collections::{HashMap, VecDeque},
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    os::fd::{AsFd, BorrowedFd},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use self::pair::{Pair, Side};

/// Events taken at a time.
const BATCH: usize = 64;

const TIMER: u64 = 0;
const END: u64 = 1;
const FIRST_LISTENER: u64 = 2;
/// Above all listeners; two numbers for each pair.
const FIRST_PAIR: u64 = 1 << 32;

/// Bytes that have been passed on.
#[derive(Debug, Default)]
pub struct Passed {
    towards: AtomicU64,
    back: AtomicU64,
}

impl Passed {
    /// From callers to those they called.
    pub fn towards(&self) -> u64 {
        self.towards.load(Relaxed)
    }

    /// From those who were called.
    pub fn back(&self) -> u64 {
        self.back.load(Relaxed)
    }

    fn add(&self, from: Side, bytes: usize) {
        let counter = if from == Side::Caller { &self.towards } else { &self.back };
        counter.fetch_add(bytes as u64, Relaxed);
    }
}

/// A proxy that has its addresses and does not serve yet.
pub struct DelayingProxy {
    one_way: Duration,
    ways: Vec<(TcpListener, SocketAddr)>,
    passed: Arc<Passed>,
}

impl DelayingProxy {
    /// Takes an address on loopback for each target. `one_way` is added in each direction: a round trip takes twice as much longer.
    ///
    /// # Errors
    /// When no port is free.
    pub fn bind(targets: &[SocketAddr], one_way: Duration) -> anyhow::Result<Self> {
        let way = |target: &SocketAddr| {
            let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free on loopback")?;
            listener.set_nonblocking(true)?;
            Ok((listener, *target))
        };
        let ways = targets.iter().map(way).collect::<anyhow::Result<_>>()?;
        Ok(Self { one_way, ways, passed: Arc::default() })
    }

    /// Where callers reach the targets, in their order.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        self.ways.iter().map(|(listener, _)| listener.local_addr()).collect()
    }

    /// The bytes that pass while it serves.
    pub fn passed(&self) -> Arc<Passed> {
        self.passed.clone()
    }

    /// Serves on this thread until there is something to read from `end`, or its other end is closed.
    ///
    /// # Errors
    /// When the kernel refuses what a proxy needs, descriptors above all.
    pub fn serve_until(self, end: impl AsFd) -> anyhow::Result<()> {
        Serving::new(self, end.as_fd())?.run()
    }
}

/// A direction of a pair, when something of it is due.
struct Due {
    at: Instant,
    pair: u64,
    from: Side,
}

struct Serving {
    proxy: DelayingProxy,
    epoll: Epoll,
    timer: TimerFd,
    pairs: HashMap<u64, Pair>,
    next_pair: u64,
    /// In the order of their time, because all wait equally long.
    due: VecDeque<Due>,
    scratch: Vec<u8>,
}

impl Serving {
    fn new(proxy: DelayingProxy, end: BorrowedFd<'_>) -> anyhow::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, TIMER))?;
        epoll.add(end, EpollEvent::new(EpollFlags::EPOLLIN, END))?;
        for (number, (listener, _)) in (FIRST_LISTENER..).zip(&proxy.ways) {
            epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, number))?;
        }
        let scratch = vec![0; 64 * 1024];
        Ok(Self { proxy, epoll, timer, pairs: HashMap::new(), next_pair: 0, due: VecDeque::new(), scratch })
    }

    fn run(mut self) -> anyhow::Result<()> {
        let mut events = [EpollEvent::empty(); BATCH];
        loop {
            let count = match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(count) => count,
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error).context("the proxy cannot wait for events"),
            };
            for event in &events[..count] {
                match event.data() {
                    // What is due is looked at after every batch.
                    TIMER => {}
                    END => return Ok(()),
                    listener if listener < FIRST_PAIR => self.accept((listener - FIRST_LISTENER) as usize)?,
                    socket => self.ready((socket - FIRST_PAIR) / 2, Side::of_number(socket), event.events()),
                }
            }
            self.deliver();
            self.set_timer()?;
        }
    }

    fn accept(&mut self, listener: usize) -> anyhow::Result<()> {
        let (listener, target) = &self.proxy.ways[listener];
        loop {
            let caller = match listener.accept() {
                Ok((caller, _)) => caller,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => continue,
                Err(error) => return Err(error).context("the proxy cannot take a connection"),
            };
            // A caller that is gone before it was connected has nobody to be told.
            let Ok(pair) = Pair::connect(caller, *target) else { continue };
            let number = self.next_pair;
            self.next_pair += 1;
            // Edges are enough: a pair remembers what it may read and write.
            let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
            for side in [Side::Caller, Side::Callee] {
                self.epoll
                    .add(pair.socket(side), EpollEvent::new(flags, FIRST_PAIR + number * 2 + side as u64))
                    .context("the proxy cannot watch a connection")?;
            }
            self.pairs.insert(number, pair);
        }
    }

    fn ready(&mut self, number: u64, side: Side, events: EpollFlags) {
        let Some(pair) = self.pairs.get_mut(&number) else { return };
        pair.is_ready(side, events);
        self.read(number, side);
        // Its room may be what the other direction waits for.
        self.write(number, side.other());
    }

    /// Reads what a side has sent, to be delivered in time.
    fn read(&mut self, number: u64, from: Side) {
        let Some(pair) = self.pairs.get_mut(&number) else { return };
        let at = Instant::now() + self.proxy.one_way;
        let read = pair.read(from, at, &mut self.scratch);
        if read.parcels > 0 {
            self.proxy.passed.add(from, read.bytes);
            self.due.push_back(Due { at, pair: number, from });
        }
    }

    /// Writes what came from a side and is due, and reads on where there is room again.
    fn write(&mut self, number: u64, from: Side) {
        let Some(pair) = self.pairs.get_mut(&number) else { return };
        pair.write(from, Instant::now());
        if pair.is_over() {
            self.pairs.remove(&number);
        } else if pair.may_read_on(from) {
            self.read(number, from);
        }
    }

    fn deliver(&mut self) {
        while self.due.front().is_some_and(|first| first.at <= Instant::now()) {
            let Some(Due { pair, from, .. }) = self.due.pop_front() else { return };
            self.write(pair, from);
        }
    }

    fn set_timer(&self) -> anyhow::Result<()> {
        let Some(first) = self.due.front() else { return Ok(()) };
        // A nanosecond at least, because zero would switch it off.
        let wait = first.at.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        self.timer.set(Expiration::OneShot(TimeSpec::from_duration(wait)), TimerSetTimeFlags::empty())?;
        Ok(())
    }
}
