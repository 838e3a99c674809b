//! NumPy's `.npz` format: a zip archive with a `.npy` file for each array.

use std::io::{BufReader, Seek, Write};
use std::path::Path;

use horn::{Error, Result};
use horn_keras::plain_file;
use ndarray::ArrayD;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::npy::{self, Stored};

/// The highest compression ratio of Deflate.
const MAX_INFLATED: u64 = 1032;

/// Reads all arrays with their names.
///
/// # Errors
///
/// If the file is not a zip archive, or an array can't be read.
pub fn read(path: &Path) -> Result<Vec<(String, Stored)>> {
    let place = format!("file {:?}", path.display().to_string());
    let damaged = |error: zip::result::ZipError| {
        Error::file("is no .npz file, or damaged").at(&place).because(error).hint("save the arrays by `numpy.savez`")
    };
    let file = plain_file::open(path).map_err(|error| Error::file("cannot be read").at(&place).because(error))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let mut arrays = Vec::new();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.into_owned();
        let Some(name) = name.strip_suffix(".npy") else { continue };
        let there = member.size().min(member.compressed_size().saturating_mul(MAX_INFLATED));
        let array = npy::read(&mut member, there).map_err(|error| error.at(format!("{place}, {name:?}")))?;
        arrays.push((name.to_owned(), array));
    }
    if arrays.is_empty() {
        return Err(Error::file("is no .npz file: there are no arrays in it").at(place));
    }
    Ok(arrays)
}

/// Writes arrays with their names.
///
/// # Errors
///
/// If the file can't be written.
pub fn write(file: impl Write + Seek, arrays: &[(&str, &ArrayD<f32>)]) -> Result<()> {
    let failed = |error: zip::result::ZipError| Error::file("cannot be written").because(error);
    let mut zip = ZipWriter::new(file);
    for (name, array) in arrays {
        let large = array.len() as u64 * 4 > u64::from(u32::MAX) / 2;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
        zip.start_file(format!("{name}.npy"), options).map_err(failed)?;
        npy::write(&mut zip, array)?;
    }
    zip.finish().map(drop).map_err(failed)
}
