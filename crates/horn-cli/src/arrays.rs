//! A model's input and output arrays, in `.npy` and `.npz` files.

use std::path::{Path, PathBuf};

use horn::{Error, HostArray, OutputArray, Result};
use horn_keras::numpy::{Npz, Stored, open_npy, write_npy, write_npz};
use horn_nn::files::{ends_in, write_atomically};

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
        return named(path, Npz::open(path)?, names, what);
    }
    let names: Vec<&str> = names.shown().collect();
    if paths.len() != names.len() {
        return Err(Error::data(format!("the model has another number of {what}s"))
            .received(format!("{} .npy files", paths.len()))
            .expected(format!("{}: {}", names.len(), names.join(", ")))
            .hint("give a .npy file for each, in this order, or one .npz with these names"));
    }
    paths.iter().map(|path| open_npy(path).and_then(Stored::into_host)).collect()
}

/// The arrays of an `.npz` file, in the order of the names. Others in it are not read.
fn named(path: &Path, mut file: Npz, names: &Names, what: &str) -> Result<Vec<HostArray<'static>>> {
    let mut found = file.names().to_vec();
    let shown: Vec<&str> = names.shown().collect();
    // `numpy.savez(file, a, b)` does not record names, and a single array does not need one.
    let in_order = found.len() == 1 && shown.len() == 1
        || found.len() == shown.len()
            && (0..shown.len()).all(|at| found.iter().any(|name| *name == format!("arr_{at}")));
    if in_order {
        sort(&mut found);
    }
    let places = if in_order { Ok((0..shown.len()).collect()) } else { names.places(&found) };
    let places = places.map_err(|name| {
        Error::data(format!("there is no array for the {what} {name:?}"))
            .at(format!("file {:?}", path.display().to_string()))
            .received(found.join(", "))
            .expected(shown.join(", "))
            .hint(format!("name the arrays by the model's {what}s: np.savez(file, **{{{name:?}: array}})"))
    })?;
    places.into_iter().map(|at| file.read(&found[at])?.into_host()).collect()
}

/// Sorts names by their numbers: `arr_2` is before `arr_10`.
fn sort(names: &mut [String]) {
    names.sort_by_key(|name| (name.len(), name.clone()));
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
        match path {
            path if ends_in(path, ".npy") => Ok(Self::Npy),
            path if ends_in(path, ".npz") => Ok(Self::Npz),
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
    pub fn write(self, path: &Path, arrays: &[(&str, &OutputArray)]) -> Outcome {
        match (self, arrays) {
            (Self::Npy, [(_, array)]) => Ok(write_atomically(path, |file| write_npy(file, array))?),
            (Self::Npz, arrays) => Ok(write_atomically(path, |file| write_npz(file, arrays))?),
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

#[cfg(test)]
mod tests {
    #[test]
    fn arrays_without_names_are_in_the_order_of_their_numbers() {
        let mut names = ["arr_10", "arr_1", "arr_2", "arr_0"].map(str::to_owned);
        super::sort(&mut names);
        assert_eq!(names, ["arr_0", "arr_1", "arr_2", "arr_10"]);
    }
}
