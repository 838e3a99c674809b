//! Opens regular files only.

use std::fs::File;
use std::io;
use std::path::Path;

/// Opens a file. Its type is checked first, as opening a pipe would block until another process writes to it.
///
/// # Errors
///
/// If the file does not exist, can't be read, or is a folder, a pipe or a device.
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
