//! The cache that is shared with `burn-dataset`, and the download into it.

use std::any::Any;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::{panic, thread};

use burn_dataset::network::downloader::download_file_as_bytes;
use horn_nn::{Error, Result};
use tempfile::NamedTempFile;

use super::part::{Part, decompress};

const DOWNLOADER: &str = "horn-download";
const BY_HAND: &str = "name a folder that has the four files with mnist::load_from";

/// Where `burn-dataset` keeps its MNIST.
pub(super) fn folder() -> Result<PathBuf> {
    let cache = dirs::cache_dir().ok_or_else(|| Error::file("this system has no cache folder").hint(BY_HAND))?;
    Ok(cache.join("burn-dataset").join("mnist"))
}

/// The cached file, downloaded if it is not there yet.
pub(super) fn find_or_fetch(
    part: &Part,
    folder: &Path,
    download: impl Fn(&str, &str) -> Result<Vec<u8>>,
) -> Result<PathBuf> {
    let folder = folder.join(part.cached_in);
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

/// Writes beside the file and renames, so that nobody ever finds half of it. It lies there decompressed, as
/// `burn-dataset` expects it.
fn write(bytes: &[u8], folder: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut beside = NamedTempFile::new_in(folder)?;
    io::copy(&mut decompress(bytes)?, &mut beside)?;
    beside.persist(path)?;
    Ok(())
}

/// Downloads with a progress bar.
///
/// Burn's downloader panics where there is no network, and cannot run inside of an async runtime. A thread of its own
/// mends both.
pub(super) fn download(url: &str, name: &str) -> Result<Vec<u8>> {
    silence_the_downloader();
    let failed = || {
        Error::file("the download failed")
            .at(url)
            .expected("a file from the network")
            .hint(format!("connect to the network and try again, or {BY_HAND}"))
    };
    let (from, shown) = (url.to_string(), name.to_string());
    thread::Builder::new()
        .name(DOWNLOADER.to_string())
        .spawn(move || download_file_as_bytes(&from, &shown))
        .map_err(|error| failed().because(error))?
        .join()
        .map_err(|payload| failed().received(reason(&*payload)))
}

/// Keeps the panics of the downloader's thread, which become errors, off the terminal. All others are shown as before.
fn silence_the_downloader() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(DOWNLOADER) {
                show(panic);
            }
        }));
    });
}

/// What the panic says, without the words that `unwrap` puts before the error.
fn reason(payload: &(dyn Any + Send)) -> &str {
    let said = match payload.downcast_ref::<String>() {
        Some(said) => said,
        None => payload.downcast_ref::<&str>().copied().unwrap_or("a panic"),
    };
    said.split_once("value: ").map_or(said, |(_, error)| error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::mnist::part::TEST_LABELS;

    #[test]
    fn a_panic_of_the_downloader_becomes_an_error() {
        let error = download("nowhere", "a file").unwrap_err();
        assert!(error.is_file());
        assert_eq!(error.location(), Some("nowhere"));
        let message = error.to_string();
        assert!(message.starts_with("nowhere: the download failed; received reqwest::Error"), "{message}");
        assert!(
            message.ends_with(
                "expected a file from the network. Hint: connect to the network and try again, or name a folder that \
                 has the four files with mnist::load_from."
            ),
            "{message}"
        );
    }

    #[test]
    fn a_foreign_download_does_not_reach_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        let error = find_or_fetch(&TEST_LABELS, cache.path(), |_, _| Ok(b"<html>".to_vec())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "https://storage.googleapis.com/cvdf-datasets/mnist/t10k-labels-idx1-ubyte.gz: this is no IDX file of \
             unsigned bytes; received the first bytes \"<htm\", expected \"\\x00\\x00\\x08\" and the number of \
             dimensions. Hint: try again later, or name a folder that has the four files with mnist::load_from."
        );
        assert!(!cache.path().join("test").exists());
    }
}
