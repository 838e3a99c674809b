//! A part of a file, or bytes in memory, with a limit to how much of it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
#[cfg(not(unix))]
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_pure::{FormatError, Source};
use horn_nn::{Error, Result};

use crate::plain_file;

/// The source of an HDF5 file: a whole file, an uncompressed member of an archive, or memory.
///
/// A crafted file can make a reader loop, or read the same bytes a million times. Both need reads, so each operation
/// has a budget of bytes, and a read beyond it is an error.
#[derive(Debug)]
pub struct Window {
    store: Arc<Store>,
    start: u64,
    len: u64,
    allowed: AtomicU64,
}

#[derive(Debug)]
enum Store {
    #[cfg(unix)]
    File(File),
    #[cfg(not(unix))]
    File(Mutex<File>),
    Bytes(Vec<u8>),
}

impl Window {
    /// Opens a whole file.
    ///
    /// # Errors
    ///
    /// If the file does not exist, can't be read, or is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = plain_file::open(path)?;
        let metadata = file.metadata()?;
        #[cfg(not(unix))]
        let file = Mutex::new(file);
        Ok(Self::new(Arc::new(Store::File(file)), 0, metadata.len()))
    }

    /// Opens a whole file, with its place for messages.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(crate) fn open_placed(path: impl AsRef<Path>) -> Result<(Self, String)> {
        let place = format!("file {:?}", path.as_ref().display().to_string());
        match Self::open(path) {
            Ok(window) => Ok((window, place)),
            Err(error) => Err(Error::file("cannot be read")
                .at(place)
                .because(error)
                .hint("look at the name and the folder of the file")),
        }
    }

    /// A window on bytes in memory.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Self::new(Arc::new(Store::Bytes(bytes)), 0, len)
    }

    /// A part of this window, with its own limit.
    ///
    /// # Errors
    ///
    /// If this window is shorter.
    pub fn stretch(&self, start: u64, len: u64) -> io::Result<Self> {
        match start.checked_add(len) {
            Some(end) if end <= self.len => Ok(Self::new(self.store.clone(), self.start + start, len)),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn new(store: Arc<Store>, start: u64, len: u64) -> Self {
        Self { store, start, len, allowed: AtomicU64::new(0) }
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Is the length zero?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sets the budget of the next operation, in bytes.
    pub(crate) fn allow(&self, bytes: u64) {
        self.allowed.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes of the budget are left.
    pub(super) fn still_allowed(&self) -> u64 {
        self.allowed.load(Ordering::Relaxed)
    }

    /// Reads without using the budget, for values whose size is checked already.
    pub(crate) fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64).filter(|end| *end <= self.len);
        if end.is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let offset = self.start + offset;
        match &*self.store {
            #[cfg(unix)]
            Store::File(file) => std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset),
            #[cfg(not(unix))]
            Store::File(file) => {
                let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(buffer)
            }
            Store::Bytes(bytes) => {
                let offset = offset as usize;
                buffer.copy_from_slice(&bytes[offset..offset + buffer.len()]);
                Ok(())
            }
        }
    }
}

/// A position in a window that advances as it is read, for libraries that need a reader.
#[derive(Debug, Clone)]
pub struct Cursor {
    window: Arc<Window>,
    at: u64,
}

impl Cursor {
    /// A cursor at the start of the window.
    pub fn new(window: Arc<Window>) -> Self {
        Self { window, at: 0 }
    }
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = usize::try_from(self.window.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let part = there.min(buffer.len());
        if part == 0 {
            return Ok(0);
        }
        self.window.read_at(self.at, &mut buffer[..part]).map_err(|error| io::Error::other(error.to_string()))?;
        self.at += part as u64;
        Ok(part)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.window.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl Source for Window {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FormatError> {
        let wanted = buffer.len() as u64;
        if offset.checked_add(wanted).is_none() {
            return Err(FormatError::Source("it leads out of this file, as links to other paths do".into()));
        }
        self.allowed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |allowed| allowed.checked_sub(wanted))
            .map_err(|_| FormatError::Source("its structure goes in circles, or is far larger than its data".into()))?;
        self.read(offset, buffer).map_err(|error| FormatError::Source(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn reads_inside_of_its_stretch_only() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        for whole in [Window::open(file.path()).unwrap(), Window::of_bytes(b"0123456789".to_vec())] {
            let window = whole.stretch(1, 8).unwrap().stretch(2, 4).unwrap();
            let mut buffer = [0; 2];
            window.read(2, &mut buffer).unwrap();
            assert_eq!(&buffer, b"56");
            assert!(window.read(3, &mut buffer).is_err());
            assert!(window.read(u64::MAX, &mut buffer).is_err());
            assert!(window.stretch(0, 5).is_err());
            assert!(window.stretch(u64::MAX, 8).is_err());
        }
        assert!(Window::open(std::env::temp_dir()).is_err());
    }

    #[test]
    fn a_cursor_reads_and_seeks() {
        let window = Arc::new(Window::of_bytes(b"0123456789".to_vec()));
        window.allow(100);
        let mut cursor = Cursor::new(window.clone());
        let mut text = String::new();
        cursor.seek(SeekFrom::End(-3)).unwrap();
        cursor.read_to_string(&mut text).unwrap();
        assert_eq!(text, "789");
        assert!(cursor.seek(SeekFrom::Current(-11)).is_err());
        cursor.seek(SeekFrom::Start(u64::MAX)).unwrap();
        assert_eq!(cursor.read(&mut [0; 4]).unwrap(), 0);
        window.allow(1);
        cursor.seek(SeekFrom::Start(0)).unwrap();
        assert!(cursor.read(&mut [0; 4]).is_err());
    }

    #[test]
    fn reads_no_more_than_is_allowed() {
        let window = Window::of_bytes(b"0123456789".to_vec());
        let mut buffer = [0; 6];
        assert!(window.read_at(0, &mut buffer).is_err());
        window.allow(10);
        assert!(window.read_at(0, &mut buffer).is_ok());
        assert_eq!(&buffer, b"012345");
        assert!(window.read_at(0, &mut buffer).is_err());
        assert!(window.read_at(0, &mut buffer[..4]).is_ok());
    }
}
