//! Model and weights files, identified by their first bytes.

use std::io::Read;
use std::path::Path;

use horn::{CompiledModel, Error, LoadReport, Model, Result, SaveModel, load_model};
use horn_keras::archive::Archive;
use horn_keras::h5::WeightsReader;
use horn_keras::{plain_file, safetensors};

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A zip archive: a `.keras` or `.npz` file.
    Zip,
    /// `.h5` or `.weights.h5`.
    Hdf5,
    /// `.npy`
    Npy,
    /// Identified by its extension, as it starts with a number and not with a signature.
    Safetensors,
    /// A format that Horn can't read.
    Other,
}

impl FileKind {
    /// Identifies a file.
    ///
    /// # Errors
    ///
    /// If the file can't be read.
    pub fn of(path: &Path) -> Result<Self> {
        let mut start = Vec::new();
        plain_file::open(path).and_then(|file| file.take(8).read_to_end(&mut start)).map_err(|error| {
            Error::file("cannot be read")
                .at(format!("file {:?}", path.display().to_string()))
                .because(error)
                .hint("look at the name and the folder of the file")
        })?;
        Ok(match start.as_slice() {
            // `PK` is not enough: the length at the start of a safetensors file may be the same two bytes.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            b"\x89HDF\r\n\x1a\n" => Self::Hdf5,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Self::Npy,
            _ if safetensors::is_named(path) => Self::Safetensors,
            _ => Self::Other,
        })
    }
}

/// A model with everything that its file contains.
pub enum Loaded {
    /// A model that was saved without being compiled.
    Plain(Box<Model>),
    /// A compiled model with its optimizer's state.
    Compiled(Box<CompiledModel>),
}

impl Loaded {
    /// Reads a model with everything in its file. If it was compiled with something that Horn does not support, the
    /// model is read without it, and the error is returned with it.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or the model itself is not supported.
    pub fn open(path: &Path) -> Result<(Self, Option<Error>)> {
        if !is_compiled(path)? {
            return Ok((Self::Plain(Box::new(load_model(path)?)), None));
        }
        match load_model(path) {
            Ok(model) => Ok((Self::Compiled(Box::new(model)), None)),
            Err(error) => Ok((Self::Plain(Box::new(load_model(path)?)), Some(error))),
        }
    }

    /// The model.
    ///
    /// # Errors
    ///
    /// Never, for a model from a file.
    pub fn model(&self) -> Result<&Model> {
        match self {
            Self::Plain(model) => Ok(model),
            Self::Compiled(model) => model.model(),
        }
    }

    /// Writes the model, or only its weights, in the format for the file's name.
    ///
    /// # Errors
    ///
    /// As `save` and `save_weights`.
    pub fn save(&self, path: &Path, weights_only: bool) -> Result<()> {
        match (self, weights_only) {
            (Self::Plain(model), true) => model.save_weights(path),
            (Self::Plain(model), false) => model.save(path),
            (Self::Compiled(model), true) => model.save_weights(path),
            (Self::Compiled(model), false) => model.save(path),
        }
    }

    /// Reads the weights from another file.
    ///
    /// # Errors
    ///
    /// As `load_weights`.
    pub fn load_weights(&mut self, path: &Path) -> Result<LoadReport> {
        match self {
            Self::Plain(model) => model.load_weights(path),
            Self::Compiled(model) => model.load_weights(path),
        }
    }
}

/// Does the file contain the arguments of `compile`?
fn is_compiled(path: &Path) -> Result<bool> {
    if FileKind::of(path)? == FileKind::Hdf5 {
        return Ok(WeightsReader::open(path)?.attributes("")?.contains_key("training_config"));
    }
    let config = Archive::open(path)?.config()?;
    Ok(config["compile_config"].as_object().is_some_and(|compiled| !compiled.is_empty()))
}
