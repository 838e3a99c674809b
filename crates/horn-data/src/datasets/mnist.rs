//! MNIST: 70,000 handwritten digits by Yann LeCun, Corinna Cortes and Christopher Burges.

#[cfg(any(test, feature = "download"))]
mod cache;
#[cfg(feature = "download")]
mod download;
mod part;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, panic, thread};

use horn_nn::{Error, Result};
use ndarray::{Array1, Array3};

use part::{PARTS, Part, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};

/// Images with their labels.
///
/// # Shapes
///
/// - images: `[samples, 28, 28]`, from 0 (background) to 255 (ink)
/// - labels: `[samples]`, 0 to 9
pub type Split = (Array3<u8>, Array1<u8>);

/// Loads the 60,000 training and the 10,000 test digits.
///
/// The four files are searched for in this order:
///
/// 1. in the subfolder `mnist` of the folder in the environment variable `HORN_DATA`; if it is set, nowhere else,
/// 2. in `data/mnist` of the current directory, of its parent directories, and of Horn's repository,
/// 3. with the feature `download`: in the cache of `burn-dataset`; missing files are downloaded to it.
///
/// The files may be plain or compressed with gzip. The checksum of each file is verified before it is used.
///
/// ```
/// use horn::datasets;
///
/// # fn main() -> horn::Result<()> {
/// let ((x_train, y_train), (x_test, y_test)) = datasets::mnist::load_data()?;
/// assert_eq!(x_train.shape(), [60_000, 28, 28]);
/// assert_eq!(y_train[0], 5);
/// assert_eq!(x_test.shape(), [10_000, 28, 28]);
/// assert_eq!(y_test[0], 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If a file is missing and can't be downloaded, or is damaged, or has the wrong contents.
pub fn load_data() -> Result<(Split, Split)> {
    let current = env::current_dir().unwrap_or_default();
    match shipped(env::var_os("HORN_DATA"), &current) {
        Some(folder) => load_from(folder),
        None => load_shared(),
    }
}

#[cfg(feature = "download")]
fn load_shared() -> Result<(Split, Split)> {
    load_cached(&cache::folder()?, download::download)
}

#[cfg(not(feature = "download"))]
fn load_shared() -> Result<(Split, Split)> {
    Err(not_found())
}

#[cfg(any(test, not(feature = "download")))]
fn not_found() -> Error {
    Error::file("MNIST was not found, and this program cannot download it")
        .received("no folder data/mnist with its files, here or above")
        .expected("the four files of MNIST")
        .hint(
            "build with `--features horn/download`, put the files into data/mnist, or set HORN_DATA to the folder whose \
             folder mnist has them",
        )
}

/// Loads the digits from this folder only.
///
/// # Errors
///
/// If a file is missing, is damaged or has the wrong contents.
pub fn load_from(folder: impl AsRef<Path>) -> Result<(Split, Split)> {
    let folder = folder.as_ref();
    read_all(|part| find(part, folder), |part| format!("put {} in its place", part.url()))
}

#[cfg(any(test, feature = "download"))]
fn load_cached(folder: &Path, download: impl Fn(&str, &str) -> Result<Vec<u8>>) -> Result<(Split, Split)> {
    read_all(
        |part| cache::find_or_fetch(part, folder, &download),
        |_| "delete the file, and the next run downloads it again".to_owned(),
    )
}

/// The folder that the user has set, or else the first `data/mnist` that has any of the four files.
fn shipped(named: Option<OsString>, start: &Path) -> Option<PathBuf> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Some(Path::new(&named).join("mnist"));
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let roots = start.ancestors().chain([repository.as_path()]);
    roots
        .map(|root| root.join("data").join("mnist"))
        .find(|folder| PARTS.iter().any(|part| part.find(folder).is_some()))
}

fn find(part: &Part, folder: &Path) -> Result<PathBuf> {
    part.find(folder).ok_or_else(|| {
        let received = match folder {
            folder if folder.is_dir() => "a folder without it",
            folder if folder.exists() => "no folder but a file",
            _ => "no such folder",
        };
        Error::file(format!("the file of {} is missing", part.holds))
            .at(folder.display().to_string())
            .received(received)
            .expected(format!("{0} or {0}.gz", part.name))
            .hint(format!("put {} there", part.url()))
    })
}

/// Reads the four files, the large one in parallel with the three others.
fn read_all(find: impl Fn(&Part) -> Result<PathBuf>, hint: impl Fn(&Part) -> String + Sync) -> Result<(Split, Split)> {
    let train_images = find(&TRAIN_IMAGES)?;
    let train_labels = find(&TRAIN_LABELS)?;
    let test_images = find(&TEST_IMAGES)?;
    let test_labels = find(&TEST_LABELS)?;

    let read = |part: &Part, path: &Path| part.read(path).map_err(|error| error.hint(hint(part)));
    thread::scope(|scope| {
        let others = scope.spawn(|| -> Result<_> {
            let train_labels = labels(read(&TRAIN_LABELS, &train_labels)?);
            let test = (images(read(&TEST_IMAGES, &test_images)?), labels(read(&TEST_LABELS, &test_labels)?));
            Ok((train_labels, test))
        });
        let train_images = read(&TRAIN_IMAGES, &train_images);
        let others = others.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
        let train_images = images(train_images?);
        let (train_labels, test) = others?;
        Ok(((train_images, train_labels), test))
    })
}

fn images(values: Vec<u8>) -> Array3<u8> {
    Array3::from_shape_vec((values.len() / (28 * 28), 28, 28), values).expect("a part's values are whole images")
}

fn labels(values: Vec<u8>) -> Array1<u8> {
    Array1::from_vec(values)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::tempdir;

    use super::*;

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/mnist")
    }

    #[test]
    fn the_named_folder_comes_first_and_alone() {
        let here = tempdir().unwrap();
        let named = shipped(Some("/elsewhere".into()), here.path()).unwrap();
        assert_eq!(named, Path::new("/elsewhere").join("mnist"));
    }

    #[test]
    fn the_nearest_data_folder_comes_before_the_repository() {
        let here = tempdir().unwrap();
        let deep = here.path().join("a/b");
        let data = here.path().join("data/mnist");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(&data).unwrap();
        assert_eq!(shipped(None, &deep).unwrap().canonicalize().unwrap(), repository().canonicalize().unwrap());

        fs::write(data.join("t10k-labels-idx1-ubyte.gz"), "").unwrap();
        assert_eq!(shipped(None, &deep).unwrap(), data);
        assert_eq!(shipped(Some(OsString::new()), &deep).unwrap(), data);
    }

    #[test]
    fn the_error_without_download_says_what_to_do() {
        assert_eq!(
            not_found().to_string(),
            "MNIST was not found, and this program cannot download it; received no folder data/mnist with its files, \
             here or above, expected the four files of MNIST. Hint: build with `--features horn/download`, put the \
             files into data/mnist, or set HORN_DATA to the folder whose folder mnist has them."
        );
    }

    #[test]
    fn the_cache_is_filled_once() {
        let cache = tempdir().unwrap();
        let copy = |url: &str, name: &str| {
            assert_eq!(url, format!("https://storage.googleapis.com/cvdf-datasets/mnist/{name}.gz"));
            Ok(fs::read(repository().join(format!("{name}.gz"))).unwrap())
        };
        let loaded = load_cached(cache.path(), copy).unwrap();
        assert_eq!(loaded, load_from(repository()).unwrap());

        let mut files: Vec<_> = ["train", "test"]
            .iter()
            .flat_map(|split| fs::read_dir(cache.path().join(split)).unwrap())
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
            .collect();
        files.sort();
        let expected = [
            ("t10k-images-idx3-ubyte", 7_840_016),
            ("t10k-labels-idx1-ubyte", 10_008),
            ("train-images-idx3-ubyte", 47_040_016),
            ("train-labels-idx1-ubyte", 60_008),
        ];
        assert_eq!(files, expected.map(|(name, length)| (name.to_owned(), length)));

        let cached = load_cached(cache.path(), |_, _| Err(Error::file("the cache was not used"))).unwrap();
        assert_eq!(cached, loaded);

        let damaged = cache.path().join("test/t10k-labels-idx1-ubyte");
        fs::write(&damaged, "").unwrap();
        assert_eq!(
            load_cached(cache.path(), copy).unwrap_err().to_string(),
            format!(
                "{}: the file is empty; received 0 bytes, expected an IDX header. Hint: delete the file, and the next \
                 run downloads it again.",
                damaged.display()
            )
        );
    }
}
