//! The ledger's file: one JSON object per line, only ever added to.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::entry::Entry;

/// What the ledger is called in a data folder.
pub const LEDGER_FILE: &str = "provider-ledger.jsonl";

/// Why a ledger cannot be used.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file cannot be read or written.
    #[error("the provider's ledger {} cannot be used: {source}; check who owns it and its folder", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another provider writes to it.
    #[error("the provider's ledger {} is in use by another process; stop that one, or choose another folder", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line in it is no entry.
    #[error("line {line} of the provider's ledger {} is no entry: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An entry is missing, or is there twice.
    #[error("line {line} of the provider's ledger {} has the number {sequence}: somebody edited the file", path.display())]
    Sequence {
        /// The file.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// The number it has.
        sequence: u64,
    },
}

/// Reads the ledger of a provider that is stopped or quiet; one that was never made is empty.
///
/// A last line without its end, as a crash leaves it, counts as not written: its command got no answer.
pub fn read_ledger(path: &Path) -> Result<Vec<Entry>, LedgerError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(LedgerError::File { path: path.to_owned(), source }),
    };
    Ok(parse(path, &bytes)?.0)
}

/// The ledger, open for adding to it; no other process can.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Ledger {
    /// Opens or makes the file, cuts a torn last line, and gives back what it says.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Entry>), LedgerError> {
        let failed = |source| LedgerError::File { path: path.to_owned(), source };
        let mut file =
            File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let bytes = fs::read(path).map_err(failed)?;
        let (entries, length) = parse(path, &bytes)?;
        if length < bytes.len() {
            tracing::warn!(path = %path.display(), bytes = bytes.len() - length, "cut a torn line off the ledger");
        }
        let length = length as u64;
        file.set_len(length).map_err(failed)?;
        file.seek(io::SeekFrom::Start(length)).map_err(failed)?;
        Ok((Self { path: path.to_owned(), file, length }, entries))
    }

    /// Lets another process have the file; nothing is added from here on.
    pub(crate) fn release(&self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.path.display(), %error, "the ledger stays locked until this process ends");
        }
    }

    /// Adds an entry: all of its line, or nothing of it.
    pub(crate) fn append(&mut self, entry: &Entry) -> Result<(), LedgerError> {
        let failed = |source| LedgerError::File { path: self.path.clone(), source };
        let mut line = serde_json::to_vec(entry).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        if let Err(source) = self.file.write_all(&line) {
            // A full disk takes a part of the line. What stays of it must not become the beginning of the next one.
            let cut = self.file.set_len(self.length).and_then(|()| self.file.seek(io::SeekFrom::Start(self.length)));
            if let Err(problem) = cut {
                tracing::error!(path = %self.path.display(), %problem, "a torn line could not be cut off the ledger");
            }
            return Err(failed(source));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// The entries, and how many bytes of the file they are.
fn parse(path: &Path, bytes: &[u8]) -> Result<(Vec<Entry>, usize), LedgerError> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let mut entries = Vec::<Entry>::new();
    for (index, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let entry: Entry = serde_json::from_slice(line).map_err(|source| LedgerError::Unreadable {
            path: path.to_owned(),
            line: index + 1,
            source,
        })?;
        if entry.sequence != index as u64 + 1 {
            return Err(LedgerError::Sequence { path: path.to_owned(), line: index + 1, sequence: entry.sequence });
        }
        entries.push(entry);
    }
    Ok((entries, whole))
}

#[cfg(test)]
mod tests {
    use testkit::Folder;
    use vocabulary::{Currency, Money, OrderId};

    use super::*;
    use crate::entry::{EntryKind, Manner, accounts};

    fn entry(sequence: u64, kind: EntryKind, order: OrderId) -> Entry {
        Entry {
            sequence,
            at: 0,
            kind,
            order,
            amount: Some(Money::new(1_999, Currency::USD)),
            reference: format!("pay-{sequence}"),
            key: format!("key-{sequence}"),
            manner: Manner::Plain,
        }
    }

    #[test]
    fn what_was_written_is_read_back_after_a_torn_line_was_cut() {
        let folder = Folder::new();
        let path = folder.path().join(LEDGER_FILE);
        let order = OrderId::generate();
        let (mut ledger, entries) = Ledger::open(&path).unwrap();
        assert!(entries.is_empty(), "a new ledger is empty");
        ledger.append(&entry(1, EntryKind::Authorized, order)).unwrap();
        ledger.append(&entry(2, EntryKind::Captured, order)).unwrap();
        drop(ledger);
        let whole = fs::read(&path).unwrap();
        for torn in 1..whole.len() {
            fs::write(&path, &whole[..torn]).unwrap();
            let expected = whole[..torn].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(read_ledger(&path).unwrap().len(), expected, "read while torn at byte {torn}");
            let (mut ledger, entries) = Ledger::open(&path).unwrap();
            assert_eq!(entries.len(), expected, "opened when torn at byte {torn}");
            ledger.append(&entry(expected as u64 + 1, EntryKind::Refunded, order)).unwrap();
            drop(ledger);
            assert_eq!(read_ledger(&path).unwrap().len(), expected + 1, "added to after byte {torn}");
        }
    }

    #[test]
    fn two_providers_do_not_write_to_one_ledger() {
        let folder = Folder::new();
        let path = folder.path().join(LEDGER_FILE);
        let _held = Ledger::open(&path).unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerError::InUse { .. })));
        assert!(read_ledger(&path).unwrap().is_empty(), "it can be read meanwhile");
    }

    #[test]
    fn a_ledger_that_was_edited_is_not_believed() {
        let folder = Folder::new();
        let path = folder.path().join(LEDGER_FILE);
        let order = OrderId::generate();
        fs::write(&path, "no json\n").unwrap();
        assert!(matches!(read_ledger(&path), Err(LedgerError::Unreadable { line: 1, .. })));
        let (first, third) = (entry(1, EntryKind::Authorized, order), entry(3, EntryKind::Captured, order));
        let line = |entry| serde_json::to_string(entry).unwrap();
        fs::write(&path, format!("{}\n{}\n", line(&first), line(&third))).unwrap();
        assert!(matches!(read_ledger(&path), Err(LedgerError::Sequence { line: 2, sequence: 3, .. })));
    }

    #[test]
    fn an_account_tells_a_double_capture() {
        let (one, two) = (OrderId::generate(), OrderId::generate());
        let kinds = [
            (EntryKind::Authorized, one),
            (EntryKind::Captured, one),
            (EntryKind::Captured, one),
            (EntryKind::Captured, two),
            (EntryKind::Refunded, two),
        ];
        let entries: Vec<_> =
            kinds.iter().zip(1..).map(|((kind, order), sequence)| entry(sequence, *kind, *order)).collect();
        let accounts = accounts(&entries);
        assert_eq!((accounts[&one].captures, accounts[&one].kept()), (2, 3_998));
        assert_eq!((accounts[&two].captures, accounts[&two].kept()), (1, 0));
    }
}
