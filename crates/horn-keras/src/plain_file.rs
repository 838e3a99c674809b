//! Files, and nothing else that has a path.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file. What a path leads to is looked at first, as opening a pipe waits for who writes to it.
///
/// # Errors
///
/// It is not there or may not be read, or it is a folder, a pipe or a device.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let is_file = |metadata: std::fs::Metadata| match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file, but a folder, a pipe or a device")),
    };
    std::fs::metadata(&path).and_then(is_file)?;
    let file = File::open(path)?;
    file.metadata().and_then(is_file)?;
    Ok(file)
}
