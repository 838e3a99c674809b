//! The four files of MNIST, and the checks for each.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::CrcReader;
use flate2::bufread::MultiGzDecoder;
use horn_nn::{Error, Result};

use crate::datasets::idx;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One of the four files.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// A description of the contents.
    pub(super) holds: &'static str,
    shape: &'static [usize],
    /// The CRC-32 of the IDX data, as gzip computes it: enough to tell a damaged file or another dataset. Compressed copies
    /// of the same data differ.
    checksum: u32,
}

pub(super) const TRAIN_IMAGES: Part = Part {
    name: "train-images-idx3-ubyte",
    holds: "the training images",
    shape: &[60_000, 28, 28],
    checksum: 0xe9f4_d8b3,
};

pub(super) const TRAIN_LABELS: Part =
    Part { name: "train-labels-idx1-ubyte", holds: "the training labels", shape: &[60_000], checksum: 0xe0cb_4ad2 };

pub(super) const TEST_IMAGES: Part =
    Part { name: "t10k-images-idx3-ubyte", holds: "the test images", shape: &[10_000, 28, 28], checksum: 0x9137_3bdf };

pub(super) const TEST_LABELS: Part =
    Part { name: "t10k-labels-idx1-ubyte", holds: "the test labels", shape: &[10_000], checksum: 0x4ab9_eff9 };

pub(super) const PARTS: [Part; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

impl Part {
    /// The URL of the file on the mirror that `burn-dataset` uses.
    pub(super) fn url(&self) -> String {
        format!("https://storage.googleapis.com/cvdf-datasets/mnist/{}.gz", self.name)
    }

    /// Finds the file in this folder. An uncompressed file is preferred, as it loads faster.
    pub(super) fn find(&self, folder: &Path) -> Option<PathBuf> {
        let compressed = format!("{}.gz", self.name);
        [self.name, &compressed].map(|name| folder.join(name)).into_iter().find(|path| path.exists())
    }

    /// Reads and checks the values of the file.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>> {
        open(path)
            .and_then(|file| self.decode(BufReader::with_capacity(64 * 1024, file)))
            .map_err(|error| error.at(path.display().to_string()))
    }

    /// Decodes and checks the values of a plain or compressed IDX file. Allocations never depend on sizes that the file
    /// declares.
    pub(super) fn decode(&self, source: impl BufRead) -> Result<Vec<u8>> {
        let source = decompress(source).map_err(unreadable)?;
        let mut source = CrcReader::new(source);
        self.check_shape(&idx::read_shape(&mut source)?)?;
        let values = idx::read_values(&mut source, self.shape.iter().product())?;
        self.check_labels(&values)?;
        self.check_content(source.crc().sum())?;
        Ok(values)
    }

    fn check_shape(&self, shape: &[usize]) -> Result<()> {
        if shape == self.shape {
            return Ok(());
        }
        let problem = match PARTS.iter().find(|part| part.shape == shape) {
            Some(other) => format!("this holds {}, {} were expected", other.holds, self.holds),
            None => format!("this does not hold {}", self.holds),
        };
        Err(Error::file(problem).received(Shape(shape)).expected(Shape(self.shape)))
    }

    fn check_labels(&self, values: &[u8]) -> Result<()> {
        let is_labels = self.shape.len() == 1;
        match values.iter().position(|&value| is_labels && value > 9) {
            None => Ok(()),
            Some(index) => Err(Error::file(format!("the label at index {index} is not a digit"))
                .received(values[index])
                .expected("0 to 9")),
        }
    }

    fn check_content(&self, checksum: u32) -> Result<()> {
        if checksum == self.checksum {
            return Ok(());
        }
        let problem = format!(
            "this has the form of {}, but another content: it is damaged, or of another dataset such as Fashion-MNIST",
            self.holds
        );
        Err(Error::file(problem).received(format!("CRC-32 {checksum:08x}")).expected(format!("{:08x}", self.checksum)))
    }
}

fn open(path: &Path) -> Result<File> {
    if path.is_dir() {
        return Err(Error::file("the file cannot be read").received("a folder").expected("a file"));
    }
    File::open(path).map_err(unreadable)
}

fn unreadable(error: io::Error) -> Error {
    Error::file("the file cannot be read").because(error)
}

/// Whether a file is compressed is seen from its contents, as browsers may decompress a download and keep its name.
pub(super) fn decompress<'a>(mut source: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let compressed = source.fill_buf()?.starts_with(&GZIP);
    Ok(if compressed { Box::new(MultiGzDecoder::new(source)) } else { Box::new(source) })
}

/// Formats a shape as Python does.
struct Shape<'a>(&'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [length] => write!(f, "({length},)"),
            shape => write!(f, "({})", shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}
