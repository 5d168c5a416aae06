//! A server that does nothing but answer: a kilobyte, a thread per connection, on CPUs of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// Keeps the calling thread, and whatever it starts from now on, to CPUs, written as numbers with commas between.
pub(crate) fn keep_to(cpus: &str) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus.split(',') {
        set.set(cpu.parse()?)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Prints its address, then answers until it is killed.
pub(crate) fn serve(cpus: &str) -> anyhow::Result<()> {
    keep_to(cpus)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            // A visitor who goes away ends its thread and nothing else.
            let _ = converse(stream);
        })?;
    }
    Ok(())
}

fn converse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let body = "fine ".repeat(200);
    let head = "HTTP/1.1 200 OK\r\nServer: still\r\nContent-Type: text/plain\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let (mut bytes, mut filled) = ([0; 4096], 0);
    loop {
        match stream.read(&mut bytes[filled..])? {
            0 => return Ok(()),
            count => filled += count,
        }
        // Both sides ask for one thing at a time and send no bodies, so a request ends where the bytes do.
        if bytes[..filled].ends_with(b"\r\n\r\n") {
            stream.write_all(answer.as_bytes())?;
            filled = 0;
        } else if filled == bytes.len() {
            return Ok(());
        }
    }
}
