//! The rival: a hand-written, length-prefixed TCP server that sends each answer by itself, to callers with a connection each.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    SLOW,
    load::{Asks, Rival},
    shelf,
};

/// As many bytes as a hop's question takes, first of all its length.
const QUESTION: usize = 64;

/// A server on two threads.
#[derive(Clone)]
pub struct Echo(SocketAddr);

impl Echo {
    /// Starts it for the rest of the process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it was just bound");
        listener.set_nonblocking(true).expect("sockets can be told not to block");
        let answer: Arc<[u8]> = answer().into();
        for _ in 0..2 {
            let (listener, answer) = (listener.try_clone().expect("one more descriptor"), answer.clone());
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(serve(listener, answer));
            });
        }
        Self(address)
    }
}

/// The same bytes that a hop brings, behind their length.
fn answer() -> Vec<u8> {
    let product = seam::wire::Codec::Binary.encode(&shelf::product()).expect("a product can be written");
    let length = u32::try_from(product.len()).expect("six hundred");
    [&length.to_le_bytes()[..], &product].concat()
}

async fn serve(listener: TcpListener, answer: Arc<[u8]>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listening socket");
    while let Ok((stream, _)) = listener.accept().await {
        let answer = answer.clone();
        tokio::spawn(async move { answer_all(stream, &answer).await });
    }
}

#[expect(clippy::disallowed_methods, reason = "slow answers are what the mixed load is about")]
async fn answer_all(mut stream: TcpStream, answer: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut filled) = (vec![0; 4096], 0);
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        while let Some(length) = buffer[..filled].first_chunk::<4>() {
            let length = 4 + u32::from_le_bytes(*length) as usize;
            if filled < length {
                break;
            }
            if buffer[4] == 1 {
                tokio::time::sleep(SLOW).await;
            }
            stream.write_all(answer).await?;
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
    }
}

impl Rival for Echo {
    type Caller = EchoCaller;

    async fn caller(&self) -> EchoCaller {
        let stream = TcpStream::connect(self.0).await.expect("the echo listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let mut question = vec![0; QUESTION];
        question[..4].copy_from_slice(&(QUESTION as u32 - 4).to_le_bytes());
        EchoCaller { stream, question, answer: vec![0; 4096] }
    }
}

/// One connection.
pub struct EchoCaller {
    stream: TcpStream,
    question: Vec<u8>,
    answer: Vec<u8>,
}

impl Asks for EchoCaller {
    async fn ask(&mut self, slow: bool) {
        self.question[4] = u8::from(slow);
        self.stream.write_all(&self.question).await.expect("the echo listens");
        let mut filled = 0;
        loop {
            filled += self.stream.read(&mut self.answer[filled..]).await.expect("the echo answers");
            let length = self.answer[..filled].first_chunk::<4>().map(|length| u32::from_le_bytes(*length));
            if length.is_some_and(|length| filled >= 4 + length as usize) {
                return;
            }
        }
    }
}
