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
    let path = path.as_ref();
    let is_file = |metadata: std::fs::Metadata| {
        let reason = match metadata.is_dir() && path.join("saved_model.pb").exists() {
            _ if metadata.is_file() => return Ok(()),
            true => "it is a SavedModel of TensorFlow, which has no layers: save the model as `.keras` in Python",
            false => "it is not a file, but a folder, a pipe or a device",
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
    };
    std::fs::metadata(path).and_then(is_file)?;
    let file = File::open(path)?;
    file.metadata().and_then(is_file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_tensorflow_is_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let reason = || open(folder.path()).unwrap_err().to_string();
        assert_eq!(reason(), "it is not a file, but a folder, a pipe or a device");
        std::fs::write(folder.path().join("saved_model.pb"), "").unwrap();
        assert!(reason().starts_with("it is a SavedModel of TensorFlow"), "{}", reason());
    }
}
