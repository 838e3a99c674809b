//! A model's input and output arrays, in `.npy` and `.npz` files.

mod npy;
mod npz;

use std::io::BufReader;
use std::path::{Path, PathBuf};

use horn::burn::tensor::{bf16, f16};
use horn::{Error, HostArray, Result};
use horn_keras::arrays::Values;
use horn_keras::plain_file;
use horn_nn::files::write_atomically;
use ndarray::ArrayD;

use self::npy::Stored;
use crate::failure::{Failure, Outcome};
use crate::names::Names;
use crate::source::FileKind;

/// Reads the arrays with these names, from one `.npz` file or from one `.npy` file for each name.
///
/// # Errors
///
/// If a file can't be read, or the arrays don't match the names.
pub fn read(paths: &[PathBuf], names: &Names, what: &str) -> Result<Vec<HostArray<'static>>> {
    if let [path] = paths
        && FileKind::of(path)? == FileKind::Zip
    {
        return named(path, npz::read(path)?, names, what);
    }
    let names: Vec<&str> = names.shown().collect();
    if paths.len() != names.len() {
        return Err(Error::data(format!("the model has another number of {what}s"))
            .received(format!("{} .npy files", paths.len()))
            .expected(format!("{}: {}", names.len(), names.join(", ")))
            .hint("give a .npy file for each, in this order, or one .npz with these names"));
    }
    paths.iter().map(|path| read_npy(path).and_then(host)).collect()
}

/// The arrays of an `.npz` file, in the order of the names.
fn named(path: &Path, arrays: Vec<(String, Stored)>, names: &Names, what: &str) -> Result<Vec<HostArray<'static>>> {
    let mut arrays: Vec<(String, Option<Stored>)> = arrays.into_iter().map(|(name, it)| (name, Some(it))).collect();
    let shown: Vec<&str> = names.shown().collect();
    // `numpy.savez(file, a, b)` does not record names, and a single array does not need one.
    let in_order = arrays.len() == 1 && shown.len() == 1
        || arrays.len() == shown.len()
            && (0..shown.len()).all(|at| arrays.iter().any(|it| it.0 == format!("arr_{at}")));
    if in_order {
        arrays.sort_by_key(|(name, _)| (name.len(), name.clone()));
    }
    let found: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
    let places = if in_order { Ok((0..shown.len()).collect()) } else { names.places(&found) };
    let places = places.map_err(|name| {
        Error::data(format!("there is no array for the {what} {name:?}"))
            .at(format!("file {:?}", path.display().to_string()))
            .received(found.join(", "))
            .expected(shown.join(", "))
            .hint(format!("name the arrays by the model's {what}s: np.savez(file, **{{{name:?}: array}})"))
    })?;
    places.into_iter().filter_map(|at| arrays[at].1.take()).map(host).collect()
}

fn read_npy(path: &Path) -> Result<Stored> {
    let place = || format!("file {:?}", path.display().to_string());
    let cannot = |error| Error::file("cannot be read").at(place()).because(error).hint("look at the name of the file");
    let file = plain_file::open(path).map_err(cannot)?;
    let len = file.metadata().map_err(cannot)?.len();
    npy::read(&mut BufReader::new(file), len).map_err(|error| error.at(place()))
}

/// Converts an array to a model's input. Dtypes that Horn does not support are widened.
fn host(stored: Stored) -> Result<HostArray<'static>> {
    let axes = |sizes: &[usize]| if sizes.is_empty() { vec![1] } else { sizes.to_vec() };
    let array = match stored {
        Stored::Numbers(array) => array,
        Stored::Texts { texts, sizes } => return HostArray::new(texts, axes(&sizes)),
    };
    let sizes = axes(array.sizes());
    match array.into_values() {
        Values::F16(values) => HostArray::new(all(values, |bits| f16::from_bits(bits).to_f32()), sizes),
        Values::Bf16(values) => HostArray::new(all(values, |bits| bf16::from_bits(bits).to_f32()), sizes),
        Values::F32(values) => HostArray::new(values, sizes),
        Values::F64(values) => HostArray::new(values, sizes),
        Values::I8(values) => HostArray::new(values, sizes),
        Values::I16(values) => HostArray::new(values, sizes),
        Values::I32(values) => HostArray::new(values, sizes),
        Values::I64(values) => HostArray::new(values, sizes),
        Values::U8(values) => HostArray::new(values, sizes),
        Values::U16(values) => HostArray::new(values, sizes),
        Values::U32(values) => HostArray::new(values, sizes),
        Values::U64(values) => HostArray::new(values, sizes),
        Values::Bool(values) => HostArray::new(all(values, |value| value != 0), sizes),
    }
}

fn all<T, U>(values: Vec<T>, convert: impl Fn(T) -> U) -> Vec<U> {
    values.into_iter().map(convert).collect()
}

/// The kind of output file. It is checked before anything is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One array.
    Npy,
    /// Named arrays.
    Npz,
}

impl Target {
    /// The kind for the file's extension.
    ///
    /// # Errors
    ///
    /// If the extension is neither `.npy` nor `.npz`.
    pub fn of(path: &Path) -> Outcome<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("npy") => Ok(Self::Npy),
            Some("npz") => Ok(Self::Npz),
            _ => Err(Failure::Usage(
                Error::argument("the name of the file does not say what it is")
                    .at("--output")
                    .received(path.display())
                    .expected("a name that ends in .npy or .npz")
                    .hint("write one array as .npy, or all by name as .npz"),
            )),
        }
    }

    /// Writes the arrays. An existing file is replaced only when the new one is complete.
    ///
    /// # Errors
    ///
    /// If there are several arrays for one `.npy` file, or the file can't be written.
    pub fn write(self, path: &Path, arrays: &[(&str, &ArrayD<f32>)]) -> Outcome {
        match (self, arrays) {
            (Self::Npy, [(_, array)]) => Ok(write_atomically(path, |file| npy::write(file, array))?),
            (Self::Npz, arrays) => Ok(write_atomically(path, |file| npz::write(file, arrays))?),
            (Self::Npy, arrays) => {
                let names: Vec<_> = arrays.iter().map(|(name, _)| *name).collect();
                Err(Failure::Usage(
                    Error::argument("a .npy file holds one array")
                        .at("--output")
                        .received(format!("{} outputs: {}", arrays.len(), names.join(", ")))
                        .expected("one output")
                        .hint("write an .npz file"),
                ))
            }
        }
    }
}
