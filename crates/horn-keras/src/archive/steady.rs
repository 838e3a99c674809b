//! A writer that never fails: it keeps its first error until the end.

use std::io::{self, Seek, SeekFrom, Write};

/// Keeps the first error of a writer, and takes what follows without writing it.
///
/// The zip library finishes an archive even if it is dropped after an error. If that fails, too, as on a full disk, it
/// writes a line of its own to the standard error.
#[derive(Debug)]
pub(crate) struct Steady<W> {
    writer: W,
    error: Option<io::Error>,
    /// Where the writer would be, and how long what it would have written.
    at: u64,
    len: u64,
}

impl<W: Write + Seek> Steady<W> {
    pub fn new(writer: W) -> Self {
        Self { writer, error: None, at: 0, len: 0 }
    }

    /// The writer, or its first error.
    pub fn finish(self) -> io::Result<W> {
        match self.error {
            None => Ok(self.writer),
            Some(error) => Err(error),
        }
    }

    fn advance(&mut self, bytes: usize) -> usize {
        self.at += bytes as u64;
        self.len = self.len.max(self.at);
        bytes
    }
}

impl<W: Write + Seek> Write for Steady<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none() {
            match self.writer.write(bytes) {
                Ok(0) if !bytes.is_empty() => self.error = Some(io::ErrorKind::WriteZero.into()),
                Ok(written) => return Ok(self.advance(written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => self.error = Some(error),
            }
        }
        Ok(self.advance(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.error.is_none() {
            self.error = self.writer.flush().err();
        }
        Ok(())
    }
}

impl<W: Write + Seek> Seek for Steady<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.error.is_none() {
            match self.writer.seek(to) {
                Ok(at) => {
                    self.at = at;
                    return Ok(at);
                }
                Err(error) => self.error = Some(error),
            }
        }
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A disk with room for so many bytes.
    struct Disk(Cursor<Vec<u8>>, usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.position() as usize + bytes.len() > self.1 {
                return Err(io::Error::other("full"));
            }
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn written(room: usize) -> io::Result<Vec<u8>> {
        let mut zip = ZipWriter::new(Steady::new(Disk(Cursor::default(), room)));
        for name in ["a", "b"] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&[7; 100]).unwrap();
        }
        zip.finish().unwrap().finish().map(|disk| disk.0.into_inner())
    }

    #[test]
    fn a_disk_that_gets_full_anywhere_is_an_error_at_the_end() {
        let whole = written(10_000).unwrap();
        assert_eq!(written(whole.len()).unwrap(), whole);
        for room in 0..whole.len() {
            assert_eq!(written(room).unwrap_err().to_string(), "full", "{room} bytes");
        }
    }
}
