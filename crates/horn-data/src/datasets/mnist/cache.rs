//! The cache of `burn-dataset`, which Horn shares.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use horn_nn::{Error, Result};
use tempfile::NamedTempFile;

use super::part::{Part, decompress};

pub(super) const BY_HAND: &str = "name a folder that has the four files with mnist::load_from";

/// The folder in which `burn-dataset` keeps MNIST.
#[cfg(feature = "download")]
pub(super) fn folder() -> Result<PathBuf> {
    let cache = dirs::cache_dir().ok_or_else(|| Error::file("this system has no cache folder").hint(BY_HAND))?;
    Ok(cache.join("burn-dataset").join("mnist"))
}

/// Finds a file in the cache, or downloads it.
pub(super) fn find_or_fetch(
    part: &Part,
    folder: &Path,
    download: impl Fn(&str, &str) -> Result<Vec<u8>>,
) -> Result<PathBuf> {
    // The same subfolders as in `burn-dataset`.
    let folder = folder.join(if part.name.starts_with("train") { "train" } else { "test" });
    if let Some(path) = part.find(&folder) {
        return Ok(path);
    }
    let url = part.url();
    let bytes = download(&url, part.name)?;
    part.decode(&bytes[..]).map_err(|error| error.at(&url).hint(format!("try again later, or {BY_HAND}")))?;

    let path = folder.join(part.name);
    write(&bytes, &folder, &path).map_err(|error| {
        Error::file("the download cannot be written to the cache")
            .at(path.display().to_string())
            .hint(format!("make the folder writable, or {BY_HAND}"))
            .because(error)
    })?;
    Ok(path)
}

/// Writes a temporary file and renames it, so that an incomplete file never appears in the cache. The file is
/// decompressed, as `burn-dataset` expects.
fn write(bytes: &[u8], folder: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut beside = NamedTempFile::new_in(folder)?;
    io::copy(&mut decompress(bytes)?, &mut beside)?;
    beside.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::mnist::part::TEST_LABELS;

    #[test]
    fn a_foreign_download_does_not_reach_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        let error = find_or_fetch(&TEST_LABELS, cache.path(), |_, _| Ok(b"<html>".to_vec())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "https://storage.googleapis.com/cvdf-datasets/mnist/t10k-labels-idx1-ubyte.gz: this is not an IDX file of \
             unsigned bytes; received the first bytes \"<htm\", expected \"\\x00\\x00\\x08\" and the number of \
             dimensions. Hint: try again later, or name a folder that has the four files with mnist::load_from."
        );
        assert!(!cache.path().join("test").exists());
    }
}
