//! The sockets of the visitors: connecting, writing and reading without ever waiting.

use std::io::{ErrorKind, Read, Write};

use nix::sys::epoll::{EpollEvent, EpollFlags};
use socket2::{Domain, Socket, Type};

use super::engine::Engine;
use super::judge::Trouble;
use crate::http::Fed;

impl Engine<'_, '_> {
    pub(super) fn connect_and_write(&mut self, slot: usize) -> Result<(), Trouble> {
        if self.visitors[slot].connection.is_none() {
            let local = |error: std::io::Error| Trouble::Local(format!("the generator cannot connect: {error}"));
            let domain = if self.drive.target.address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
            let socket = Socket::new(domain, Type::STREAM, None).map_err(local)?;
            socket.set_nonblocking(true).map_err(local)?;
            socket.set_tcp_nodelay(true).map_err(local)?;
            match socket.connect(&self.address) {
                Ok(()) => {}
                Err(error) if error.raw_os_error() == Some(nix::errno::Errno::EINPROGRESS as i32) => {}
                Err(error) if error.kind() == ErrorKind::AddrNotAvailable => return Err(local(error)),
                Err(error) => return Err(Trouble::Connection(format!("cannot connect: {}", error.kind()))),
            }
            let visitor = &mut self.visitors[slot];
            let mark = (u64::from(visitor.generation) << 32) | slot as u64;
            let interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
            self.epoll.add(&socket, EpollEvent::new(interest, mark)).map_err(|error| local(error.into()))?;
            visitor.connection = Some(socket);
            visitor.reused = false;
            self.out.connections += 1;
        }
        self.write_out(slot)
    }

    pub(super) fn write_out(&mut self, slot: usize) -> Result<(), Trouble> {
        let visitor = &mut self.visitors[slot];
        let Some(connection) = &visitor.connection else { return Ok(()) };
        while visitor.out_at < visitor.out.len() {
            let mut writer: &Socket = connection;
            match writer.write(&visitor.out[visitor.out_at..]) {
                Ok(written) => {
                    visitor.out_at += written;
                    self.out.bytes_out += written as u64;
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Connection(format!("cannot send: {}", error.kind()))),
            }
        }
        Ok(())
    }

    /// A kept connection may close just as the next request leaves; browsers then ask again, and so does the generator, once.
    pub(super) fn may_send_again(&self, slot: usize) -> bool {
        let visitor = &self.visitors[slot];
        visitor.reused && !visitor.reader.has_started()
    }

    pub(super) fn drop_if_closed(&mut self, slot: usize) {
        let visitor = &mut self.visitors[slot];
        if let Some(mut connection) = visitor.connection.as_ref() {
            let closed = match connection.read(&mut self.scratch[..1]) {
                Ok(0) => true,
                Ok(_) => true, // bytes nobody asked for: such a connection cannot be trusted with the next request
                Err(error) => error.kind() != ErrorKind::WouldBlock,
            };
            if closed {
                visitor.drop_connection();
            }
        }
    }

    /// Reads what has come; true once the answer is whole.
    pub(super) fn read_in(&mut self, slot: usize) -> Result<bool, Trouble> {
        let visitor = &mut self.visitors[slot];
        let Some(mut connection) = visitor.connection.as_ref() else { return Ok(false) };
        loop {
            match connection.read(&mut self.scratch) {
                Ok(0) => {
                    return match visitor.reader.end() {
                        Ok(()) => Ok(true),
                        Err(error) => Err(Trouble::Connection(error.to_string())),
                    };
                }
                Ok(count) => {
                    self.out.bytes_in += count as u64;
                    visitor.answer_bytes += count as u64;
                    match visitor.reader.feed(&self.scratch[..count]) {
                        Ok(Fed::Done(_)) => return Ok(true),
                        // Less than asked for: the socket is empty, and the next bytes raise an event of their own.
                        Ok(Fed::More) if count < self.scratch.len() => return Ok(false),
                        Ok(Fed::More) => {}
                        Err(error) => return Err(Trouble::Answer(error.to_string())),
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Trouble::Connection(format!("cannot read: {}", error.kind()))),
            }
        }
    }
}
