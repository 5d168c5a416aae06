//! Writes the spans of this process where the lab wants them: a file of JSON lines, one span each.
//!
//! With the setting `lab.spans` a process records every call whose trace is sampled (see [`seam::spans`]), and writes the folder's
//! `PID.jsonl` from a thread of its own, mostly when it ends. Without the setting nothing is recorded.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread::JoinHandle,
};

use anyhow::Context as _;
use seam::spans::{self, Span};

/// The file of this process, while spans are recorded.
#[derive(Debug)]
pub struct SpanFile(Option<Writing>);

#[derive(Debug)]
struct Writing {
    writer: JoinHandle<std::io::Result<()>>,
    end: std::sync::mpsc::Sender<Vec<Span>>,
}

impl SpanFile {
    /// Records spans from now on and writes them into `folder`; with an empty path, nothing is recorded.
    ///
    /// # Errors
    /// When the folder or the file cannot be made.
    pub fn begin(folder: &Path) -> anyhow::Result<Self> {
        if folder.as_os_str().is_empty() {
            return Ok(Self(None));
        }
        let path = folder.join(format!("{}.jsonl", std::process::id()));
        let not_made = || format!("lab.spans: {} cannot be made", path.display());
        std::fs::create_dir_all(folder).with_context(not_made)?;
        let file = File::create(&path).with_context(not_made)?;
        let (sender, receiver) = channel::<Vec<Span>>();
        let writer = std::thread::Builder::new().name("spans".to_owned());
        let writer = writer.spawn(move || write(&receiver, file)).context("one more thread cannot be started")?;
        let batches = sender.clone();
        spans::record_to(move |batch| _ = batches.send(batch));
        Ok(Self(Some(Writing { writer, end: sender })))
    }

    /// Writes what is left. Spans that end later are lost.
    pub fn end(self) {
        let Some(Writing { writer, end }) = self.0 else { return };
        spans::flush();
        // The empty batch is the last one: the recorder keeps a sender for as long as the process lives.
        let _ = end.send(Vec::new());
        match writer.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the spans of this process are not whole"),
            Err(_) => tracing::warn!("the spans of this process are not whole: their writer panicked"),
        }
    }
}

fn write(batches: &Receiver<Vec<Span>>, file: File) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(256 * 1_024, file);
    while let Ok(batch) = batches.recv() {
        if batch.is_empty() {
            break;
        }
        for span in batch {
            serde_json::to_writer(&mut out, &span)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}
