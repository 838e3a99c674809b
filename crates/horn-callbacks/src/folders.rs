//! Folders that callbacks write into.

use std::fs;
use std::path::Path;

use horn_nn::{Error, Result};

/// Makes a folder and those above it, unless it exists.
///
/// # Errors
///
/// If it can't be made.
pub(crate) fn make(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| {
        Error::file("the folder cannot be made")
            .at(format!("folder {:?}", folder.display().to_string()))
            .because(error)
            .hint("choose a folder that exists and is writable")
    })
}
