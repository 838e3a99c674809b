//! MNIST has the values that NumPy reads, and invalid files are refused.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use horn_data::datasets::mnist;
use ndarray::{ArrayView1, s};
use tempfile::{TempDir, tempdir};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/mnist").join(format!("{name}.gz"))
}

fn content(name: &str) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(File::open(shipped(name)).unwrap()).read_to_end(&mut content).unwrap();
    content
}

fn compressed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A folder with three valid files, without this one.
fn folder_without(name: &str) -> TempDir {
    let folder = tempdir().unwrap();
    for other in [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS] {
        if other != name {
            fs::copy(shipped(other), folder.path().join(format!("{other}.gz"))).unwrap();
        }
    }
    folder
}

fn sum<'a>(values: impl IntoIterator<Item = &'a u8>) -> u64 {
    values.into_iter().map(|&value| u64::from(value)).sum()
}

fn counts(labels: ArrayView1<'_, u8>) -> [usize; 10] {
    let mut counts = [0; 10];
    labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

#[test]
fn the_shipped_files_hold_what_numpy_reads() {
    let ((x_train, y_train), (x_test, y_test)) = mnist::load_data().unwrap();

    assert_eq!(x_train.shape(), [60_000, 28, 28]);
    assert_eq!(y_train.shape(), [60_000]);
    assert_eq!(x_test.shape(), [10_000, 28, 28]);
    assert_eq!(y_test.shape(), [10_000]);

    assert_eq!([sum(&x_train), sum(&y_train)], [1_567_298_545, 267_236]);
    assert_eq!([sum(&x_test), sum(&y_test)], [264_923_200, 44_434]);
    assert_eq!(counts(y_train.view()), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(counts(y_test.view()), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);

    assert_eq!(y_train.slice(s![..10]).to_vec(), [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(y_test.slice(s![..10]).to_vec(), [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    assert_eq!(x_train.slice(s![0, 5, 12..24]).to_vec(), [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
    assert_eq!(x_train.slice(s![59_999, 14, 10..18]).to_vec(), [190, 196, 14, 2, 97, 254, 252, 146]);
    assert_eq!(x_test.slice(s![0, 7, 6..12]).to_vec(), [84, 185, 159, 151, 60, 36]);
    assert_eq!(x_test.slice(s![9_999, 20, 6..10]).to_vec(), [3, 166, 253, 253]);
}

#[test]
fn plain_files_are_as_good_under_either_name() {
    let folder = folder_without(TEST_LABELS);
    fs::write(folder.path().join(format!("{TEST_LABELS}.gz")), content(TEST_LABELS)).unwrap();
    let images = folder.path().join(TEST_IMAGES);
    fs::remove_file(images.with_extension("gz")).unwrap();
    fs::write(images, content(TEST_IMAGES)).unwrap();
    assert_eq!(mnist::load_from(folder.path()).unwrap(), mnist::load_data().unwrap());
}

#[test]
fn every_bad_file_is_told_by_name() {
    let labels = content(TEST_LABELS);
    let images = content(TEST_IMAGES);
    let changed = |mut content: Vec<u8>, index: usize, value: u8| {
        content[index] = value;
        content
    };
    let gz = |name: &str| fs::read(shipped(name)).unwrap();
    let rows: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        ("empty", TEST_LABELS, vec![], "the file is empty; received 0 bytes, expected an IDX header"),
        (
            "text",
            TEST_LABELS,
            b"404 Not Found".to_vec(),
            "this is not an IDX file of unsigned bytes; received the first bytes \"404 \", expected \"\\x00\\x00\\x08\" \
             and the number of dimensions",
        ),
        (
            "compressed text",
            TEST_LABELS,
            compressed(b"404 Not Found"),
            "this is not an IDX file of unsigned bytes; received the first bytes \"404 \", expected \"\\x00\\x00\\x08\" \
             and the number of dimensions",
        ),
        (
            "the magic of floats",
            TEST_LABELS,
            changed(labels.clone(), 2, 0x0d),
            "this is not an IDX file of unsigned bytes; received the first bytes \"\\x00\\x00\\r\\x01\", expected \
             \"\\x00\\x00\\x08\" and the number of dimensions",
        ),
        (
            "a header of huge dimensions",
            TEST_IMAGES,
            b"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            "this does not hold the test images; received (4294967295, 4294967295, 4294967295), expected \
             (10000, 28, 28)",
        ),
        (
            "images for labels",
            TEST_LABELS,
            gz(TEST_IMAGES),
            "this holds the test images, the test labels were expected; received (10000, 28, 28), expected (10000,)",
        ),
        (
            "labels for images",
            TRAIN_IMAGES,
            gz(TRAIN_LABELS),
            "this holds the training labels, the training images were expected; received (60000,), expected \
             (60000, 28, 28)",
        ),
        (
            "test for training",
            TRAIN_IMAGES,
            gz(TEST_IMAGES),
            "this holds the test images, the training images were expected; received (10000, 28, 28), expected \
             (60000, 28, 28)",
        ),
        (
            "training for test",
            TEST_IMAGES,
            gz(TRAIN_IMAGES),
            "this holds the training images, the test images were expected; received (60000, 28, 28), expected \
             (10000, 28, 28)",
        ),
        (
            "an IDX file cut off",
            TEST_IMAGES,
            images[..5_000_000].to_vec(),
            "the file is cut off; received 4999984 values, expected 7840000",
        ),
        (
            "a compressed IDX file cut off",
            TEST_LABELS,
            compressed(&labels[..108]),
            "the file is cut off; received 100 values, expected 10000",
        ),
        (
            "a header cut off",
            TEST_LABELS,
            labels[..6].to_vec(),
            "the file is cut off; received 6 bytes of the header, expected 8",
        ),
        (
            "bytes behind the values",
            TEST_LABELS,
            [&labels[..], b"\0"].concat(),
            "more bytes follow the values; received more than 10000 values, expected 10000",
        ),
        (
            "a bomb of zeros behind the values",
            TEST_LABELS,
            compressed(&[labels.clone(), vec![0; 100_000_000]].concat()),
            "more bytes follow the values; received more than 10000 values, expected 10000",
        ),
        (
            "one pixel changed",
            TEST_IMAGES,
            changed(images.clone(), 4_000_000, 77),
            "this has the form of the test images, but another content: it is damaged, or of another dataset such as \
             Fashion-MNIST; received CRC-32 34690eb9, expected 91373bdf",
        ),
        (
            "label 10",
            TEST_LABELS,
            changed(labels.clone(), 8 + 3, 10),
            "the label at index 3 is not a digit; received 10, expected 0 to 9",
        ),
    ];
    for (case, name, bytes, problem) in rows {
        let folder = folder_without(name);
        let path = folder.path().join(format!("{name}.gz"));
        fs::write(&path, bytes).unwrap();
        let error = mnist::load_from(folder.path()).unwrap_err();
        assert!(error.is_file(), "{case}");
        assert_eq!(
            error.to_string(),
            format!(
                "{}: {problem}. Hint: put https://storage.googleapis.com/cvdf-datasets/mnist/{name}.gz in its place.",
                path.display()
            ),
            "{case}"
        );
    }
}

#[test]
fn a_damaged_gzip_stream_is_told_by_name() {
    let whole = fs::read(shipped(TEST_IMAGES)).unwrap();
    let mut checksum = whole.clone();
    let crc = checksum.len() - 8;
    checksum[crc] ^= 1;
    let rows = [
        ("cut off", whole[..1_000_000].to_vec(), "the gzip stream is cut off; received "),
        ("no checksum", whole[..whole.len() - 8].to_vec(), "the gzip stream is cut off; received "),
        ("a wrong checksum", checksum, "the gzip stream is damaged; received "),
        ("bytes behind it", [&whole[..], b"no gzip here"].concat(), "the gzip stream is damaged; received "),
    ];
    for (case, bytes, problem) in rows {
        let folder = folder_without(TEST_IMAGES);
        let path = folder.path().join(format!("{TEST_IMAGES}.gz"));
        fs::write(&path, bytes).unwrap();
        let message = mnist::load_from(folder.path()).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{}: {problem}", path.display())), "{case}: {message}");
        assert!(message.ends_with(&format!("{TEST_IMAGES}.gz in its place.")), "{case}: {message}");
    }
}

#[test]
fn what_is_missing_is_told_by_name() {
    let url = "https://storage.googleapis.com/cvdf-datasets/mnist";
    let folder = folder_without(TEST_LABELS);
    let place = folder.path().display();
    assert_eq!(
        mnist::load_from(folder.path()).unwrap_err().to_string(),
        format!(
            "{place}: the file of the test labels is missing; received a folder without it, expected {TEST_LABELS} or \
             {TEST_LABELS}.gz. Hint: put {url}/{TEST_LABELS}.gz there."
        )
    );

    let labels = folder.path().join(TEST_LABELS);
    fs::create_dir(&labels).unwrap();
    let message = mnist::load_from(folder.path()).unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "{}: the file cannot be read; received a folder, expected a file. Hint: put \
             {url}/{TEST_LABELS}.gz in its place.",
            labels.display()
        )
    );

    let nowhere = folder.path().join("nowhere");
    assert_eq!(
        mnist::load_from(&nowhere).unwrap_err().to_string(),
        format!(
            "{}: the file of the training images is missing; received no such folder, expected {TRAIN_IMAGES} or \
             {TRAIN_IMAGES}.gz. Hint: put {url}/{TRAIN_IMAGES}.gz there.",
            nowhere.display()
        )
    );

    let file = folder.path().join(format!("{TRAIN_LABELS}.gz"));
    let message = mnist::load_from(&file).unwrap_err().to_string();
    assert!(message.contains("received no folder but a file"), "{message}");
}
