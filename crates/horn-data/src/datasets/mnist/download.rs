//! Downloads files through `burn-dataset`.

use std::any::Any;
use std::sync::Once;
use std::{panic, thread};

use burn_dataset::network::downloader::download_file_as_bytes;
use horn_nn::{Error, Result};

use super::cache::BY_HAND;

const DOWNLOADER: &str = "horn-download";

/// Downloads a file, with a progress bar.
///
/// Burn's downloader panics if there is no network, and can't run inside an async runtime. Running it in a separate
/// thread solves both.
pub(super) fn download(url: &str, name: &str) -> Result<Vec<u8>> {
    silence_the_downloader();
    let failed = || {
        Error::file("the download failed")
            .at(url)
            .expected("a file from the network")
            .hint(format!("connect to the network and try again, or {BY_HAND}"))
    };
    let (from, shown) = (url.to_owned(), name.to_owned());
    thread::Builder::new()
        .name(DOWNLOADER.to_owned())
        .spawn(move || download_file_as_bytes(&from, &shown))
        .map_err(|error| failed().because(error))?
        .join()
        .map_err(|payload| failed().received(reason(&*payload)))
}

/// Hides the panic messages of the downloader's thread, as these panics become errors. Other panics are reported as
/// before.
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

/// The message of the panic, without the prefix that `unwrap` adds.
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
}
