//! Visitors who ask for product pages, each over a connection of its own, and again as soon as they are answered.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use anyhow::ensure;

use crate::http::Connection;

/// Visitors at the same time.
const VISITORS: usize = 8;

/// A question and how long the answer's body is.
pub(crate) struct Asked {
    pub(crate) question: Vec<u8>,
    pub(crate) length: usize,
}

/// Asks for so many pages in all, and returns when the last has come.
pub(crate) fn visit(address: SocketAddr, pages: usize, asked: &[Asked]) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let visitors: Vec<_> = (0..VISITORS).map(|_| scope.spawn(|| visitor(address, pages, asked, &next))).collect();
        visitors.into_iter().try_for_each(|visitor| visitor.join().expect("visitors do not panic"))
    })
}

fn visitor(address: SocketAddr, pages: usize, asked: &[Asked], next: &AtomicUsize) -> anyhow::Result<()> {
    let mut connection = Connection::to(address)?;
    loop {
        let number = next.fetch_add(1, Relaxed);
        if number >= pages {
            return Ok(());
        }
        let Asked { question, length } = &asked[number % asked.len()];
        let came = connection.ask(question)?;
        ensure!(came == *length, "a page came with {came} bytes instead of {length}");
    }
}
