//! The file that TensorBoard reads: records with checksums, each an event.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use horn_nn::{Error, Result};

use super::protobuf::Message;
use crate::folders;

/// A file of events in a folder. It is made with the first event.
#[derive(Debug)]
pub(super) struct EventFile {
    folder: PathBuf,
    open: Option<(BufWriter<File>, PathBuf)>,
}

impl EventFile {
    /// A file in this folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, open: None }
    }

    /// Writes a summary for a step.
    ///
    /// # Errors
    ///
    /// If the file can't be written.
    pub fn write(&mut self, step: usize, summary: Message) -> Result<()> {
        if self.open.is_none() {
            self.create()?;
            // The first event says what kind of file it is.
            self.record(event(0).bytes(3, "brain.Event:2"))?;
        }
        self.record(event(step).message(5, summary))
    }

    /// Hands to the system what is not written yet, so that TensorBoard shows it.
    ///
    /// # Errors
    ///
    /// If the file can't be written.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.open {
            Some((file, path)) => file.flush().map_err(|error| failed(path, error)),
            None => Ok(()),
        }
    }

    fn create(&mut self) -> Result<()> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        folders::make(&self.folder)?;
        let (seconds, process) = (now() as u64, std::process::id());
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // TensorBoard finds it by "tfevents", and reads the files of a folder in the order of their names.
        let path = self.folder.join(format!("events.out.tfevents.{seconds:010}.horn.{process}.{number}.v2"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        self.open = Some((BufWriter::new(file.map_err(|error| failed(&path, error))?), path));
        Ok(())
    }

    fn record(&mut self, event: Message) -> Result<()> {
        let Some((file, path)) = &mut self.open else { return Ok(()) };
        let event = event.into_bytes();
        let length = (event.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(event.len() + 16);
        record.extend(length);
        record.extend(masked_crc(&length).to_le_bytes());
        record.extend(&event);
        record.extend(masked_crc(&event).to_le_bytes());
        file.write_all(&record).map_err(|error| failed(path, error))
    }
}

/// An event of this moment.
fn event(step: usize) -> Message {
    Message::default().double(1, now()).int(2, step as u64)
}

/// The seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::file("cannot be written")
        .at(format!("file {:?}", path.display().to_string()))
        .because(error)
        .hint("choose a folder that is writable, and check that there is free space on the disk")
}

/// The CRC-32C (Castagnoli) of the bytes, for each byte of which the table has the remainder.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ crc >> 8)
}

/// The checksum as records have it: a checksum of data with checksums in it would be a bad one.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, B.4, and the check value of the catalogue of CRCs.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn a_folder_that_can_t_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = EventFile::new(file.join("train")).write(0, Message::default()).unwrap_err();
        assert!(error.to_string().ends_with("Hint: choose a folder that exists and is writable."), "{error}");
    }
}
