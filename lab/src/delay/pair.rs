//! Two connections that are one to those who hold the other ends.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use nix::sys::epoll::EpollFlags;
use socket2::{Domain, SockRef, Socket, Type};

/// What may wait in one direction: more than any delay times any bandwidth that loopback has.
const MOST_WAITING: usize = 8 * 1024 * 1024;

/// One end of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Who called.
    Caller = 0,
    /// Who was called.
    Callee = 1,
}

impl Side {
    pub(super) fn of_number(number: u64) -> Self {
        if number.is_multiple_of(2) { Self::Caller } else { Self::Callee }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

/// What is on its way.
enum Parcel {
    Bytes(Vec<u8>),
    /// Nothing more comes from there.
    End,
    /// The connection broke.
    Reset,
}

/// One end's socket, and what it has sent that has not arrived.
struct End {
    socket: TcpStream,
    may_read: bool,
    may_write: bool,
    waiting: VecDeque<(Instant, Parcel)>,
    waiting_bytes: usize,
    /// Whether nothing more will be read.
    ended: bool,
    /// Whether all it sent has arrived, its end included.
    delivered: bool,
}

/// How much was read at once.
pub(super) struct ReadSoFar {
    pub(super) parcels: usize,
    pub(super) bytes: usize,
}

pub(super) struct Pair {
    ends: [End; 2],
    broken: bool,
}

impl Pair {
    /// Begins to connect to the target for a caller.
    pub(super) fn connect(caller: TcpStream, target: SocketAddr) -> std::io::Result<Self> {
        caller.set_nonblocking(true)?;
        caller.set_nodelay(true)?;
        let callee = Socket::new(Domain::for_address(target), Type::STREAM, None)?;
        callee.set_nonblocking(true)?;
        callee.set_tcp_nodelay(true)?;
        // Whether it came about is seen at the first event.
        let _ = callee.connect(&target.into());
        Ok(Self { ends: [End::new(caller, true), End::new(callee.into(), false)], broken: false })
    }

    pub(super) fn socket(&self, side: Side) -> &TcpStream {
        &self.ends[side as usize].socket
    }

    /// Notes what an event says of a side.
    pub(super) fn is_ready(&mut self, side: Side, events: EpollFlags) {
        let end = &mut self.ends[side as usize];
        // An error is read like anything else.
        end.may_read |= events
            .intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        end.may_write |= events.contains(EpollFlags::EPOLLOUT);
    }

    /// Reads all there is from a side, for `at`.
    pub(super) fn read(&mut self, from: Side, at: Instant, scratch: &mut [u8]) -> ReadSoFar {
        let end = &mut self.ends[from as usize];
        let mut so_far = ReadSoFar { parcels: 0, bytes: 0 };
        while end.may_read && !end.ended && end.waiting_bytes < MOST_WAITING {
            let parcel = match end.socket.read(scratch) {
                Ok(0) => Parcel::End,
                Ok(read) => Parcel::Bytes(scratch[..read].to_vec()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    end.may_read = false;
                    break;
                }
                Err(_) => Parcel::Reset,
            };
            so_far.parcels += 1;
            match &parcel {
                Parcel::Bytes(bytes) => {
                    so_far.bytes += bytes.len();
                    end.waiting_bytes += bytes.len();
                }
                Parcel::End | Parcel::Reset => end.ended = true,
            }
            end.waiting.push_back((at, parcel));
        }
        so_far
    }

    /// Writes what came from a side and is due.
    pub(super) fn write(&mut self, from: Side, now: Instant) {
        let [caller, callee] = &mut self.ends;
        let (end, to) = match from {
            Side::Caller => (caller, callee),
            Side::Callee => (callee, caller),
        };
        while to.may_write && end.waiting.front().is_some_and(|(at, _)| *at <= now) {
            let Some((at, parcel)) = end.waiting.pop_front() else { return };
            match parcel {
                Parcel::Bytes(mut bytes) => match to.socket.write(&bytes) {
                    Ok(written) => {
                        end.waiting_bytes -= written;
                        if written < bytes.len() {
                            bytes.drain(..written);
                            end.waiting.push_front((at, Parcel::Bytes(bytes)));
                        }
                    }
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                        to.may_write = error.kind() == ErrorKind::Interrupted;
                        end.waiting.push_front((at, Parcel::Bytes(bytes)));
                    }
                    Err(_) => self.broken = true,
                },
                Parcel::End => {
                    end.delivered = true;
                    self.broken |= to.socket.shutdown(std::net::Shutdown::Write).is_err();
                }
                Parcel::Reset => self.broken = true,
            }
            if self.broken {
                return;
            }
        }
    }

    /// Whether a side has more to say for which there was no room before.
    pub(super) fn may_read_on(&self, from: Side) -> bool {
        let end = &self.ends[from as usize];
        end.may_read && !end.ended && end.waiting_bytes < MOST_WAITING
    }

    /// Whether nothing more can pass.
    pub(super) fn is_over(&self) -> bool {
        self.broken || self.ends.iter().all(|end| end.delivered)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if self.broken {
            // Closing without lingering is what the kernel tells the other end as a reset.
            for end in &self.ends {
                let _ = SockRef::from(&end.socket).set_linger(Some(Duration::ZERO));
            }
        }
    }
}

impl End {
    fn new(socket: TcpStream, may_write: bool) -> Self {
        Self {
            socket,
            may_read: false,
            may_write,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            ended: false,
            delivered: false,
        }
    }
}
